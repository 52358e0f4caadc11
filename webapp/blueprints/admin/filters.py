"""Filters that several lists have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ColumnElement, case, func, literal, select, true
from sqlalchemy.orm import InstrumentedAttribute

from webapp.blueprints.admin import searches, words
from webapp.blueprints.admin.lists import Filter, Shown
from webapp.extensions import db
from webapp.formatting import long_date
from webapp.gateways import gateways
from webapp.models import Customer, Product, ProductType

PLANS_AT_MOST = 100


def status_words(kind: type[StrEnum], value: str) -> str:
    return _("status %(status)s", status=words.of(kind(value))[0])


def by_status(column: InstrumentedAttribute[Any], kind: type[StrEnum], first: StrEnum | None = None) -> Filter:
    """By the row's own status; all of them are offered, `first` before the others."""

    def condition(value: str) -> ColumnElement[bool] | None:
        return column == kind(value) if value in set(kind) else None

    return Filter(
        name="status",
        condition=condition,
        words=lambda value: status_words(kind, value),
        choices=lambda: sorted(words.choices(kind), key=lambda one: one[0] != first),
        label=_l("Status"),
        many=True,
    )


def by_gateway(column: InstrumentedAttribute[Any]) -> Filter:
    return Filter(
        name="gateway",
        condition=lambda value: column == value,
        words=lambda value: _("gateway %(name)s", name=words.of_gateway(value)),
        choices=lambda: [(one, words.of_gateway(one)) for one in gateways.all()],
        label=_l("Gateway"),
        look=Shown.SELECT,
    )


def by_day(at_or_after: Callable[[datetime], ColumnElement[bool]], sort: str | None = None) -> tuple[Filter, Filter]:
    """From the beginning of one day to the end of another: `from=2027-01-01&to=2027-01-31`, in UTC.

    `at_or_after` is the condition for an instant; `sort`: by what the rows are in order, if it is not their id.
    """

    def since(value: str) -> ColumnElement[bool] | None:
        start = day(value)
        return None if start is None else at_or_after(start)

    def until(value: str) -> ColumnElement[bool] | None:
        start = day(value)
        return None if start is None else ~at_or_after(start + timedelta(days=1))

    def said(value: str) -> str:
        start = day(value)
        return value if start is None else long_date(start)

    return (
        Filter(
            name="from",
            condition=since,
            words=lambda value: _("from %(day)s", day=said(value)),
            label=_l("From"),
            look=Shown.DATE,
            sort=sort,
        ),
        Filter(
            name="to",
            condition=until,
            words=lambda value: _("to %(day)s", day=said(value)),
            label=_l("To"),
            look=Shown.DATE,
            sort=sort,
        ),
    )


def day(text: str) -> datetime | None:
    """The beginning of `2027-01-31`, in UTC; None for a day that does not exist, or that no column can hold."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(found.year, found.month, found.day, tzinfo=UTC) if found.year < date.max.year else None


def in_order(column: InstrumentedAttribute[Any]) -> Callable[[datetime], ColumnElement[bool]]:
    """For a time that is indexed."""
    return lambda instant: column >= instant


def by_bisection(column: InstrumentedAttribute[Any], id: InstrumentedAttribute[int]) -> Any:
    """For rows that are only ever added: later ones have higher ids, so a day begins behind one of them.

    That one is looked for by halving, a row each time, and needs no index, which every new row would pay for.
    """

    def at_or_after(instant: datetime) -> ColumnElement[bool]:
        newest = select(func.max(id)).scalar_subquery()
        span = select(literal(0, BigInteger).label("low"), newest.label("high")).cte(recursive=True)
        middle = (span.c.low + span.c.high + 1) // 2
        then = select(column).where(id <= middle).order_by(id.desc()).limit(1).scalar_subquery()
        is_before = func.coalesce(then < instant, true())
        halved = select(case((is_before, middle), else_=span.c.low), case((is_before, span.c.high), else_=middle - 1))
        span = span.union_all(halved.where(span.c.low < span.c.high))
        return id > select(func.max(span.c.low)).scalar_subquery()

    return at_or_after


def by_customer(column: InstrumentedAttribute[Any]) -> Filter:
    """What belongs to one customer: `?customer=12`. A customer's page links to it."""
    condition, name = one_row(column, Customer.id, Customer.display_name)
    return Filter(name="customer", condition=condition, words=lambda value: _("customer %(name)s", name=name(value)))


def by_plan(column: InstrumentedAttribute[Any]) -> Filter:
    """Those of one product: `?plan=3`. A product's page links to it, also where there are too many to choose from."""
    condition, name = one_row(column, Product.id, Product.name)

    def plans() -> list[tuple[str, str]]:
        query = select(Product.id, Product.name).where(Product.type == ProductType.PLAN).order_by(Product.id)
        return [(str(number), name) for number, name in db.session.execute(query.limit(PLANS_AT_MOST))]

    return Filter(
        name="plan",
        condition=condition,
        words=lambda value: _("plan %(name)s", name=name(value)),
        choices=plans,
        label=_l("Plan"),
        look=Shown.SELECT,
    )


def one_row(
    column: InstrumentedAttribute[Any], id: InstrumentedAttribute[int], shown: InstrumentedAttribute[str]
) -> tuple[Callable[[str], ColumnElement[bool] | None], Callable[[str], str]]:
    """For a filter by the row that `column` refers to: its condition for a typed number, and what names that row."""

    def condition(value: str) -> ColumnElement[bool] | None:
        number = searches.number(value)
        return None if number is None else column == number

    def name(value: str) -> str:
        return db.session.scalar(select(shown).where(id == searches.number(value))) or value

    return condition, name
