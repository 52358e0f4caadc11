"""What an operator does with discount codes, and what cannot be one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from webapp import clock
from webapp.domain import carts, discount_codes
from webapp.domain.carts import CartRequest
from webapp.domain.discount_codes import Facts, Worth
from webapp.errors import Conflict, Invalid
from webapp.extensions import db as database
from webapp.models import AuditEntry, CurrencyPrice, DiscountCode, DiscountType, Renewals
from webapp.money import Money
from webapp.transactions import unit_of_work

TEN = Facts(code="TEN", worth=Worth(value=Decimal(10)))
NO_WORTH = Worth()


def amount(minor: int) -> Worth:
    return Worth(DiscountType.ABSOLUTE, Decimal(minor))


@pytest.fixture
def edited(db: Session) -> Iterator[Session]:
    with unit_of_work("operator:1") as session:
        yield session


def refused(facts: Facts, code: DiscountCode | None = None) -> list[str | None]:
    return [one.field for one in discount_codes.problems(facts, code)]


@pytest.mark.parametrize("text", ["A", "X" * 21, "SO NICE", "ÄRA", "A/B", "--", "_-", "", "ten", "A\n"])
def test_what_is_no_code_is_refused(db: Session, text: str) -> None:
    assert refused(replace(TEN, code=text)) == ["code"]


@pytest.mark.parametrize("text", ["SUMMER-10", "A1", "X" * 20, "A_B"])
def test_letters_digits_hyphens_and_underscores_make_a_code(db: Session, text: str) -> None:
    assert refused(replace(TEN, code=text)) == []


def test_a_code_is_there_once_hyphens_or_not(db: Session) -> None:
    mine = factories.discount_code("SUMMER-10")
    assert refused(replace(TEN, code="SUMMER10")) == ["code"]
    assert refused(replace(TEN, code="SUM-MER10")) == ["code"]
    assert refused(replace(TEN, code="SUMMER10"), mine) == []


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"worth": NO_WORTH}, ["value"]),
        ({"worth": Worth(value=Decimal("100.01"))}, ["value"]),
        ({"worth": Worth(value=Decimal(-1))}, ["value"]),
        ({"setup_fee": Worth(value=Decimal(101))}, ["setup_fee_value"]),
        ({"worth": amount(-1), "currency": "EUR"}, ["value"]),
        ({"worth": amount(10**12 + 1), "currency": "EUR"}, ["value"]),
        ({"worth": Worth(DiscountType.ABSOLUTE, Decimal("0.5")), "currency": "EUR"}, ["value"]),
        ({"worth": amount(500)}, ["currency"]),
        ({"worth": amount(500), "currency": "XXX"}, ["currency"]),
        ({"setup_fee": amount(500)}, ["currency"]),
        ({"apply_to_renewals": Renewals.FIRST}, ["renewals_limit"]),
        ({"apply_to_renewals": Renewals.FIRST, "renewals_limit": -1}, ["renewals_limit"]),
        ({"max_uses": -1}, ["max_uses"]),
        ({"max_uses": 10**12}, ["max_uses"]),
        ({"allowed_products": ("nothing",)}, ["allowed_products"]),
        ({"allowed_periods": ("1-moon",)}, ["allowed_periods"]),
        ({"allowed_periods": ("0-month",)}, ["allowed_periods"]),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(db: Session, changes: dict[str, Any], fields: list[str]) -> None:
    assert refused(replace(TEN, **changes)) == fields


def test_a_code_ends_after_it_begins(db: Session) -> None:
    now = clock.now()
    assert refused(replace(TEN, starts_at=now, expires_at=now)) == ["expires_at"]
    assert refused(replace(TEN, starts_at=now, expires_at=now - timedelta(days=1))) == ["expires_at"]
    assert refused(replace(TEN, starts_at=now, expires_at=now + timedelta(minutes=1))) == []


def test_a_new_code_is_kept_whole_and_noted(edited: Session) -> None:
    factories.product("premium")
    facts = replace(
        TEN,
        setup_fee=amount(500),
        currency="EUR",
        apply_to_renewals=Renewals.FIRST,
        renewals_limit=3,
        max_uses=7,
        allowed_products=("premium",),
        allowed_periods=("1-month",),
    )
    code = discount_codes.create(facts, active=True)
    assert discount_codes.facts_of(code) == facts
    [entry] = database.session.scalars(select(AuditEntry))
    assert (entry.action, entry.after["value"], entry.after["setup_fee_value"]) == (
        "discount-codes.create",
        "10%",
        "5.00 EUR",
    )


def test_what_does_not_count_is_empty(edited: Session) -> None:
    code = discount_codes.create(replace(TEN, currency="EUR", renewals_limit=5), active=True)
    assert (code.currency, code.renewals_limit) == (None, 0)


def test_who_is_slower_changes_nothing(edited: Session) -> None:
    code = discount_codes.create(TEN, active=True)
    discount_codes.change(code, replace(TEN, max_uses=5), seen=1)
    assert (code.version, code.max_uses) == (2, 5)
    with pytest.raises(Conflict):
        discount_codes.change(code, replace(TEN, max_uses=9), seen=1)
    assert code.max_uses == 5


def test_a_copy_is_another_code_that_is_off(edited: Session) -> None:
    code = discount_codes.create(replace(TEN, code="SUMMER-10", max_uses=3), active=True)
    first, second = discount_codes.duplicate(code), discount_codes.duplicate(code)
    assert (first.code, second.code) == ("SUMMER-102", "SUMMER-103")
    assert (first.active, first.max_uses, first.uses) == (False, 3, 0)


def test_a_long_code_is_copied_as_well(edited: Session) -> None:
    code = discount_codes.create(replace(TEN, code="X" * 20), active=True)
    copy = discount_codes.duplicate(code)
    assert refused(replace(TEN, code=copy.code), copy) == []


def test_two_who_take_the_same_code_at_once_are_told(edited: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both looked before either wrote."""
    discount_codes.create(TEN, active=True)
    monkeypatch.setattr(discount_codes, "problems", lambda facts, code=None: iter(()))
    with pytest.raises(Invalid) as refusal, edited.begin_nested():
        discount_codes.create(TEN, active=True)
    assert refusal.value.field == "code"


def test_what_is_switched_off_takes_nothing_off(edited: Session) -> None:
    factories.product("premium")
    code = discount_codes.create(TEN, active=True)
    cart = CartRequest(products=["premium"], discount_code="TEN")
    assert carts.build(cart).discount is code
    discount_codes.switch(code, on=False)
    assert [one.code for one in carts.build(cart).errors] == ["discount_code"]
    discount_codes.switch(code, on=True)
    assert carts.build(cart).discount is code


def test_an_amount_off_the_set_up_fee_is_good_in_its_currency_only(edited: Session) -> None:
    swiss = [CurrencyPrice(currency="CHF", amount_minor=3300, setup_fee_minor=5000)]
    factories.product("premium", setup_fee_minor=9900, currency_prices=swiss)
    discount_codes.create(replace(TEN, setup_fee=amount(1000), currency="EUR"), active=True)
    asked = CartRequest(products=["premium"], discount_code="TEN")
    assert carts.build(asked).discount_total == Money(1300, "EUR")
    francs = carts.build(replace(asked, currency="CHF"))
    assert [(one.code, one.param) for one in francs.errors] == [("discount_code", "discount_code")]


@given(
    rate=st.decimals(min_value=0, max_value=100, places=4, allow_nan=False, allow_infinity=False),
    minor=st.integers(min_value=1, max_value=10**12),
)
def test_what_is_described_reads_as_it_is(rate: Decimal, minor: int) -> None:
    code = discount_codes.preview(replace(TEN, worth=Worth(value=rate), setup_fee=amount(minor), currency="KWD"))
    told = discount_codes.described(code)
    assert Decimal(told["value"].removesuffix("%") or 0) == rate
    assert Money.parse(*told["setup_fee_value"].split(" ")) == Money(minor, "KWD")
