"""Which rates count for a buyer's place, what they come to, and what that was decided on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests import factories
from webapp import hooks
from webapp.domain import carts, renewal_carts, taxes
from webapp.domain.carts import Cart, CartRequest
from webapp.domain.taxes import Place
from webapp.models import LineType, TaxIdStatus
from webapp.money import Money
from webapp.transactions import unit_of_work

FRENCH, GERMAN = "FR40303265045", "DE136695976"


def rates_for(category: str = "default", **place: str) -> list[str]:
    decision = taxes.decide(Place(**place))
    assert decision is not None
    return [one.title for one in decision.chain(category)]


def build(*products: str, **facts: Any) -> Cart:
    return carts.build(CartRequest(products=products, **facts))


def minors(cart: Cart) -> list[tuple[int, int, int, int]]:
    return [
        (one.subtotal.minor, one.discount_total.minor, one.tax_total.minor, one.total.minor) for one in cart.line_items
    ]


# -- which rates -----------------------------------------------------------------------------------------------------
def test_nothing_is_reckoned_where_the_network_reckons_no_tax(db: Session, statements: list[str]) -> None:
    factories.tax_rate("19")
    factories.product("plan")
    statements.clear()
    cart = build("plan", country="DE", tax_id=FRENCH)
    assert (cart.tax, cart.tax_total.minor) == (None, 0)
    assert not [one for one in statements if "tax_rates" in one]


def test_a_rate_matches_its_own_place_only(db: Session) -> None:
    factories.taxed()
    factories.tax_rate("5", "US", title="country")
    factories.tax_rate("7.25", "US", title="state", state="CA")
    factories.tax_rate("9.5", "US", title="city", state="CA", city="Los Angeles")
    factories.tax_rate("1", "CA", title="another country")
    factories.tax_rate("50", "US", title="off", active=False)
    assert rates_for(country="US", state="NY") == ["country"]
    assert rates_for(country="US", state="CA", city="San Francisco") == ["state"]
    assert rates_for(country="US", state=" ca ", city="los ANGELES ") == ["city"]
    assert rates_for(country="US") == ["country"]
    assert rates_for(country="DE") == []


def test_several_states_and_stars(db: Session) -> None:
    factories.taxed()
    factories.tax_rate("1", title="everywhere")
    factories.tax_rate("2", "US", title="two states", state="NY, nj", city="*")
    assert rates_for(country="US", state="NJ") == ["two states"]
    assert rates_for(country="US", state="CA") == rates_for(country="FR") == ["everywhere"]


def test_of_two_equal_rates_the_earlier_row_counts(db: Session) -> None:
    factories.taxed()
    factories.tax_rate("19", "DE", title="first")
    factories.tax_rate("20", "DE", title="second")
    assert rates_for(country="DE") == ["first"]


def test_a_city_outweighs_a_state(db: Session) -> None:
    factories.taxed()
    factories.tax_rate("1", "US", title="state", state="CA")
    factories.tax_rate("2", title="city", city="Los Angeles")
    assert rates_for(country="US", state="CA", city="Los Angeles") == ["city"]


def test_categories_have_rates_of_their_own(db: Session) -> None:
    factories.taxed()
    factories.tax_rate("19", "DE", title="standard")
    factories.tax_rate("7", "DE", title="reduced", category="books")
    factories.product("plan", amount_minor=10000)
    factories.product("book", type="service", recurring=False, amount_minor=1000, tax_category="books")
    factories.product("stamp", type="service", recurring=False, amount_minor=1000, taxable=False)
    assert rates_for("books", country="DE") == ["reduced"]
    cart = build("plan", "book", "stamp", country="DE")
    assert [one.tax_total.minor for one in cart.line_items] == [1900, 70, 0]
    assert [(one.title, one.rate, one.amount.minor) for one in cart.taxes] == [
        ("standard", Decimal(19), 1900),
        ("reduced", Decimal(7), 70),
    ]


# -- what they come to -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("inclusive", "compound", "expected", "total"),
    [(False, False, [500, 998], 11498), (False, True, [500, 1047], 11547), (True, True, [433, 907], 10000)],
)
def test_priorities_add_up_and_a_compound_rate_taxes_the_taxes(
    db: Session, inclusive: bool, compound: bool, expected: list[int], total: int
) -> None:
    factories.taxed(inclusive=inclusive)
    factories.tax_rate("9.975", "CA", title="QST", state="QC", priority=2, compound=compound)
    factories.tax_rate("5", "CA", title="GST", priority=1)
    factories.product("plan", amount_minor=10000)
    (line,) = build("plan", country="CA", state="QC").line_items
    assert [one.title for one in line.taxes] == ["GST", "QST"]
    assert ([one.amount.minor for one in line.taxes], line.total.minor) == (expected, total)


def test_a_set_up_fee_and_a_credit_are_taxed_like_their_product(db: Session) -> None:
    factories.taxed()
    factories.tax_rate("19", "DE")
    factories.product("fee", amount_minor=10000, setup_fee_minor=1000)
    factories.product("credit", amount_minor=10000, setup_fee_minor=-1000)
    assert minors(build("fee", country="DE")) == [(10000, 0, 1900, 11900), (1000, 0, 190, 1190)]
    assert minors(build("credit", country="DE")) == [(10000, 0, 1900, 11900), (-1000, 0, -190, -1190)]


def test_of_a_credit_only_as_much_is_used_as_is_due(db: Session) -> None:
    factories.taxed()
    factories.tax_rate("19", "DE")
    factories.product("plan", amount_minor=3000, setup_fee_minor=-5000)
    cart = build("plan", country="DE")
    assert minors(cart) == [(3000, 0, 570, 3570), (-3000, 0, -570, -3570)]
    assert (cart.total.minor, cart.recurring_total.minor) == (0, 3570)


def test_an_adjustment_bears_no_tax_and_the_lines_still_add_up(db: Session) -> None:
    factories.taxed()
    factories.tax_rate("10")
    factories.product("plan", amount_minor=10000)
    hooks.add_filter("wu_cart_total", lambda total, cart: total - Money(1000, "EUR"))
    cart = build("plan")
    assert minors(cart) == [(10000, 0, 1000, 11000), (-1000, 0, 0, -1000)]
    assert cart.line_items[1].type == LineType.ADJUSTMENT
    assert cart.total.minor == cart.subtotal.minor - cart.discount_total.minor + cart.tax_total.minor == 10000


@pytest.mark.parametrize(("answer", "tax"), [(Decimal("7.7"), 770), (7, 700), (Decimal(0), 0)])
def test_integrators_change_the_rate_of_a_product(db: Session, answer: Any, tax: int) -> None:
    factories.taxed()
    factories.tax_rate("19", "CH")
    plan = factories.product("plan", amount_minor=10000)
    asked: list[Any] = []
    hooks.add_filter("wu_tax_rate", lambda *facts: asked.append(facts) or answer)
    assert build("plan", country="CH", state="ZH", city="Zürich").tax_total.minor == tax
    assert asked[0] == (Decimal(19), "CH", "ZH", "Zürich", plan)


@pytest.mark.parametrize("answer", [None, 19.5, Decimal("NaN"), Decimal(-1), Decimal(101), "19", True])
def test_what_is_no_percentage_changes_no_rate(db: Session, answer: Any) -> None:
    factories.taxed()
    factories.tax_rate("19", "CH")
    factories.product("plan", amount_minor=10000)
    hooks.add_filter("wu_tax_rate", lambda *_facts: answer)
    assert build("plan", country="CH").tax_total.minor == 1900


def test_the_rate_that_integrators_see_is_that_of_all_taxes_together(db: Session) -> None:
    factories.taxed(inclusive=True)
    factories.tax_rate("5", "CA", priority=1)
    factories.tax_rate("10", "CA", priority=2, compound=True)
    factories.product("plan", amount_minor=11550)
    seen: list[Decimal] = []
    hooks.add_filter("wu_tax_rate", lambda rate, *_facts: seen.append(rate) or rate)
    assert build("plan", country="CA").tax_total.minor == 1550
    assert seen[0] == Decimal("15.5")


# -- VAT ids ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("asked", "check", "shifted", "doubt"),
    [
        ({"country": "FR", "tax_id": FRENCH}, TaxIdStatus.VALID, True, False),
        ({"country": "FR", "tax_id": FRENCH}, TaxIdStatus.INVALID, False, False),
        ({"country": "FR", "tax_id": FRENCH}, TaxIdStatus.UNANSWERED, False, True),
        ({"country": "FR", "tax_id": FRENCH}, None, False, True),
        ({"country": "DE", "tax_id": GERMAN}, TaxIdStatus.VALID, False, False),  # the seller's own country
        ({"country": "FR", "tax_id": GERMAN}, TaxIdStatus.VALID, False, False),  # of another country than the address
        ({"country": "FR"}, TaxIdStatus.VALID, False, False),
        ({"country": "CH", "tax_id": "CHE-107.787.577"}, None, False, False),
    ],
)
def test_only_a_valid_id_of_another_member_state_shifts_the_tax(
    db: Session, asked: dict[str, str], check: TaxIdStatus | None, shifted: bool, doubt: bool
) -> None:
    factories.taxed(company_country="DE")
    factories.tax_rate("20")
    factories.product("plan", amount_minor=10000)
    if check is not None:
        factories.tax_id_check(asked.get("tax_id", FRENCH), status=check)
    cart = build("plan", **asked)
    assert cart.tax is not None
    assert (cart.is_reverse_charged, cart.tax.doubt) == (shifted, doubt)
    assert cart.tax_total.minor == (0 if shifted else 2000)


def test_an_answer_holds_for_a_day(db: Session, clock: Any) -> None:
    factories.taxed()
    factories.tax_rate("20")
    factories.product("plan", amount_minor=10000)
    factories.tax_id_check(FRENCH)
    clock.tick(hours=23, minutes=59)
    assert build("plan", country="FR", tax_id=FRENCH).is_reverse_charged
    clock.tick(minutes=1)
    assert not build("plan", country="FR", tax_id=FRENCH).is_reverse_charged


def test_an_id_that_fits_no_number_of_the_country_is_an_error(db: Session) -> None:
    factories.product("plan")
    errors = build("plan", country="FR", tax_id="FR123").errors
    assert [(one.code, one.param) for one in errors] == [("tax_id", "tax_id")]
    assert not build("plan", country="FR", tax_id="40 303 265 045").errors


def test_a_shifted_tax_is_noted_where_nothing_would_be_taxed(db: Session) -> None:
    factories.taxed()
    factories.tax_rate("19", "DE")
    factories.product("plan")
    factories.tax_id_check(FRENCH)
    assert build("plan", country="FR", tax_id=FRENCH).is_reverse_charged


def test_a_line_without_its_tax_still_adds_up(db: Session) -> None:
    factories.taxed(inclusive=True)
    factories.tax_rate("20", "FR")
    factories.product("plan", amount_minor=3333, setup_fee_minor=1111)
    factories.discount_code("TEN", 10)
    factories.tax_id_check(FRENCH)
    cart = build("plan", country="FR", tax_id=FRENCH, discount_code="TEN")
    assert minors(cart) == [(2777, 277, 0, 2500), (926, 0, 0, 926)]
    assert cart.line_items[0].unit_price.minor == 3333  # what a renewal begins with
    assert cart.line_items[0].price_each.minor == 2777
    assert cart.recurring_total.minor == 2777


def test_what_the_tax_was_decided_on_is_kept(db: Session, clock: Any) -> None:
    factories.taxed(inclusive=True)
    rate = factories.tax_rate("19", "DE")
    factories.tax_rate("7", "DE", category="books")
    factories.product("plan", amount_minor=11900)
    cart = build("plan", country="DE", city="Berlin", tax_id=GERMAN, ip_country="AT")
    assert cart.tax is not None
    evidence = cart.tax.evidence(cart.line_items)
    assert evidence.pop("rates") == [
        {
            "id": rate.id,
            "category": "default",
            "title": "VAT",
            "country": "DE",
            "state": "",
            "city": "",
            "rate": "19",
            "priority": 1,
            "compound": False,
        }
    ]
    assert evidence == {
        "country": "DE",
        "state": "",
        "city": "Berlin",
        "ip_country": "AT",
        "tax_id": GERMAN,
        "check": None,
        "inclusive": True,
        "reverse_charge": False,
    }


# -- over time -------------------------------------------------------------------------------------------------------
def test_a_customers_address_counts_where_the_order_names_none(db: Session) -> None:
    factories.taxed()
    factories.tax_rate("7.25", "US", state="CA")
    factories.product("plan", amount_minor=10000)
    buyer = factories.customer(billing_country="US", billing_state="CA")
    assert build("plan", customer=buyer).tax_total.minor == 725
    assert build("plan", customer=buyer, country="DE").tax_total.minor == 0


def test_a_renewal_is_shifted_for_a_business_and_for_nobody_else(db: Session) -> None:
    factories.taxed()
    factories.tax_rate("20", "FR")
    factories.tax_id_check(FRENCH)
    for business, total in ((True, 10000), (False, 12000)):
        buyer = factories.customer(business=business, tax_id=FRENCH, billing_country="FR")
        membership = factories.active_membership(customer=buyer, price_minor=10000)
        assert renewal_carts.for_renewal(membership, number=1).total.minor == total


def test_a_renewal_bears_the_taxes_of_the_day(db: Session) -> None:
    factories.taxed()
    rate = factories.tax_rate("19", "DE")
    membership = factories.active_membership(price_minor=10000)
    assert renewal_carts.for_renewal(membership, number=1).total.minor == 11900
    with unit_of_work("test"):
        rate.rate = Decimal(21)
    assert renewal_carts.for_renewal(membership, number=2).total.minor == 12100


def test_what_waits_for_the_trial_is_not_in_the_taxes_of_today(db: Session) -> None:
    factories.taxed()
    factories.tax_rate("10")
    factories.product("plan", amount_minor=10000, trial_duration=14)
    factories.product("once", type="service", recurring=False, amount_minor=1000)
    assert [one.amount.minor for one in build("plan", "once").taxes] == [100]
    assert [one.amount.minor for one in build("plan").taxes] == [1000]


@pytest.mark.parametrize(
    ("inclusive", "expected"),
    [(False, [(5000, 350, 5350), (-4496, -854, -5350)]), (True, [(5000, 327, 5000), (-5000, -798, -5000)])],
)
def test_a_credit_of_another_rate_pays_all_that_is_due_and_its_tax(
    db: Session, inclusive: bool, expected: list[tuple[int, int, int]]
) -> None:
    factories.taxed(inclusive=inclusive)
    factories.tax_rate("19", "DE")
    factories.tax_rate("7", "DE", category="books")
    factories.product("plan", amount_minor=5000, tax_category="books")
    factories.product("club", type="package", amount_minor=0, pricing_type="free", setup_fee_minor=-10000)
    cart = carts.build(CartRequest(products=["plan", "club"], country="DE"))
    lines = [(one.subtotal.minor, one.tax_total.minor, one.total.minor) for one in cart.line_items if one.total]
    assert lines == expected
    assert (cart.due_today.minor, cart.total.minor) == (0, 0)
