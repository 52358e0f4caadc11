"""Every page of a membership's story begins where the last one ended, whatever happened at one instant."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import or_, select

from tests import factories
from tests.conftest import Statements, TurnedClock
from webapp.domain import stories
from webapp.domain.stories import Place
from webapp.extensions import db as database
from webapp.models import Membership, Move, Payment
from webapp.transactions import unit_of_work


def wanted(membership: Membership) -> dict[str, Any]:
    return {"move": stories.about(Move, membership), "payment": Payment.membership_id == membership.id}


def told(membership: Membership) -> list[list[tuple[str, int]]]:
    """All pages."""
    pages, before = [], None
    while True:
        page = stories.of_membership(wanted(membership), before)
        pages.append([(source, row.id) for source, row in page.rows])
        if page.older is None:
            return pages
        before = Place.parse(str(page.older))
        assert before == page.older


def live(membership: Membership, clock: TurnedClock, number: int, step: float) -> None:
    for _ in range(number):
        clock.tick(step)
        with unit_of_work("test"):
            factories.payment(membership=membership)
            membership.move_to(membership.status, reason="renewed")


@pytest.mark.parametrize("step", [0, 0.001, 60])
def test_no_entry_is_lost_or_told_twice(app: Flask, clock: TurnedClock, step: float) -> None:
    membership, other = factories.active_membership(), factories.active_membership()
    live(membership, clock, 40, step)
    live(other, clock, 3, step)
    pages = told(membership)
    entries = [one for page in pages for one in page]
    assert [len(one) for one in pages] == [25, 25, 25, 5]
    assert len(set(entries)) == 80
    mine = select(Payment.id).where(or_(Payment.membership_id == membership.id))
    assert {number for source, number in entries if source == "payment"} == set(database.session.scalars(mine))


def test_a_page_costs_so_many_statements_however_long_the_life(
    app: Flask, clock: TurnedClock, statements: Statements
) -> None:
    membership = factories.active_membership()
    counts = []
    for _ in range(2):
        live(membership, clock, 30, 60)
        database.session.rollback()
        key = membership.id
        found = database.session.get_one(Membership, key)
        statements.clear()
        stories.of_membership(wanted(found), None)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 5


@pytest.mark.parametrize("text", ["", "1", "x-move-1", "1-nothing-2", "1-move-", "99999999999999999-x-1", "1-move-1-2"])
def test_what_is_no_place_is_the_beginning(text: str) -> None:
    assert Place.parse(text) in (None, Place.parse("1-move-1"))
