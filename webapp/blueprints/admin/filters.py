"""Filters that several lists have."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from webapp.blueprints.admin import searches, words
from webapp.blueprints.admin.lists import Filter
from webapp.extensions import db
from webapp.models import Customer, Product


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
    )


def by_customer(column: InstrumentedAttribute[Any]) -> Filter:
    """What belongs to one customer: `?customer=12`. A customer's page links to it."""

    def condition(value: str) -> ColumnElement[bool] | None:
        customer_id = searches.number(value)
        return None if customer_id is None else column == customer_id

    def name(value: str) -> str:
        found = db.session.scalar(select(Customer.display_name).where(Customer.id == searches.number(value)))
        return _("customer %(name)s", name=found or value)

    return Filter(name="customer", condition=condition, words=name)


def by_plan(column: InstrumentedAttribute[Any]) -> Filter:
    """Those of one product: `?plan=3`. A product's page links to it."""

    def condition(value: str) -> ColumnElement[bool] | None:
        product_id = searches.number(value)
        return None if product_id is None else column == product_id

    def name(value: str) -> str:
        found = db.session.scalar(select(Product.name).where(Product.id == searches.number(value)))
        return _("plan %(name)s", name=found or value)

    return Filter(name="plan", condition=condition, words=name)
