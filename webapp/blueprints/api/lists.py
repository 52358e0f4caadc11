"""Lists of the API: what all of them can be asked, and pages that begin beyond a row.

A cursor says where its page begins, by the value that rows are ordered by and the id. So a row that is deleted
meanwhile leads nowhere else. It is no secret: who may read the list may read what is in it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _
from marshmallow import Schema
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.base import ExecutableOption

from webapp import clock
from webapp.blueprints.admin.keyset import Mark, Order
from webapp.blueprints.api import fields
from webapp.blueprints.api.operations import Answer
from webapp.blueprints.api.refusals import InvalidQuery
from webapp.blueprints.errors import settings
from webapp.extensions import UTCDateTime, db

PER_PAGE, PER_PAGE_AT_MOST, PAGES_AT_MOST = 20, 100, 500

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class List:
    """`sorts`: columns that are indexed and never empty. `filters`: a condition for each further parameter."""

    model: type[Any]
    sorts: Mapping[str, InstrumentedAttribute[Any]]
    search: Callable[[str], Condition] | None = None
    statuses: Mapping[str, Condition] = field(default_factory=dict)
    filters: Mapping[str, Callable[[Any], Condition]] = field(default_factory=dict)
    options: Sequence[ExecutableOption] = ()

    def asked(self, **more: Any) -> Schema:
        """The schema of what this list can be asked; `more`: a field for each of `filters`."""
        names = [*self.sorts]
        members: dict[str, Any] = {
            "per_page": fields.Number(
                least=1, most=PER_PAGE_AT_MOST, load_default=PER_PAGE, metadata={"default": PER_PAGE}
            ),
            "cursor": fields.Text(longest=400, metadata={"description": "`next_cursor` of the page before."}),
            "page": fields.Number(least=1, most=PAGES_AT_MOST, metadata={"description": "By number, from 1."}),
            "orderby": fields.OneOf(names, load_default=names[0], metadata={"default": names[0]}),
            "order": fields.OneOf(["asc", "desc"], load_default="desc", metadata={"default": "desc"}),
            "date_created_after": fields.Instant(),
            "date_created_before": fields.Instant(),
            **more,
        }
        if self.search is not None:
            members["search"] = fields.Text(longest=100)
        if self.statuses:
            members["status"] = fields.OneOf([*self.statuses])
        return fields.Shape.from_dict(members, name=f"{self.model.__name__}Query")()

    def answer(self, query: Mapping[str, Any], shown: Callable[[Sequence[Any]], Sequence[Any]] = list) -> Answer:
        """One page, `{"data": […], "next_cursor": …}`, with links to the first and the next. Raises InvalidQuery.

        `shown`: what the schema of a row is given for each of a page.
        """
        if "cursor" in query and "page" in query:
            raise InvalidQuery({"page": _("Ask by cursor or by page, not by both.")})
        order = Order(self.sorts[query["orderby"]], self.model.id, query["order"] == "desc")
        size, page = query["per_page"], query.get("page")
        wanted = select(self.model).where(*self.conditions(query))
        if "cursor" in query:
            wanted = wanted.where(order.beyond(opened(query["cursor"], order)))
        elif page is not None:
            wanted = wanted.offset((page - 1) * size)
        rows = db.session.scalars(wanted.options(*self.options).order_by(*order.by()).limit(size + 1)).unique().all()
        more, rows = len(rows) > size, rows[:size]
        cursor = closed(order.mark_of(rows[-1]), order) if more else None
        following = None if cursor is None else {"page": page + 1} if page is not None else {"cursor": cursor}
        return Answer({"data": shown(rows), "next_cursor": cursor}, headers={"Link": links(following)})

    def conditions(self, query: Mapping[str, Any]) -> list[Condition]:
        created = self.model.created_at
        found = [condition(query[name]) for name, condition in self.filters.items() if name in query]
        if "date_created_after" in query:
            found.append(created > query["date_created_after"])
        if "date_created_before" in query:
            found.append(created < query["date_created_before"])
        if query.get("search") and self.search is not None:
            found.append(self.search(query["search"]))
        if "status" in query:
            found.append(self.statuses[query["status"]])
        return found


def closed(mark: Mark, order: Order) -> str:
    """A place in the order, as text. It holds only for the same order."""
    value = clock.rfc3339(mark.value) if isinstance(mark.value, datetime) else mark.value
    text = json.dumps([order.column.key, order.descending, value, mark.id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def opened(cursor: str, order: Order) -> Mark:
    """Raises InvalidQuery for what this list did not hand out for this order."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        column, descending, value, row_id = json.loads(base64.b64decode(padded, "-_", validate=True))
        kind = kind_of(order)
        if kind is datetime:
            value = datetime.fromisoformat(value).astimezone(UTC)
        fine = (column, descending) == (order.column.key, order.descending) and type(value) is kind
        if not fine or type(row_id) is not int or not 0 < row_id <= fields.HIGHEST_ID:
            raise ValueError("of another order")
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise InvalidQuery({"cursor": _("This cursor is not one of this list in this order.")}) from None
    return Mark(value, row_id)


def kind_of(order: Order) -> type:
    """Of the values that rows are ordered by."""
    of_column = order.column.type
    return datetime if isinstance(of_column, UTCDateTime) else of_column.python_type


def links(following: Mapping[str, Any] | None) -> str:
    """As RFC 8288 writes them: where the list begins, and where it goes on."""
    given = {name: value for name, value in request.args.items() if name not in ("cursor", "page")}
    found = [f'<{address(given)}>; rel="first"']
    if following is not None:
        found.append(f'<{address({**given, **following})}>; rel="next"')
    return ", ".join(found)


def address(query: Mapping[str, Any]) -> str:
    base = settings().base_url + request.path
    return f"{base}?{urlencode(query)}" if query else base
