"""What an operator does with products, and what nobody who bought one notices of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from webapp.domain import product_facts, product_problems, products
from webapp.domain.product_facts import Facts
from webapp.errors import Conflict, Invalid
from webapp.extensions import db as database
from webapp.models import AuditEntry, PricingType, Product
from webapp.money import Money
from webapp.periods import Period, Unit
from webapp.transactions import unit_of_work

MONTH, YEAR = Period(1, Unit.MONTH), Period(1, Unit.YEAR)
PLAN = Facts(name="Premium", slug="premium", amount=Money(2999, "EUR"), period=MONTH)


@pytest.fixture
def edited(db: Session) -> Iterator[Session]:
    with unit_of_work("operator:1") as session:
        yield session


def refused(facts: Facts, product: Product | None = None) -> list[str | None]:
    return [one.field for one in product_problems.problems(facts, product)]


def notes() -> list[AuditEntry]:
    return list(database.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def ordered() -> list[str]:
    return list(database.session.scalars(select(Product.slug).order_by(Product.list_order, Product.id)))


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Premium Plus", "premium-plus"), ("Größer & Schöner", "groesser-schoener"), ("Crème 2", "creme-2"), ("日本", "")],
)
def test_a_slug_is_made_of_a_name(name: str, slug: str) -> None:
    assert product_facts.slug_from(name) == slug


@given(st.text(max_size=300))
def test_what_is_made_of_any_name_is_a_slug_or_nothing(name: str) -> None:
    slug = product_facts.slug_from(name)
    assert not slug or (product_facts.SLUG.fullmatch(slug) and len(slug) <= product_facts.SLUG_LONGEST)


@pytest.mark.parametrize("slug", ["", "a", "Premium", "a--b", "-ab", "ab-", "a b", "a/b", "ä1", "x" * 81])
def test_what_is_no_slug_is_refused(db: Session, slug: str) -> None:
    assert refused(replace(PLAN, slug=slug)) == ["slug"]


def test_a_slug_belongs_to_one_product(db: Session) -> None:
    mine = factories.product("premium")
    factories.product("premium-2")
    [problem] = product_problems.problems(PLAN)
    assert "premium-3" in problem.message
    assert refused(PLAN, mine) == []


@pytest.mark.parametrize("minor", [0, -1, 10**12 + 1])
def test_a_price_is_above_nought_and_not_absurd(db: Session, minor: int) -> None:
    assert refused(replace(PLAN, amount=Money(minor, "EUR"))) == ["amount"]
    assert refused(replace(PLAN, variations=((YEAR, minor),))) == ["variations-0-amount"]


def test_a_period_has_one_price_however_it_is_written(db: Session) -> None:
    twice = ((YEAR, 100), (Period(12, Unit.MONTH), 200), (Period(1, Unit.MONTH), 300))
    assert refused(replace(PLAN, variations=twice)) == ["variations-1-duration", "variations-2-duration"]


def test_a_new_product_is_kept_whole(edited: Session) -> None:
    facts = replace(
        PLAN,
        setup_fee_minor=-500,
        trial=Period(14, Unit.DAY),
        variations=((YEAR, 29900),),
        feature_list=("One site",),
        billing_cycles=12,
        list_order=30,
    )
    product = products.create(facts, active=True)
    assert product.prices() == {MONTH: Money(2999, "EUR"), YEAR: Money(29900, "EUR")}
    assert (product.setup_fee_minor, product.trial, product.billing_cycles) == (-500, Period(14, Unit.DAY), 12)
    assert (product.active, product.list_order, product.feature_list) == (True, 30, ["One site"])
    assert [(one.action, one.actor) for one in notes()] == [("products.create", "operator:1")]


def test_what_is_free_costs_nothing_whatever_else_was_typed(edited: Session) -> None:
    free = replace(PLAN, pricing_type=PricingType.FREE, setup_fee_minor=100, trial=YEAR, variations=((YEAR, 100),))
    product = products.create(free, active=True)
    assert (product.amount_minor, product.setup_fee_minor, product.recurring) == (0, 0, False)
    assert (product.trial, product.variations) == (None, [])


def test_what_is_charged_once_has_no_periods(edited: Session) -> None:
    product = products.create(replace(PLAN, recurring=False, variations=((YEAR, 100),), billing_cycles=3), active=True)
    assert (product.recurring, product.variations, product.billing_cycles) == (False, [], 0)


def test_a_new_price_changes_no_membership(db: Session) -> None:
    plan = factories.product("premium")
    membership = factories.active_membership(plan=plan)
    with unit_of_work("operator:1"):
        products.change(products.locked(plan.id), replace(PLAN, amount=Money(9999, "EUR")), seen=plan.version)
    database.session.refresh(membership)
    assert membership.price == Money(2999, "EUR")
    [note] = notes()
    assert (note.before, note.after) == ({"amount": "29.99 EUR"}, {"amount": "99.99 EUR"})


def test_who_is_slower_changes_nothing(db: Session) -> None:
    plan = factories.product("premium", year=29900)
    seen = plan.version
    with unit_of_work("operator:1"):
        products.change(products.locked(plan.id), replace(PLAN, variations=((YEAR, 100),)), seen=seen)
    with pytest.raises(Conflict), unit_of_work("operator:2"):
        products.change(products.locked(plan.id), replace(PLAN, name="Other"), seen=seen)
    database.session.refresh(plan)
    assert (plan.name, plan.price_for(YEAR)) == ("Premium", Money(100, "EUR"))


def test_a_variation_that_stays_keeps_its_row_and_one_that_goes_is_gone(db: Session) -> None:
    plan = factories.product("premium", year=29900)
    [row] = plan.variations
    two = ((Period(3, Unit.MONTH), 8000), (YEAR, 25000))
    with unit_of_work("operator:1"):
        products.change(products.locked(plan.id), replace(PLAN, variations=two), seen=1)
    database.session.refresh(plan)
    assert {one.id: one.amount_minor for one in plan.variations}[row.id] == 25000
    with unit_of_work("operator:1"):
        products.change(products.locked(plan.id), PLAN, seen=plan.version)
    database.session.refresh(plan)
    assert plan.variations == []


def test_saving_without_a_change_leaves_no_trace(db: Session) -> None:
    plan = factories.product("premium")
    with unit_of_work("operator:1"):
        products.change(products.locked(plan.id), PLAN, seen=plan.version)
    assert notes() == []


def test_discount_codes_follow_a_new_slug(db: Session) -> None:
    plan = factories.product("premium")
    code = factories.discount_code(allowed_products=["free", "premium"])
    with unit_of_work("operator:1"):
        products.change(products.locked(plan.id), replace(PLAN, slug="gold"), seen=plan.version)
    database.session.refresh(code)
    assert code.allowed_products == ["free", "gold"]


def test_a_copy_is_off_sale_under_a_slug_of_its_own(edited: Session) -> None:
    plan = factories.product("premium", year=29900, setup_fee_minor=990, feature_list=["One site"])
    copy = products.duplicate(plan)
    assert (copy.slug, copy.name, copy.active) == ("premium-2", "Copy of Premium", False)
    assert (copy.prices(), copy.setup_fee, copy.feature_list) == (plan.prices(), plan.setup_fee, ["One site"])
    assert products.duplicate(plan).slug == "premium-3"


def test_off_sale_and_on_again(edited: Session) -> None:
    plan = factories.product("premium")
    products.put_on_sale(plan, on_sale=False)
    products.put_on_sale(plan, on_sale=False)
    products.put_on_sale(plan, on_sale=True)
    assert plan.active
    assert [one.action for one in notes()] == ["products.archive", "products.put-on-sale"]


def test_products_move_one_place_whatever_their_numbers_are(db: Session) -> None:
    one, _two, three = (factories.product(slug, list_order=10) for slug in ("one", "two", "three"))
    version = three.version
    with unit_of_work("operator:1"):
        assert products.move(three, by=-1)
    assert ordered() == ["one", "three", "two"]
    with unit_of_work("operator:1"):
        assert not products.move(one, by=-1)
        assert products.move(one, by=1)
    assert ordered() == ["three", "one", "two"]
    database.session.refresh(three)
    assert three.version == version


@pytest.mark.parametrize("use", ["membership", "item", "line"])
def test_what_was_ever_sold_is_not_deleted(db: Session, use: str) -> None:
    from webapp.models import LineItem, LineType, MembershipItem

    plan, other = factories.product("premium"), factories.product("other")
    if use == "membership":
        factories.membership(plan=plan)
    elif use == "item":
        agreement = factories.membership(plan=other)
        factories.save(
            lambda: MembershipItem(membership_id=agreement.id, product_id=plan.id, unit_price_minor=1, quantity=1)
        )
    else:
        payment = factories.payment(membership=factories.membership(plan=other))
        money: Any = dict.fromkeys(("unit_price_minor", "subtotal_minor", "total_minor"), 1)
        line = {"position": 1, "type": LineType.PRODUCT, "title": "x", "currency": "EUR", **money}
        factories.save(lambda: LineItem(payment_id=payment.id, product_id=plan.id, **line))
    with pytest.raises(Conflict), unit_of_work("operator:1"):
        products.delete(products.locked(plan.id))


def test_what_was_never_sold_can_go(db: Session) -> None:
    plan = factories.product("premium", year=29900)
    with unit_of_work("operator:1"):
        products.delete(products.locked(plan.id))
    assert ordered() == []
    assert [one.action for one in notes()] == ["products.delete"]


def test_two_who_take_the_same_slug_at_once_are_told(edited: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both looked before either wrote."""
    products.create(PLAN, active=True)
    monkeypatch.setattr(product_problems, "problems", lambda facts, product=None: iter(()))
    with pytest.raises(Invalid) as refusal, edited.begin_nested():
        products.create(PLAN, active=True)
    assert refusal.value.field == "slug"
