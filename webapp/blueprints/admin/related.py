"""The rows a detail page shows beside its own: the newest few, and what is to be loaded with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, and_, literal, select, union_all
from sqlalchemy.orm import joinedload, lazyload, load_only
from sqlalchemy.orm.interfaces import ORMOption
from sqlalchemy.sql.base import ExecutableOption

from webapp.errors import NotFound
from webapp.extensions import db
from webapp.models import Customer, Membership, Product

SHOWN_AT_MOST = 10

# A plan is shown by its name; its prices for other periods, which a product brings along, are not.
PLAN_NAME: Sequence[Any] = (load_only(Product.name), lazyload(Product.variations))
PLAN = joinedload(Membership.plan).options(*PLAN_NAME)
CUSTOMER_NAME = load_only(Customer.display_name, Customer.email)


def found(model: Any, row_id: int, *options: ORMOption) -> Any:
    """The row, with what its page shows loaded along. Raises NotFound."""
    row = db.session.get(model, row_id, options=options)
    if row is None:
        raise NotFound()
    return row


@dataclass(frozen=True, slots=True)
class Newest:
    """Newest first. `more`: there are others, which a list shows."""

    rows: Sequence[Any]
    more: bool


def newest_of_each(
    wanted: Mapping[str, tuple[Any, ColumnElement[bool]]], *, options: Sequence[ExecutableOption] = ()
) -> dict[str, Newest]:
    """The newest of several kinds, each with its condition, in one statement."""
    firsts = [
        select(literal(name, String(20)).label("kind"), model.id.label("number"))
        .where(condition)
        .order_by(model.id.desc())
        .limit(SHOWN_AT_MOST + 1)
        .subquery()
        for name, (model, condition) in wanted.items()
    ]
    keys = union_all(*map(select, firsts)).subquery()
    query = select(keys.c.kind, *(model for model, _condition in wanted.values())).select_from(keys)
    for name, (model, _condition) in wanted.items():
        query = query.outerjoin(model, and_(keys.c.kind == name, model.id == keys.c.number))
    rows: dict[str, list[Any]] = {name: [] for name in wanted}
    for kind, *found in db.session.execute(query.order_by(keys.c.number.desc()).options(*options)):
        rows[kind].append(found[list(wanted).index(kind)])
    return {name: Newest(some[:SHOWN_AT_MOST], len(some) > SHOWN_AT_MOST) for name, some in rows.items()}


def newest(
    model: Any,
    *conditions: ColumnElement[bool],
    options: Sequence[ExecutableOption] = (),
    at_most: int = SHOWN_AT_MOST,
) -> Newest:
    query = select(model).where(*conditions).order_by(model.id.desc()).limit(at_most + 1).options(*options)
    rows = db.session.scalars(query).all()
    return Newest(rows[:at_most], len(rows) > at_most)
