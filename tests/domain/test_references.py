"""What a background callback is given is what the hook passed, even days later in another process."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests import factories
from webapp.domain.references import MARK, NotStorable, customer_of, pack, unpack
from webapp.errors import NotFound
from webapp.extensions import db as database
from webapp.models import Customer, Event, MembershipStatus, PaymentStatus, Setting
from webapp.money import Money
from webapp.transactions import unit_of_work


def there_and_back(value: Any, session: Any = None) -> Any:
    return unpack(session, json.loads(json.dumps(pack(value))))


plain = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
times = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))
amounts = st.builds(Money, st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
decimals = st.decimals(allow_nan=False, allow_infinity=False)
keys = st.text().filter(lambda key: key != MARK)
values = st.recursive(
    plain | times | amounts | decimals,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None)
@given(values)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    assert there_and_back(value) == value


@pytest.mark.parametrize(
    "value", [True, 0, 1.5, "text", Money(2999, "EUR"), Decimal("19.00"), datetime(2027, 1, 31, tzinfo=UTC)]
)
def test_a_value_keeps_its_type(value: Any) -> None:
    assert type(there_and_back(value)) is type(value)


def test_a_decimal_keeps_its_zeros_and_a_time_its_instant() -> None:
    assert str(there_and_back(Decimal("19.00"))) == "19.00"
    local = datetime(2027, 1, 31, 12, 30, 1, 5, tzinfo=timezone(timedelta(hours=2)))
    assert there_and_back(local) == local
    assert there_and_back(local).tzinfo is UTC


def test_a_status_arrives_as_its_value() -> None:
    for status in (MembershipStatus.ON_HOLD, PaymentStatus.PARTIALLY_REFUNDED):
        arrived = there_and_back(status)
        assert (type(arrived), arrived == status) == (str, True)


def test_a_tuple_arrives_as_a_list() -> None:
    assert there_and_back({"pair": (1, Money(1, "EUR"))}) == {"pair": [1, Money(1, "EUR")]}


class Words(StrEnum):
    KEY = "key"


def test_keys_may_be_words_of_an_enumeration() -> None:
    assert there_and_back({Words.KEY: 1}) == {"key": 1}


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        b"bytes",
        {1: "a number as a key"},
        {MARK: ["row", "customers", 1]},
        datetime(2027, 1, 31),  # noqa: DTZ001 - a naive one is what is refused
        float("nan"),
        float("inf"),
        [object()],
        {"deep": [{"er": object()}]},
        lambda: None,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_could_not_be_given_back_is_refused(value: Any) -> None:
    with pytest.raises(NotStorable, match="a background callback cannot be given"):
        pack(value)


def test_the_refusal_does_not_show_the_value() -> None:
    with pytest.raises(NotStorable) as told:
        pack({1: "4242 4242 4242 4242"})
    assert "4242" not in str(told.value)


def test_rows_of_every_kind_are_found_again_as_they_are_now(db: Session) -> None:
    payment = factories.payment()
    code = factories.discount_code()
    rows = [payment, payment.customer, payment.customer.user, payment.membership, payment.membership.plan, code]
    names = [(type(one), one.id) for one in rows]
    packed = json.loads(json.dumps(pack(rows)))
    assert packed[0] == {MARK: ["row", "payments", payment.id]}
    with unit_of_work():
        payment.customer.display_name = "Changed meanwhile"
    database.session.expunge_all()
    found = unpack(database.session(), packed)
    assert [(type(one), one.id) for one in found] == names
    assert found[1].display_name == "Changed meanwhile"


def test_a_row_that_is_gone_is_said_to_be_gone(db: Session) -> None:
    with pytest.raises(NotFound, match="customers 4711 is gone"):
        unpack(database.session(), {MARK: ["row", "customers", 4711]})
    with pytest.raises(NotFound, match="addons_table 1 is gone"):
        unpack(database.session(), {MARK: ["row", "addons_table", 1]})


def test_a_row_that_is_not_written_yet_or_has_no_number_is_refused(app: Flask) -> None:
    with pytest.raises(NotStorable, match="this Customer: it has no id"):
        pack(Customer(display_name="Ada", email="a@example.com"))
    with pytest.raises(NotStorable, match="this Setting"):
        pack(Setting(key="currency", value="EUR"))


def test_the_customer_of_a_row_is_known(db: Session) -> None:
    payment = factories.payment()
    owner = payment.customer_id
    for row in (payment, payment.customer, payment.membership, Event(customer_id=owner)):
        assert customer_of(row) == owner
    for nobody in (payment.membership.plan, payment.customer.user, "text", None, {"customer_id": 1}):
        assert customer_of(nobody) is None
