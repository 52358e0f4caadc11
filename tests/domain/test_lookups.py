"""What every sale and every chore looks for is found by an index, however many rows are settled and done with."""

from __future__ import annotations

from uuid import RFC_4122

import pytest
from sqlalchemy import Executable
from sqlalchemy.orm import Session

from tests.conftest import TurnedClock
from tests.plans import read_through, steps
from webapp.domain import agenda, checkout, sale_holds
from webapp.models.messages import new_event_id
from webapp.models.parts import new_reference, new_uuid

ORDER = {"checkout_id": "an order", "customer_id": 7, "cart_key": "a cart"}


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (checkout.BEGUN, ORDER, "ix_sales_begun"),
        (checkout.NEWEST_OPEN, ORDER, "ix_sales_begun"),
        (sale_holds.HELD_TOO_LONG, None, "ix_sales_open"),
        (agenda.DUE, None, "ix_memberships_due"),
    ],
)
def test_it_is_found_by_its_own_index(
    db: Session, clock: TurnedClock, statement: Executable, values: dict[str, object] | None, index: str
) -> None:
    plan = steps(statement, values or {"now": clock.now})

    assert not read_through(plan)
    assert any(index in step for step in plan), plan


def test_ids_that_are_made_later_stand_later_and_none_is_made_twice(clock: TurnedClock) -> None:
    made = []
    for _ in range(50):
        clock.tick(0.001)
        made.append(new_uuid())

    assert made == sorted(made)
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}
    assert len({new_event_id() for _ in range(2000)}) == 2000


def test_a_reference_is_nothing_that_a_spreadsheet_takes_for_a_formula() -> None:
    assert not [one for one in (new_reference() for _ in range(2000)) if one.startswith("-")]
