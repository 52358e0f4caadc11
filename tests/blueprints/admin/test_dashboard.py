"""The dashboard: how the network stands, and how it stood before."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_inbound_events import notice
from tests.conftest import Statements, TurnedClock
from tests.domain.test_figures import begin, count, end
from tests.looking import Look
from tests.templates.conftest import Element
from webapp.domain import staff
from webapp.domain.staff import Capability
from webapp.models import InboundStatus, Role, User


def only(root: Element, name: str) -> Element:
    [found] = [one for one in root if name in one.attrs.get("class", "").split()]
    return found


def figures(root: Element) -> dict[str, tuple[str, str]]:
    """(value, change) by label."""
    return {
        only(one, "figure__label").text: (
            only(one, "figure__value").text,
            only(one, "figure__change").text,
        )
        for one in root.all(class_="figure")
    }


def table(root: Element, chart: str) -> list[list[str]]:
    """The rows of a chart's table that are not all noughts."""
    rows = [[cell.text for cell in row.all("td")] for row in root.by_id(f"{chart}-figures").all("tr")[1:]]
    return [row for row in rows if set(row) - {"0", "€0.00"}]


def test_it_shows_each_figure_beside_what_it_was_before(look: Look, clock: TurnedClock) -> None:
    lost = begin(price_minor=2000)
    begin(price_minor=2000)
    clock.tick(days=35)
    end(lost)
    begin(price_minor=3000)
    found = figures(look("/admin/"))
    assert found["Revenue"] == ("€29.99", "-50%, before: €59.98")
    assert found["Recurring a month (MRR)"] == ("€50.00", "+25%, before: €40.00")
    assert found["Recurring a year (ARR)"] == ("€600.00", "+25%, before: €480.00")
    assert found["Per paying membership (ARPU)"] == ("€25.00", "+25%, before: €20.00")
    assert found["New memberships"] == ("1", "-50%, before: 2")
    assert found["Lost memberships"] == ("1", "before: 0")
    assert found["Churn"] == ("50%", "before: –")
    assert found["Orders that were paid"] == ("100%", "before: 100%")


def test_what_is_worse_is_not_praised(look: Look, clock: TurnedClock) -> None:
    lost, _kept = begin(), begin()
    clock.tick(days=35)
    end(lost)
    tones = {
        only(one, "figure__label").text: only(one, "figure__change").attrs["class"]
        for one in look("/admin/").all(class_="figure")
    }
    assert "error" in tones["Lost memberships"]
    assert "error" in tones["Revenue"]
    assert "figure__change--" not in tones["Churn"]


@pytest.mark.parametrize(("period", "bars"), [("7d", 7), ("30d", 30), ("90d", 13), ("12m", 12), ("nonsense", 30)])
def test_periods_are_plain_addresses(look: Look, clock: TurnedClock, period: str, bars: int) -> None:
    begin()
    root = look(f"/admin/?period={period}")
    labels = root.by_id("chart-revenue-figures").all("tr")[1:]
    assert len(labels) == bars
    assert table(root, "chart-revenue") == [["€29.99"]]
    chosen = [one.text for one in root.all("a", **{"aria-current": "true"})]
    assert chosen == [{"7d": "7 days", "90d": "90 days", "12m": "12 months"}.get(period, "30 days")]


def test_charts_put_days_together_and_lose_none(look: Look, clock: TurnedClock) -> None:
    for _month in range(4):
        begin(price_minor=1000)
        clock.tick(days=40)
    root = look("/admin/?period=12m")
    assert [row[0] for row in table(root, "chart-revenue")] == ["€29.99"] * 4
    assert [row[0] for row in table(root, "chart-mrr")][-1] == "€40.00"
    assert [row[0] for row in table(look("/admin/?period=90d"), "chart-mrr")][-1] == "€40.00"


def test_currencies_are_chosen_where_there_are_several(look: Look, clock: TurnedClock) -> None:
    begin()
    assert look("/admin/").all(id="currency-EUR") == []
    begin(currency="JPY", price_minor=500)
    clock.tick(1)
    count()
    assert figures(look("/admin/"))["Recurring a month (MRR)"][0] == "€29.99"
    assert figures(look("/admin/?currency=JPY"))["Recurring a month (MRR)"][0] == "¥500"
    assert look("/admin/?currency=JPY&period=7d").by_id("currency-all").attrs["href"] == "/admin/?period=7d"
    assert figures(look("/admin/?currency=zzzz"))["Recurring a month (MRR)"][0] == "€29.99"


def test_the_newest_sales_are_listed(look: Look, clock: TurnedClock) -> None:
    payments = []
    for _number in range(10):
        clock.tick(60)
        payments.append(begin().payments[0])
    shown = [one.text for one in look("/admin/").by_id("sale-rows").all("th", scope="row")]
    assert shown == [one.order_number for one in reversed(payments)][:8]


def test_a_network_without_sales_says_what_will_be_here(look: Look) -> None:
    root = look("/admin/")
    assert only(root, "empty").one("h2").text == "Nothing was sold yet"
    assert root.all(class_="figure") == []


def test_what_needs_a_person_is_counted_by_kind(look: Look) -> None:
    rows.dead(2)
    notice(status=InboundStatus.FAILED)
    [panel] = [one for one in look("/admin/").all("section") if one.attrs.get("aria-labelledby") == "open-title"]
    assert [one.text for one in panel.all("li")] == [
        "Deliveries that were given up 2",
        "Notices that could not be handled 1",
    ]


def test_money_is_shown_to_those_who_may_see_payments(
    client: FlaskClient, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin()
    factories.signed_in(client, factories.operator(role=Role.READ_ONLY))
    assert "€29.99" in client.get("/admin/").text
    without = {**staff.CAPABILITIES, Role.READ_ONLY: frozenset({Capability.CUSTOMERS_VIEW})}
    monkeypatch.setattr(staff, "CAPABILITIES", without)
    text = client.get("/admin/").text
    assert "€" not in text
    assert "New memberships" in text


def test_the_page_costs_the_same_however_much_was_sold(
    signed_in: FlaskClient, operator: User, clock: TurnedClock, statements: Statements
) -> None:
    def cost() -> tuple[int, int]:
        statements.clear()
        answer = signed_in.get("/admin/?period=12m")
        return len(statements), len(answer.data)

    begin()
    few, _size = cost()
    made: list[Any] = []
    for _day in range(20):
        clock.tick(days=15)
        made.append(begin())
    count()
    many, size = cost()
    assert few == many <= 12
    assert size < 60_000
    assert re.findall(r"SELECT count\(\*\)[^(]*FROM (memberships|payments)\b", "\n".join(statements)) == []
