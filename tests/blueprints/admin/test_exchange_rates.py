"""Figures of several currencies in one, on the dashboard and month by month, and the rates behind them."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.blueprints.admin.test_dashboard import figures
from tests.conftest import Statements, TurnedClock
from tests.domain.test_figures import begin, count
from tests.domain.test_reported_figures import rate
from tests.looking import Look
from webapp.domain import network, rate_fetches
from webapp.models import ExchangeRate, RateSource
from webapp.transactions import unit_of_work

MRR = "Recurring a month (MRR)"


@pytest.fixture
def two(look: Look, clock: TurnedClock) -> None:
    """Ten euros and 25 dollars a month; a euro is worth 1.25 dollars."""
    clock.use("2027-03-01T10:00Z")
    rate("USD", "2027-03-01", "1.25")
    begin(price_minor=1000)
    begin(currency="USD", price_minor=2500)
    clock.tick(1)
    count()


@pytest.mark.usefixtures("two")
def test_the_dashboard_puts_all_currencies_together_and_says_so(look: Look, statements: Statements) -> None:
    statements.clear()
    page = look("/admin/")
    assert len(statements) <= 12
    assert figures(page)[MRR][0] == "€30.00"
    assert "All currencies in EUR, at the rate of each day. The last rates are of 1 Mar 2027." in page.text
    assert page.by_id("currency-all").attrs["aria-current"] == "true"
    assert figures(look("/admin/?currency=USD"))[MRR][0] == "$25.00"
    assert figures(look("/admin/?currency=EUR"))[MRR][0] == "€10.00"
    with unit_of_work("test"):
        network.change({"reporting_currency": "USD"})
    assert figures(look("/admin/"))[MRR][0] == "$37.50"


@pytest.mark.usefixtures("two")
def test_rates_that_are_old_are_said_to_be(look: Look, clock: TurnedClock) -> None:
    clock.tick(days=6)
    said = "Rates have been missing since 1 Mar 2027: the last known ones count."
    assert said in look("/admin/").text
    assert said in look("/admin/figures").text


@pytest.mark.usefixtures("two")
def test_without_a_rate_figures_are_shown_for_each_currency(look: Look, clock: TurnedClock) -> None:
    begin(currency="KWD", price_minor=1000)
    clock.tick(1)
    count()
    for path in ("/admin/", "/admin/figures", "/admin/?currency=all"):
        page = look(path)
        assert "There is no exchange rate for KWD yet, so the figures are shown for each currency." in page.text
    assert figures(look("/admin/"))[MRR][0] == "€10.00"


@pytest.mark.usefixtures("two")
def test_months_are_together_on_the_page_and_in_the_file(
    look: Look, signed_in: FlaskClient, clock: TurnedClock, statements: Statements
) -> None:
    clock.use("2027-04-05T10:00Z")
    rate("USD", "2027-04-05", "1")
    statements.clear()
    shown = [one.text for one in look("/admin/figures?from=2027-03&to=2027-04").by_id("months").all("tr")]
    assert len(statements) <= 12
    assert shown[1].startswith("Apr 2027 €35.00 €0.00 €0.00 €0.00 €0.00 €0.00 €5.00")
    assert "Exchange rates" in shown[0]
    answer = signed_in.get("/admin/figures/export?from=2027-03&to=2027-04")
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [(one["currency"], one["mrr"], one["mrr-exchange"]) for one in rows] == [
        ("EUR", "30.00", "0.00"),
        ("EUR", "35.00", "5.00"),
    ]
    assert "figures-all-in-EUR-2027-03" in answer.headers["Content-Disposition"]
    alone = signed_in.get("/admin/figures/export?from=2027-03&to=2027-04&currency=USD")
    assert "mrr-exchange" not in alone.text


def test_a_rate_that_nobody_says_is_entered_by_hand(
    look: Look, signed_in: FlaskClient, db: Session, clock: TurnedClock
) -> None:
    clock.use("2027-03-01T10:00Z")
    begin(currency="KWD", price_minor=10000)
    begin(price_minor=1000)
    clock.tick(1)
    count()
    page = look("/admin/exchange-rates")
    assert "The European Central Bank says none for KWD: enter one by hand." in page.text
    assert page.by_id("currency").all("option")[0].attrs["value"] == "KWD"
    asked = {"currency": "KWD", "day": "2027-03-01", "rate": "0,3345"}
    assert signed_in.post("/admin/exchange-rates", data=asked).status_code == 303
    kept = db.get(ExchangeRate, ("KWD", date(2027, 3, 1)))
    assert kept is not None
    assert (kept.rate, kept.source) == (Decimal("0.3345"), RateSource.MANUAL)
    assert figures(look("/admin/"))[MRR][0] == "€39.90"
    assert "0.3345" in look("/admin/exchange-rates").by_id("rate-rows").text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("rate", "0"),
        ("rate", "-1"),
        ("rate", "NaN"),
        ("rate", "1e3"),
        ("rate", "1.2.3"),
        ("rate", ""),
        ("rate", "٣"),
        ("rate", "9" * 40),
        ("day", "2027-03-02"),
        ("day", "1990-01-01"),
        ("day", "yesterday"),
        ("day", ""),
        ("currency", "XXX"),
        ("currency", ""),
    ],
)
def test_what_is_no_rate_is_refused_beside_its_field(
    signed_in: FlaskClient, db: Session, clock: TurnedClock, field: str, typed: str
) -> None:
    clock.use("2027-03-01T10:00Z")
    asked = {"currency": "USD", "day": "2027-03-01", "rate": "1.1", field: typed}
    answer = signed_in.post("/admin/exchange-rates", data=asked)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert db.query(ExchangeRate).count() == 0


def test_fetching_now_is_a_workers(signed_in: FlaskClient, db: Session, clock: TurnedClock) -> None:
    assert signed_in.post("/admin/exchange-rates/fetches").status_code == 303
    status = rate_fetches.status(db)
    assert status is not None
    assert status.next_at == clock.now


def test_what_is_sold_in_one_currency_is_read_in_another(look: Look, clock: TurnedClock) -> None:
    clock.use("2027-03-01T10:00Z")
    begin(price_minor=1000)
    clock.tick(1)
    count()
    assert look("/admin/").all(id="currency-all") == []
    with unit_of_work("test"):
        network.change({"reporting_currency": "USD"})
    assert "There is no exchange rate for USD yet" in look("/admin/").text
    assert figures(look("/admin/"))[MRR][0] == "€10.00"
    rate("USD", "2027-03-01", "1.25")
    assert figures(look("/admin/"))[MRR][0] == "$12.50"
    assert figures(look("/admin/?currency=EUR"))[MRR][0] == "€10.00"
