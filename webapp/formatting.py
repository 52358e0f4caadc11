"""How amounts, instants and periods are written for a person. Only templates and mails use this."""

from __future__ import annotations

from datetime import date as calendar_day
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent
from flask import Flask
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from markupsafe import Markup, escape

from webapp import clock
from webapp.countries import countries
from webapp.money import Money, exponent, round_half_away
from webapp.periods import Period, Unit


def spoken() -> str:
    """The language of what is being written, like "de"; "en" where nothing says one."""
    return str(get_locale() or "en")


def money(amount: Money) -> str:
    """`€1,200.00`, `1.200,00 €`, with the currency's own number of decimals."""
    return _written(amount, spoken(), exponent(amount.currency))


def short_money(amount: Money) -> str:
    """`€1,200` where that is all, as on a chart's axis; else as `money`."""
    digits = exponent(amount.currency)
    return _written(amount, spoken(), 0 if amount.minor % 10**digits == 0 else digits)


@lru_cache(maxsize=4096)
def _written(amount: Money, locale: str, digits: int) -> str:
    """Kept, for a page writes the same few prices again and again, and Babel takes its time."""
    pattern = None
    if digits != 2:
        from babel import Locale

        base = Locale.parse(locale).currency_formats["standard"].pattern
        decimals = "." + "0" * digits if digits else ""
        pattern = base.replace(".00", decimals)
    return format_currency(amount.decimal, amount.currency, pattern, locale=locale, currency_digits=pattern is None)


def _dates() -> str:
    """English dates begin with the day: `23 November 2026`."""
    return "en_GB" if spoken() == "en" else spoken()


def date(instant: datetime) -> Markup:
    """`3 Dec 2026`, `3. Dez. 2026`, with the exact time in its title."""
    return _time(instant, plain_day(instant.date()))


def long_date(instant: datetime) -> str:
    """`23 November 2026`, `23. November 2026`: in sentences."""
    return _long_day(instant.date(), _dates())


@lru_cache(maxsize=512)
def _long_day(at: calendar_day, locale: str) -> str:
    return format_date(at, "long", locale=locale)


def exact_time(instant: datetime) -> str:
    """`25 November 2026 at 14:05:09 UTC`: where the law asks for day and time."""
    return format_datetime(instant, "long", locale=_dates())


def short_day(day: calendar_day) -> str:
    """`3 Dec`, `3. Dez.`: on a chart's axis."""
    return format_date(day, "d. MMM" if spoken() == "de" else "d MMM", locale=_dates())


def plain_day(day: calendar_day) -> str:
    """`3 Dec 2026`, `3. Dez. 2026`: of a day that has no time."""
    return format_date(day, "d. MMM y" if spoken() == "de" else "medium", locale=_dates())


def short_month(day: calendar_day) -> str:
    """`Dec`, and for a year's first month `Jan 27`."""
    return format_date(day, "LLL yy" if day.month == 1 else "LLL", locale=_dates())


def percent(part: Fraction) -> str:
    """`12.5%`, `12,5 %`."""
    thousandths = round_half_away(Decimal(part.numerator * 1000) / part.denominator)
    return format_percent(Decimal(thousandths) / 1000, locale=spoken(), decimal_quantization=False)


def timestamp(instant: datetime) -> Markup:
    """`2026-11-23 14:05 UTC`: in the admin's tables."""
    return _time(instant, f"{instant:%Y-%m-%d %H:%M} UTC")


def moment(instant: datetime) -> Markup:
    """`3 Dec 2026, 14:05 UTC`, `3. Dez. 2026, 14:05 UTC`: of one event, for people."""
    return _time(instant, f"{plain_day(instant.date())}, {instant:%H:%M} UTC")


def _time(instant: datetime, text: str) -> Markup:
    exact = exact_time(instant)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(clock.rfc3339(instant), exact, escape(text))


def file_size(size: int) -> str:
    """Like “84 KB”."""
    return _("%(number)s KB", number=format_decimal(max(1, round(size / 1000)), locale=spoken()))


def country_name(code: str) -> str:
    """`Germany`, `Deutschland`; what is no country stays as it is."""
    return countries(spoken()).get(code, code)


def period(length: Period) -> str:
    """`3 months`, `1 year`."""
    if length.unit == Unit.DAY:
        return ngettext("%(num)d day", "%(num)d days", length.count)
    if length.unit == Unit.WEEK:
        return ngettext("%(num)d week", "%(num)d weeks", length.count)
    if length.unit == Unit.MONTH:
        return ngettext("%(num)d month", "%(num)d months", length.count)
    return ngettext("%(num)d year", "%(num)d years", length.count)


def per_period(length: Period) -> str:
    """`per month`, `every 3 months`: after a price."""
    if length.unit == Unit.DAY:
        return ngettext("per day", "every %(num)d days", length.count)
    if length.unit == Unit.WEEK:
        return ngettext("per week", "every %(num)d weeks", length.count)
    if length.unit == Unit.MONTH:
        return ngettext("per month", "every %(num)d months", length.count)
    return ngettext("per year", "every %(num)d years", length.count)


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        money=money,
        short_money=short_money,
        date=date,
        long_date=long_date,
        datetime=timestamp,
        moment=moment,
        country_name=country_name,
        file_size=file_size,
        period=period,
        per_period=per_period,
    )
