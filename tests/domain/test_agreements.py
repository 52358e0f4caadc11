"""What a gateway is asked to take by itself, and whether it still takes what is due."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests import factories
from tests.conftest import TurnedClock, only
from webapp.domain import agreements
from webapp.flows import ordering
from webapp.gateways.paypal_plans import CYCLES_AT_MOST, Unsayable, cycles_of
from webapp.models import Membership, Payment
from webapp.money import Money
from webapp.paying import Agreement
from webapp.periods import Period, Unit
from webapp.settings import Settings

MONTH = Period(1, Unit.MONTH)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def ordered(app: Any, plan: str, **cart: Any) -> Payment:
    settings: Settings = app.extensions["settings"]
    ordering.place(factories.order(plan, gateway="manual", cart=cart), settings)
    return only(Payment)


def amounts(payment: Payment) -> list[tuple[int, int]]:
    agreement = agreements.wanted(payment)
    return [(price.minor, times) for price, times in agreement.amounts] if agreement is not None else []


@pytest.mark.parametrize(
    ("plan", "code", "expected"),
    [
        ({}, {}, [(2999, 0)]),
        ({"setup_fee_minor": 500}, {}, [(2999, 0)]),
        ({"trial_duration": 14}, {}, [(2999, 0)]),
        ({"trial_duration": 14, "setup_fee_minor": 500}, {}, [(3499, 1), (2999, 0)]),
        ({"billing_cycles": 3}, {}, [(2999, 2)]),
        ({"billing_cycles": 3, "trial_duration": 14}, {}, [(2999, 3)]),
        ({"billing_cycles": 1}, {}, []),
        ({"recurring": False}, {}, []),
        ({}, {"apply_to_renewals": "never"}, [(2999, 0)]),
        ({}, {"apply_to_renewals": "always"}, [(2699, 0)]),
        ({}, {"apply_to_renewals": "first", "renewals_limit": 2}, [(2699, 2), (2999, 0)]),
        ({"billing_cycles": 2}, {"apply_to_renewals": "first", "renewals_limit": 2}, [(2699, 1)]),
        ({}, {"apply_to_renewals": "first", "renewals_limit": 99}, []),
    ],
)
def test_it_is_what_the_renewals_will_cost(
    app: Any, db: Session, plan: dict[str, Any], code: dict[str, Any], expected: list[tuple[int, int]]
) -> None:
    factories.product("premium", amount_minor=2999, **plan)
    if code:
        factories.discount_code("TEN", **code)
    assert amounts(ordered(app, "premium", **({"discount_code": "TEN"} if code else {}))) == expected


def test_after_a_trial_it_begins_when_that_is_over(app: Any, db: Session, clock: TurnedClock) -> None:
    factories.product("premium", trial_duration=14)
    payment = ordered(app, "premium")
    agreement = agreements.wanted(payment)
    assert agreement is not None
    assert agreement.starts_at == only(Membership).trial_ends_at


@given(runs=st.lists(st.tuples(st.integers(0, 500), st.integers(1, 5)), max_size=4), tail=st.integers(1, 500))
def test_what_is_taken_next_is_read_off_the_same_list(runs: list[tuple[int, int]], tail: int) -> None:
    terms = {"number": 1, "amounts": [*map(list, runs), [tail, 0]]}
    flat = [minor for minor, times in runs for _ in range(times)]
    for at in range(len(flat) + 3):
        assert agreements.taken_next(terms, at + 1) == (flat[at] if at < len(flat) else tail)
    ended = {"number": 1, "amounts": [*map(list, runs), [tail, 1]]}
    assert agreements.taken_next(ended, len(flat) + 2) is None


@given(
    now=st.integers(0, 300),
    runs=st.lists(st.tuples(st.integers(1, 300), st.integers(1, 5)), max_size=3),
    tail=st.integers(1, 300),
    times=st.sampled_from([0, 3]),
)
def test_paypals_cycles_come_to_the_same(now: int, runs: list[tuple[int, int]], tail: int, times: int) -> None:
    wanted = tuple((eur(minor), number) for minor, number in (*runs, (tail, times)))
    try:
        cycles = cycles_of(eur(now), Agreement("Premium", MONTH, wanted))
    except Unsayable:
        steps = [now, *(minor for minor, number in runs for _ in range(number)), tail]
        assert sum(one != other for one, other in pairwise(steps)) >= CYCLES_AT_MOST - 1
        return
    assert len(cycles) <= CYCLES_AT_MOST
    shown = [one.price.minor for one in cycles for _ in range(one.times or 9)]
    meant = [now, *(price.minor for price, number in wanted for _ in range(number or 9))]
    assert shown[:9] == meant[:9]
    assert (cycles[-1].times == 0) == (times == 0)
