"""Exchange rates come once a day, are asked for again when nobody answers, and leave an operator's own alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import TurnedClock
from tests.domain.test_figures import begin, count
from tests.fakes.ecb import EcbFake
from tests.fakes.vendor import HangUp, Reply, Status
from webapp.domain import attention, exchange_rates, network, rate_fetches
from webapp.domain.attention import Everybody
from webapp.extensions import db as database
from webapp.flows import fetching_rates
from webapp.models import ExchangeRate, RateSource
from webapp.settings import Settings
from webapp.transactions import unit_of_work

MONDAY = "2027-03-01T16:00Z"


@pytest.fixture
def bank() -> Iterator[EcbFake]:
    rates = {"USD": {"2027-02-26": "1.0712", "2027-03-01": "1.0734"}, "JPY": {"2027-03-01": "161.37"}}
    with EcbFake(rates) as bank:
        yield bank


@pytest.fixture
def here(app: Flask, settings: Settings, bank: EcbFake, clock: TurnedClock) -> Settings:
    clock.use(MONDAY)
    return replace(settings, env={**settings.env, "ECB_API_BASE": bank.url})


def sell(clock: TurnedClock, *currencies: str) -> None:
    """A second ago, so that it is counted."""
    clock.tick(-1)
    for one in currencies:
        begin(currency=one)
    clock.tick(1)
    count()


def settle(**settings: Any) -> None:
    with unit_of_work("test"):
        network.change(settings)


def kept() -> dict[tuple[str, str], str]:
    database.session().rollback()
    rows = database.session().scalars(select(ExchangeRate).order_by(ExchangeRate.currency, ExchangeRate.day))
    return {(one.currency, one.day.isoformat()): format(one.rate, "f") for one in rows}


def open_things() -> dict[str, int]:
    database.session().rollback()
    return attention.counts(database.session(), Everybody())


def test_the_rates_of_what_is_sold_are_fetched_once_a_day(here: Settings, bank: EcbFake, clock: TurnedClock) -> None:
    sell(clock, "EUR", "USD")
    assert fetching_rates.fetch(here)
    assert kept() == {("USD", "2027-02-26"): "1.0712", ("USD", "2027-03-01"): "1.0734"}
    assert not fetching_rates.fetch(here)
    clock.tick(hours=23)
    assert not fetching_rates.fetch(here)
    clock.tick(minutes=31)
    bank.rates["USD"]["2027-03-02"] = "1.08"
    assert fetching_rates.fetch(here)
    assert bank.asked == [(["USD"], "2027-02-19"), (["USD"], "2027-03-01")]
    assert kept()[("USD", "2027-03-02")] == "1.08"


def test_nothing_is_asked_for_while_all_is_sold_in_one_currency(
    here: Settings, bank: EcbFake, clock: TurnedClock
) -> None:
    sell(clock, "EUR")
    assert not fetching_rates.fetch(here)
    settle(reporting_currency="USD")
    assert fetching_rates.fetch(here)
    settle(fetch_rates=False)
    with unit_of_work("test") as session:
        rate_fetches.ask_now(session)
    assert not fetching_rates.fetch(here)
    assert len(bank.calls) == 1


def test_a_bank_that_does_not_answer_is_asked_again_and_somebody_is_told(
    here: Settings, bank: EcbFake, clock: TurnedClock
) -> None:
    sell(clock, "EUR", "USD")
    bank.next(HangUp(), Status(503))
    assert not fetching_rates.fetch(here)
    (item,) = [one for one in attention.look(database.session(), Everybody(), at_most=9) if one.source.name == "rates"]
    assert (item.next_at, item.since) == (clock.now + timedelta(minutes=5), clock.now)
    assert item.reason == "ecb was not reached, or its answer was lost"
    clock.tick(minutes=5)
    assert not fetching_rates.fetch(here)
    assert open_things()["rates"] == 1
    clock.tick(minutes=14)
    assert not fetching_rates.fetch(here)
    clock.tick(minutes=1)
    assert fetching_rates.fetch(here)
    assert "rates" not in open_things()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>We are sorry</html>",
        b"CURRENCY,CURRENCY_DENOM,TIME_PERIOD,OBS_VALUE\nUSD,EUR,2027-03-01,NaN\n",
        b"CURRENCY,CURRENCY_DENOM,TIME_PERIOD,OBS_VALUE\nUSD,EUR,2027-03-01,-1\n",
        b"CURRENCY,CURRENCY_DENOM,TIME_PERIOD,OBS_VALUE\nUSD,EUR,2027-03-01,0\n",
        b"CURRENCY,CURRENCY_DENOM,TIME_PERIOD,OBS_VALUE\nUSD,EUR,yesterday,1.07\n",
        b"CURRENCY,CURRENCY_DENOM,TIME_PERIOD,OBS_VALUE\nUSD,EUR,2027-03-01\n",
    ],
)
def test_an_answer_that_is_not_understood_changes_nothing(
    here: Settings, bank: EcbFake, answer: bytes, clock: TurnedClock
) -> None:
    sell(clock, "EUR", "USD")
    bank.says = Reply(200, answer)
    assert not fetching_rates.fetch(here)
    assert kept() == {}
    assert open_things()["rates"] == 1


def test_currencies_that_were_not_asked_for_are_not_kept(here: Settings, bank: EcbFake, clock: TurnedClock) -> None:
    sell(clock, "EUR", "USD")
    rows = [f"{one},EUR,2027-03-01,2" for one in ("USD", "JPY")] + ["USD,GBP,2027-03-01,3"]
    bank.says = Reply(200, "\n".join(["CURRENCY,CURRENCY_DENOM,TIME_PERIOD,OBS_VALUE", *rows]).encode())
    assert fetching_rates.fetch(here)
    assert kept() == {("USD", "2027-03-01"): "2"}


def test_what_an_operator_entered_stays(here: Settings, clock: TurnedClock) -> None:
    sell(clock, "EUR", "USD")
    with unit_of_work("operator:1") as session:
        exchange_rates.enter(session, "USD", date(2027, 3, 1), Decimal("1.5"))
    assert fetching_rates.fetch(here)
    assert kept()[("USD", "2027-03-01")] == "1.5"
    with unit_of_work("operator:1") as session:
        row = exchange_rates.enter(session, "USD", date(2027, 2, 26), Decimal("1.4"))
        assert row.source == RateSource.MANUAL
    assert kept()[("USD", "2027-02-26")] == "1.4"


@pytest.mark.parametrize(
    ("now", "next_at"),
    [
        ("2027-03-01T06:00Z", "2027-03-01T15:30Z"),
        ("2027-03-02T16:00Z", "2027-03-02T18:00Z"),  # a working day whose rates are late
        ("2027-03-02T22:00Z", "2027-03-03T15:30Z"),
        ("2027-03-06T16:00Z", "2027-03-07T15:30Z"),  # a Saturday
    ],
)
def test_the_next_time_is_when_the_bank_speaks(here: Settings, clock: TurnedClock, now: str, next_at: str) -> None:
    clock.use(now)
    sell(clock, "EUR", "USD")
    assert fetching_rates.fetch(here)
    status = rate_fetches.status(database.session())
    assert status is not None
    clock.use(next_at)
    assert status.next_at == clock.now


def test_an_address_nobody_may_be_asked_at_is_said(here: Settings, clock: TurnedClock) -> None:
    sell(clock, "EUR", "USD")
    odd = replace(here, env={**here.env, "ECB_API_BASE": "http://203.0.113.5"})
    assert not fetching_rates.fetch(odd)
    assert open_things()["rates"] == 1
    assert network.settings().fetch_rates
