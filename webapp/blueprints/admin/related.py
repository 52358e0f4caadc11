"""The rows a detail page shows beside its own: the newest few, and what is to be loaded with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
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


def newest(
    model: Any,
    *conditions: ColumnElement[bool],
    options: Sequence[ExecutableOption] = (),
    at_most: int = SHOWN_AT_MOST,
) -> Newest:
    query = select(model).where(*conditions).order_by(model.id.desc()).limit(at_most + 1).options(*options)
    rows = db.session.scalars(query).all()
    return Newest(rows[:at_most], len(rows) > at_most)
