"""Amounts, dates and periods as a reader of each language writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_babel import force_locale

from webapp import formatting
from webapp.countries import countries
from webapp.money import Money
from webapp.periods import Period, Unit

SPACE = "\N{NO-BREAK SPACE}"
DAY = datetime(2026, 11, 23, 14, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "english", "german"),
    [
        (Money(120000, "EUR"), "€1,200.00", f"1.200,00{SPACE}€"),
        (Money(-999, "EUR"), "-€9.99", f"-9,99{SPACE}€"),
        (Money(0, "EUR"), "€0.00", f"0,00{SPACE}€"),
        (Money(1200, "JPY"), "¥1,200", f"1.200{SPACE}¥"),
        (Money(1234, "KWD"), "KWD1.234", f"1,234{SPACE}KWD"),
        (Money(2999, "USD"), "$29.99", f"29,99{SPACE}$"),
    ],
)
def test_money(app: Flask, amount: Money, english: str, german: str) -> None:
    with force_locale("en"):
        assert formatting.money(amount) == english
    with force_locale("de"):
        assert formatting.money(amount) == german


@pytest.mark.parametrize(
    ("amount", "english"),
    [
        (Money(120000, "EUR"), "€1,200"),
        (Money(120050, "EUR"), "€1,200.50"),
        (Money(-100, "EUR"), "-€1"),
        (Money(1200, "JPY"), "¥1,200"),
        (Money(2000, "KWD"), "KWD2"),
    ],
)
def test_short_money_leaves_out_decimals_that_say_nothing(app: Flask, amount: Money, english: str) -> None:
    with force_locale("en"):
        assert formatting.short_money(amount).replace(SPACE, "") == english


def test_dates(app: Flask) -> None:
    with force_locale("en"):
        assert formatting.long_date(DAY) == "23 November 2026"
        assert ">23 Nov 2026</time>" in formatting.date(DAY)
        assert 'title="23 November 2026, 14:05:09 UTC"' in formatting.date(DAY)
    with force_locale("de"):
        assert formatting.long_date(DAY) == "23. November 2026"
        assert ">23. Nov. 2026</time>" in formatting.date(DAY)
        assert 'title="23. November 2026, 14:05:09 UTC"' in formatting.date(DAY)


@pytest.mark.parametrize(
    ("period", "english", "german"),
    [
        (Period(1, Unit.DAY), ("1 day", "per day"), ("1 Tag", "pro Tag")),
        (Period(2, Unit.WEEK), ("2 weeks", "every 2 weeks"), ("2 Wochen", "alle 2 Wochen")),
        (Period(1, Unit.MONTH), ("1 month", "per month"), ("1 Monat", "pro Monat")),
        (Period(3, Unit.MONTH), ("3 months", "every 3 months"), ("3 Monate", "alle 3 Monate")),
        (Period(1, Unit.YEAR), ("1 year", "per year"), ("1 Jahr", "pro Jahr")),
    ],
)
def test_periods(app: Flask, period: Period, english: tuple[str, str], german: tuple[str, str]) -> None:
    with force_locale("en"):
        assert (formatting.period(period), formatting.per_period(period)) == english
    with force_locale("de"):
        assert (formatting.period(period), formatting.per_period(period)) == german


def test_countries_stand_where_their_reader_looks_for_them() -> None:
    names = list(countries("de").values())
    assert names[:2] == ["Afghanistan", "Ägypten"]
    assert names.index("Oman") < names.index("Österreich") < names.index("Pakistan")
    assert countries("en")["DE"] == "Germany"
