"""What lists of the API have in common: pages, cursors, order, dates, and what they refuse."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests import factories
from tests.blueprints.api.conftest import BASE, Caller, params
from tests.conftest import TurnedClock
from webapp.extensions import db
from webapp.models import Product
from webapp.transactions import unit_of_work


@pytest.fixture
def five(caller: Caller) -> list[str]:
    """The slugs of five products, the newest first."""
    return [factories.product(f"plan-{number}", name="Same").slug for number in range(5)][::-1]


def slugs(caller: Caller, path: str) -> list[str]:
    answer = caller.get(path)
    assert answer.status_code == 200, answer.text
    return [one["slug"] for one in answer.json["data"]]


def walk(caller: Caller, path: str) -> list[list[str]]:
    """Every page, by its `Link`."""
    pages = []
    while path:
        answer = caller.get(path.removeprefix(f"http://localhost{BASE}"))
        pages.append([one["slug"] for one in answer.json["data"]])
        found = re.search(r'<([^>]+)>; rel="next"', answer.headers["Link"])
        assert (found is None) == (answer.json["next_cursor"] is None)
        path = found[1] if found else ""
    return pages


@pytest.mark.parametrize("query", ["", "&orderby=name", "&orderby=name&order=asc", "&order=asc", "&page=1"])
def test_pages_hold_each_row_once(caller: Caller, five: list[str], query: str) -> None:
    pages = walk(caller, f"/products?per_page=2{query}")
    assert [len(page) for page in pages] == [2, 2, 1]
    order = five[::-1] if "order=asc" in query else five
    assert [slug for page in pages for slug in page] == order


def test_the_first_page_is_linked_and_the_cursor_goes_on(caller: Caller, five: list[str]) -> None:
    answer = caller.get("/products?per_page=3&search=plan")
    assert f'<http://localhost{BASE}/products?per_page=3&search=plan>; rel="first"' in answer.headers["Link"]
    assert slugs(caller, f"/products?per_page=3&search=plan&cursor={answer.json['next_cursor']}") == five[3:]


def test_a_row_that_is_gone_meanwhile_leads_nowhere_else(caller: Caller, five: list[str]) -> None:
    cursor = caller.get("/products?per_page=2").json["next_cursor"]
    with unit_of_work("test") as session:
        session.delete(session.query(Product).filter_by(slug=five[1]).one())
    assert slugs(caller, f"/products?per_page=2&cursor={cursor}") == five[2:4]


def test_a_cursor_of_another_order_is_refused(caller: Caller, five: list[str]) -> None:
    cursor = caller.get("/products?per_page=2&orderby=name").json["next_cursor"]
    assert set(params(caller.get(f"/products?cursor={cursor}"))) == {"cursor"}
    assert set(params(caller.get(f"/products?orderby=name&order=asc&cursor={cursor}"))) == {"cursor"}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("per_page=0", "per_page"),
        ("per_page=101", "per_page"),
        ("per_page=ten", "per_page"),
        ("per_page=5&per_page=6", "per_page"),
        ("per_page=" + "9" * 5000, "per_page"),
        ("page=0", "page"),
        ("page=501", "page"),
        ("page=1&cursor=x", "page"),
        ("cursor=", "cursor"),
        ("cursor=nonsense", "cursor"),
        ("cursor=W10", "cursor"),
        ("cursor=eyJhIjoxfQ", "cursor"),
        ("cursor=%F0%9F%92%A9", "cursor"),
        ("cursor=WyJpZCIsdHJ1ZSwxLCJ4Il0", "cursor"),
        ("orderby=secret_hash", "orderby"),
        ("order=sideways", "order"),
        ("status=unknown", "status"),
        ("date_created_after=yesterday", "date_created_after"),
        ("date_created_after=2027-01-31", "date_created_after"),
        ("date_created_before=2027-13-31T10:00:00Z", "date_created_before"),
        ("date_created_before=9999-12-31T23:59:59-23:59", "date_created_before"),
        ("colour=red", "colour"),
        ("api_key=x", "api_key"),
    ],
)
def test_what_cannot_be_asked_is_named(caller: Caller, query: str, name: str) -> None:
    answer = caller.get(f"/products?{query}")
    assert answer.status_code == 400
    assert answer.json["code"] == "invalid_query"
    assert set(params(answer)) == {name}


def test_a_search_is_data(caller: Caller, five: list[str]) -> None:
    for text in ("%25", "_", "'", "x" * 100, "%F0%9F%92%A9"):
        assert slugs(caller, f"/products?search={text}") == []


def test_by_the_day_they_were_made(caller: Caller, clock: TurnedClock) -> None:
    for _turn in range(3):
        factories.membership()
        clock.tick(3600)
    middle = (datetime(2027, 1, 31, 11, tzinfo=UTC)).isoformat().replace("+00:00", "Z")

    def ids(query: str) -> int:
        return len(caller.get(f"/memberships?{query}").json["data"])

    assert ids(f"date_created_after={middle}") == 1
    assert ids(f"date_created_before={middle}") == 1
    offset = datetime(2027, 1, 31, 10, 30, tzinfo=UTC) - timedelta(seconds=1)
    assert (
        ids(f"date_created_after={offset:%Y-%m-%dT%H:%M:%S}%2B00:00&date_created_before=2027-01-31T13:30:00%2B01:00")
        == 2
    )
    assert ids("date_created_after=2027-01-31T12:30:00Z") == 0
    assert ids("orderby=date_created&order=asc&per_page=1&page=3") == 1
    cursor = caller.get("/memberships?orderby=date_created&order=asc&per_page=2").json["next_cursor"]
    assert ids(f"orderby=date_created&order=asc&cursor={cursor}") == 1
    assert db.session.is_active
