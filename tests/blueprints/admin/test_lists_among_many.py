"""A page of a list takes the database what it takes with fewer rows. How long that is, `./dev bench admin` measures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from benchmarks import crowd
from tests import factories
from tests.looking import Look
from webapp.extensions import db, dialect_name

FEW, MANY = 2000, 6000  # both beyond the thousand up to which a list counts its rows
OPEN_THINGS = 100  # the number of those stands on each page; they are counted up to a limit
GRAIN = 20  # instructions of SQLite's machine between two looks
LISTS = (
    "/admin/attention",
    "/admin/customers",
    "/admin/customers?sort=name",
    "/admin/customers?search=customer777@example.net",
    "/admin/memberships",
    "/admin/memberships?status=active",
    "/admin/payments",
    "/admin/sites",
    "/admin/events",
    "/admin/deliveries",
)


def fill(number: int, beyond: int = 0) -> None:
    """The crowd up to that number, without those that are there."""
    for table, values in crowd.rows(dialect_name(), number).items():
        with db.engine.begin() as connection:
            crowd.write(connection, table, values, number, beyond=beyond)
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


@contextmanager
def counted() -> Iterator[list[int]]:
    """How much SQLite does meanwhile, in grains: the same however busy the machine is."""
    seen = [0]

    def step() -> int:
        seen[0] += 1
        return 0

    def begin(driver: Any, _record: Any, _proxy: Any) -> None:
        driver.set_progress_handler(step, GRAIN)

    def end(driver: Any, _record: Any) -> None:
        driver.set_progress_handler(None, 0)

    event.listen(db.engine, "checkout", begin)
    event.listen(db.engine, "checkin", end)
    try:
        yield seen
    finally:
        event.remove(db.engine, "checkout", begin)
        event.remove(db.engine, "checkin", end)


def taken(look: Look) -> dict[str, int]:
    found = {}
    for path in LISTS:
        db.session.remove()
        with counted() as seen:
            look(path)
        found[path] = seen[0]
    return found


@pytest.mark.ux("S2")
def test_a_page_takes_the_database_what_it_takes_with_a_third_of_the_rows(look: Look) -> None:
    if dialect_name() != "sqlite":
        pytest.skip("its work is counted by SQLite's own machine")
    factories.product("premium", name="Premium of the crowd")
    fill(FEW)
    few = taken(look)
    fill(MANY, beyond=FEW)
    many = taken(look)
    assert min(few.values()) > 20
    assert {path: (few[path], many[path]) for path in LISTS if many[path] > 1.3 * few[path] + OPEN_THINGS} == {}
