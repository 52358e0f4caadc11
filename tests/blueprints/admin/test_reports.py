"""The figures month by month: on a page, and as a file."""

from __future__ import annotations

import csv

from flask.testing import FlaskClient

from tests.conftest import Statements, TurnedClock
from tests.domain.test_figures import begin, count, end
from tests.looking import Look


def test_months_are_shown_newest_first_and_saved_as_csv(look: Look, signed_in: FlaskClient, clock: TurnedClock) -> None:
    clock.use("2027-03-10T10:00Z")
    lost = begin(price_minor=2000)
    begin(price_minor=3000)
    clock.use("2027-04-20T10:00Z")
    end(lost)
    count()
    shown = [one.text for one in look("/admin/figures?from=2027-03&to=2027-04").by_id("months").all("tr")]
    assert shown[1].startswith("Apr 2027 €30.00")
    assert shown[2].startswith("Mar 2027 €50.00 €50.00")
    answer = signed_in.get("/admin/figures/export?from=2027-03&to=2027-04")
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert answer.mimetype == "text/csv"
    assert [(one["month"], one["mrr"], one["churn"], one["paying"]) for one in rows] == [
        ("2027-03", "50.00", "", "2"),
        ("2027-04", "30.00", "0.5000", "1"),
    ]
    assert (rows[1]["ltv"], rows[1]["revenue-churn"], rows[0]["net-revenue"]) == ("39.43", "0.4000", "59.98")


def test_whatever_the_address_says_the_page_is_there_and_cheap(
    look: Look, clock: TurnedClock, statements: Statements
) -> None:
    begin()
    count()
    for query in ("", "?from=nonsense&to=9999-99", "?from=2099-01&to=1999-01", "?from=1900-01", "?currency=JPY"):
        statements.clear()
        assert look(f"/admin/figures{query}").one("h1").text == "Figures by month"
        assert len(statements) <= 12
