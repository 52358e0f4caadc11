"""What a product costs: for each period, in each currency, by each way of pricing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests import factories
from webapp.domain import carts
from webapp.domain.carts import CartRequest
from webapp.extensions import db as database
from webapp.models import CurrencyPrice, PriceVariation, PricingType, Product
from webapp.money import Money
from webapp.periods import AT_MOST, Period, Unit

MONTH, YEAR = Period(1, Unit.MONTH), Period(1, Unit.YEAR)
CURRENCIES = ("EUR", "CHF", "JPY", "KWD")
PERIODS = st.sampled_from(list(Unit)).flatmap(
    lambda unit: st.builds(Period, st.integers(min_value=1, max_value=AT_MOST[unit]), st.just(unit))
)
AMOUNTS = st.integers(min_value=0, max_value=10**12)


def plan(pricing_type: PricingType = PricingType.PAID, **values: object) -> Product:
    """29.99 EUR or 33.00 CHF (and 50.00 once) a month; 299 EUR or 330 CHF a year; 5000 yen a month."""
    facts = {"currency": "EUR", "amount_minor": 2999, "setup_fee_minor": -500, "pricing_type": pricing_type}
    return Product(
        slug="premium",
        name="Premium",
        variations=[
            PriceVariation(duration=1, duration_unit=Unit.YEAR, amount_minor=29900),
            PriceVariation(duration=1, duration_unit=Unit.YEAR, amount_minor=33000, currency="CHF"),
        ],
        currency_prices=[
            CurrencyPrice(currency="CHF", amount_minor=3300, setup_fee_minor=5000),
            CurrencyPrice(currency="JPY", amount_minor=5000),
        ],
        **{**facts, **values},
    )


def test_each_currency_has_prices_of_its_own() -> None:
    premium = plan()
    assert premium.currencies() == ["EUR", "CHF", "JPY"]
    assert premium.prices() == {MONTH: Money(2999, "EUR"), YEAR: Money(29900, "EUR")}
    assert premium.prices("CHF") == {MONTH: Money(3300, "CHF"), YEAR: Money(33000, "CHF")}
    assert premium.prices("JPY") == {MONTH: Money(5000, "JPY")}
    assert premium.price_for(Period(12, Unit.MONTH), "CHF") == Money(33000, "CHF")
    assert premium.price_for(YEAR, "JPY") is None


def test_the_set_up_fee_is_the_currencys_own() -> None:
    premium = plan()
    fees = [premium.setup_fee_in(one) for one in (None, "EUR", "CHF", "JPY", "USD")]
    assert fees == [Money(-500, "EUR"), Money(-500, "EUR"), Money(5000, "CHF"), Money(0, "JPY"), Money(0, "USD")]


def test_nothing_is_sold_in_a_currency_without_a_price() -> None:
    premium = plan()
    assert (premium.price_in("USD"), premium.prices("USD"), premium.price_for(MONTH, "USD")) == (None, {}, None)


@pytest.mark.parametrize("kind", [PricingType.FREE, PricingType.CONTACT_US, PricingType.PAY_WHAT_YOU_WANT])
def test_only_what_has_a_fixed_price_is_sold_in_other_currencies(kind: PricingType) -> None:
    other = plan(kind, pwyw_suggested_minor=1500)
    assert other.currencies() == ["EUR"]
    assert (other.price_in("CHF"), other.setup_fee_in("CHF")) == (None, Money(0, "CHF"))


def test_what_one_is_asked_for_costs_what_is_suggested() -> None:
    gift = plan(PricingType.PAY_WHAT_YOU_WANT, amount_minor=0, pwyw_suggested_minor=1500)
    assert gift.price == Money(1500, "EUR")
    assert gift.price_for(MONTH) == Money(1500, "EUR")
    assert not gift.is_free


def test_what_is_off_sale_or_only_asked_for_cannot_be_bought(db: Session) -> None:
    factories.product("gone", active=False)
    factories.product("on-request", pricing_type=PricingType.CONTACT_US, amount_minor=0, recurring=False)
    for slug, code in (("gone", "missing-product"), ("on-request", "contact-us")):
        cart = carts.build(CartRequest(products=[slug]))
        assert [one.code for one in cart.errors] == [code]
        assert not cart.line_items
    assert not carts.build(CartRequest(products=[factories.product("sold").slug])).errors


def test_a_currency_has_one_price(db: Session) -> None:
    with pytest.raises(IntegrityError):
        factories.product("twice", currency_prices=[CurrencyPrice(currency="CHF", amount_minor=1) for _each in "ab"])
    database.session.rollback()


def test_what_is_kept_is_read_back(db: Session) -> None:
    kept = plan()
    database.session.add(kept)
    database.session.commit()
    database.session.expire_all()
    assert kept.prices("CHF") == {MONTH: Money(3300, "CHF"), YEAR: Money(33000, "CHF")}
    assert (kept.available_addons, kept.product_group, kept.stays_for_life) == ([], "", False)


@given(
    base=PERIODS,
    amounts=st.dictionaries(st.sampled_from(CURRENCIES), AMOUNTS, min_size=1),
    others=st.lists(st.tuples(PERIODS, st.sampled_from(CURRENCIES), AMOUNTS), max_size=8),
    asked=PERIODS,
)
def test_a_price_is_in_the_currency_and_for_the_length_that_was_asked_for(
    base: Period, amounts: dict[str, int], others: list[tuple[Period, str, int]], asked: Period
) -> None:
    own = next(iter(amounts))
    product = Product(
        slug="any",
        name="Any",
        currency=own,
        amount_minor=amounts[own],
        duration=base.count,
        duration_unit=base.unit,
        currency_prices=[CurrencyPrice(currency=one, amount_minor=minor) for one, minor in amounts.items()][1:],
        variations=[
            PriceVariation(
                duration=one.count,
                duration_unit=one.unit,
                amount_minor=minor,
                currency="" if currency == own else currency,
            )
            for one, currency, minor in others
        ],
    )
    for currency in CURRENCIES:
        prices = product.prices(currency)
        assert bool(prices) == (currency in amounts) == (currency in product.currencies())
        assert all(price.currency == currency for price in prices.values())
        price = product.price_for(asked, currency)
        fits = [minor for one, where, minor in others if where == currency and one.same_length(asked)]
        expected = fits + ([amounts[currency]] if currency in amounts and base.same_length(asked) else [])
        assert (price is not None) == bool(currency in amounts and expected)
        assert price is None or price.minor in expected
