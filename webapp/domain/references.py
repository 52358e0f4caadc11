"""Arguments of a background callback, as JSON: rows by reference, plain values as they are."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from webapp import clock, models
from webapp.errors import NotFound
from webapp.extensions import Model
from webapp.money import Money

KINDS: dict[str, type[Any]] = {
    kind.__tablename__: kind
    for kind in (
        models.User,
        models.Customer,
        models.Product,
        models.PriceVariation,
        models.DiscountCode,
        models.Membership,
        models.Payment,
        models.LineItem,
        models.Try,
        models.Refund,
        models.Site,
        models.Event,
        models.InboundEvent,
    )
}
# Every marked value is an object with this one key, so that no plain dict is mistaken for one.
MARK = "$parzelle"


class NotStorable(TypeError):
    """An argument that cannot be kept for a worker."""


def pack(value: Any) -> Any:
    """JSON for `value`. Raises NotStorable for anything that could not be given back as it was."""
    if value is None or isinstance(value, bool | int) or type(value) is str:
        return value
    if isinstance(value, Model):
        return _pack_row(value)
    if isinstance(value, Money):
        return {MARK: ["money", value.minor, value.currency]}
    if isinstance(value, datetime):
        return {MARK: ["time", clock.rfc3339(value)]}
    if isinstance(value, Decimal):
        return {MARK: ["decimal", str(value)]}
    if isinstance(value, str):  # a status: its value is what integrators compare with
        return str(value)
    if isinstance(value, list | tuple):
        return [pack(one) for one in value]
    if isinstance(value, dict) and MARK not in value and all(isinstance(key, str) for key in value):
        return {key: pack(one) for key, one in value.items()}
    raise NotStorable(f"a background callback cannot be given {type(value).__name__}: pass a row or a plain value")


def _pack_row(row: Any) -> dict[str, Any]:
    if row.__tablename__ not in KINDS or row.id is None:
        raise NotStorable(f"a background callback cannot be given this {type(row).__name__}")
    return {MARK: ["row", row.__tablename__, row.id]}


def unpack(session: Session, value: Any) -> Any:
    """What `pack` was given; rows as they are now. Raises NotFound when one is gone."""
    if isinstance(value, list):
        return [unpack(session, one) for one in value]
    if not isinstance(value, dict):
        return value
    if MARK not in value:
        return {key: unpack(session, one) for key, one in value.items()}
    kind, *rest = value[MARK]
    if kind == "row":
        row = session.get(KINDS[rest[0]], rest[1])
        if row is None:
            raise NotFound(f"{rest[0]} {rest[1]} is gone")
        return row
    if kind == "money":
        return Money(*rest)
    return clock.parse(rest[0]) if kind == "time" else Decimal(rest[0])


def customer_of(value: Any) -> int | None:
    """The customer a row belongs to: what is told about one goes out in order."""
    if isinstance(value, models.Customer):
        return value.id
    if isinstance(value, models.LineItem | models.Try | models.Refund):
        return value.payment.customer_id
    owner = getattr(value, "customer_id", None) if isinstance(value, Model) else None
    return owner if isinstance(owner, int) else None
