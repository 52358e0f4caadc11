"""Arguments of a background callback, as JSON: rows by reference, plain values as they are."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from webapp import clock, models
from webapp.errors import NotFound
from webapp.extensions import Model
from webapp.money import Money

# Every marked value is an object with this one key, so that no plain dict is mistaken for one.
MARK = "$parzelle"


class NotStorable(TypeError):
    """An argument that cannot be kept for a worker."""


def pack(value: Any) -> Any:
    """JSON for `value`. Raises NotStorable for anything that could not be given back as it was."""
    if value is None or isinstance(value, bool | int) or type(value) is str:
        return value
    if isinstance(value, Model):
        return {MARK: ["row", *_name_of(value)]}
    if isinstance(value, Money):
        return {MARK: ["money", value.minor, value.currency]}
    if isinstance(value, datetime) and value.tzinfo is not None:
        return {MARK: ["time", clock.rfc3339(value)]}
    if isinstance(value, Decimal):
        return {MARK: ["decimal", str(value)]}
    if isinstance(value, float) and isfinite(value):
        return value
    if isinstance(value, str):  # a status: its value is what integrators compare with
        return str(value)
    if isinstance(value, list | tuple):
        return [pack(one) for one in value]
    if isinstance(value, dict) and MARK not in value and all(isinstance(key, str) for key in value):
        return {str(key): pack(one) for key, one in value.items()}
    raise NotStorable(f"a background callback cannot be given {_described(value)}: pass a row or a plain value")


def _described(value: Any) -> str:
    """Without the value itself, which may be nobody else's business."""
    reasons = {datetime: "a naive datetime", float: "a float without a value", dict: "a dict with such keys"}
    return reasons.get(type(value), f"a {type(value).__name__}")


def _name_of(row: Any) -> tuple[str, int]:
    """Table and id of a row that is written, or is about to be."""
    number = getattr(row, "id", None)
    if not isinstance(number, int):
        raise NotStorable(f"a background callback cannot be given this {type(row).__name__}: it has no id (yet)")
    return row.__tablename__, number


def unpack(session: Session, value: Any) -> Any:
    """What `pack` was given; rows as they are now, tuples as lists. Raises NotFound when a row is gone."""
    if isinstance(value, list):
        return [unpack(session, one) for one in value]
    if not isinstance(value, dict):
        return value
    if MARK not in value:
        return {key: unpack(session, one) for key, one in value.items()}
    kind, *rest = value[MARK]
    if kind == "row":
        return _row(session, *rest)
    if kind == "money":
        return Money(*rest)
    return clock.parse(rest[0]) if kind == "time" else Decimal(rest[0])


def _row(session: Session, table: str, number: int) -> Any:
    query = _query(table)
    row = None if query is None else session.execute(query, {"number": number}).scalar()
    if row is None:
        raise NotFound(f"{table} {number} is gone")
    return row


_queries: dict[str, Select[Any]] = {}


def _query(table: str) -> Select[Any] | None:
    """For a row of any model, add-ons' own included. Kept, for making one takes as long as running it."""
    if table not in _queries:
        for kind in (one.class_ for one in Model.registry.mappers if "id" in one.columns):
            _queries[kind.__tablename__] = select(kind).where(kind.id == bindparam("number"))
    return _queries.get(table)


def customer_of(value: Any) -> int | None:
    """The customer a row belongs to: what is told about one goes out in order."""
    if isinstance(value, models.Customer):
        return value.id
    if isinstance(value, models.LineItem | models.Try | models.Refund):
        return value.payment.customer_id
    owner = getattr(value, "customer_id", None) if isinstance(value, Model) else None
    return owner if isinstance(owner, int) else None
