"""One mechanism for every list of the admin: search, filters, sort and pages, all of it in the address.

A `Listing` says once what a list is; `show` answers a request for it with the page, or for HTMX with its
block `list`. What a page costs follows its own rows, never the table: pages are cut by key (`keyset.py`),
totals are counted up to a thousand, and what the rows show is loaded for all of them together.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from flask import Response, g, request
from flask_babel import LazyString
from flask_login import current_user
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.base import ExecutableOption

from webapp.blueprints.admin import list_page
from webapp.blueprints.admin.keyset import Order, Slice, Source
from webapp.blueprints.admin.list_address import Wanted, read_cursor, read_wanted
from webapp.blueprints.admin.saved_views import default_address
from webapp.blueprints.views import View, go_to, is_fragment_request
from webapp.domain import saved_views
from webapp.domain.bulk_actions import name_of
from webapp.extensions import db
from webapp.models import SavedView

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Column:
    """`sort`: a sort of its listing and the direction it begins with, `email` or `-registered`; what begins
    descending is about time. `align`: `end` for amounts."""

    label: LazyString
    sort: str | None = None
    align: str | None = None

    @property
    def name(self) -> str:
        """As addresses have it, whatever the language: `e-mail-address`."""
        return re.sub(r"[^a-z0-9]+", "-", str(cast(Any, self.label)._args[0]).lower()).strip("-")


class Shown(StrEnum):
    """How a filter is offered: as links above the rows, in the search form, or not at all: other pages link to it."""

    LINKS = "links"
    SELECT = "select"
    DATE = "date"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to narrow a list. With `choices` (value, word) it is offered; without, other pages link to it.

    `condition` gives None for a value that means nothing; `words` name an active filter: "status suspended".
    `many`: several values may be chosen, `status=active,on-hold`; no row has two of them. `sort`: the sort whose
    index finds the rows; while the filter is active, the list is in that order.
    """

    name: str
    condition: Callable[[str], ColumnElement[bool] | None]
    words: Callable[[str], str]
    choices: Callable[[], Sequence[tuple[str, str]]] | None = None
    label: LazyString | None = None
    many: bool = False
    look: Shown | None = None
    sort: str | None = None

    @property
    def shown(self) -> Shown:
        return self.look or (Shown.LINKS if self.choices else Shown.NOT)

    @property
    def is_in_form(self) -> bool:
        return self.shown in (Shown.SELECT, Shown.DATE)

    def values(self, value: str) -> list[str]:
        """The single values, each once, without those that mean nothing."""
        given = dict.fromkeys(value.split(",")) if self.many else [value]
        return [one for one in given if one and self.condition(one) is not None]

    def ways(self, value: str) -> list[ColumnElement[bool]]:
        """Conditions of which one must hold."""
        found = (self.condition(one) for one in self.values(value))
        return [one for one in found if one is not None]

    def narrowed_by(self, value: str) -> list[ColumnElement[bool]]:
        """Nothing for an empty value, and for one that means nothing."""
        ways = self.ways(value)
        return [or_(*ways)] if ways else []


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list is. `sorts` are columns that are indexed and never empty; `sort` is what it begins with.

    `actions`: what can be done to many of its rows (domain/bulk_actions.py); `name`: what a row is called there.
    `scope`: conditions that hold for whoever looks, whatever is asked for.
    """

    endpoint: str
    model: Any
    title: LazyString
    columns: Sequence[Column]
    search: Callable[[str], ColumnElement[bool]]
    sorts: Mapping[str, InstrumentedAttribute[Any]]
    sort: str = "-id"
    filters: Sequence[Filter] = ()
    options: Sequence[ExecutableOption] = ()
    actions: Sequence[str] = ()
    name: Callable[[Any], str] = name_of
    scope: Callable[[], Sequence[ColumnElement[bool]]] = tuple

    @property
    def noun(self) -> str:
        """As addresses have it: `inbound-events`."""
        return self.endpoint.partition(".list_")[2].replace("_", "-")

    def source(self, wanted: Wanted) -> Source:
        """The rows that are asked for, in their order, before they are cut into pages."""
        base = select(self.model).where(*self.scope())
        ways: list[ColumnElement[bool]] = []
        for one in self.filters:
            found = one.ways(wanted.filters.get(one.name, ""))
            if len(found) > 1 and not ways:
                ways = found
            elif found:
                base = base.where(or_(*found))
        if wanted.search:
            base = base.where(self.search(wanted.search))
        column = self.sorts[wanted.sort.removeprefix("-")]
        order = Order(column, self.model.id, descending=wanted.sort.startswith("-"))
        return Source(base, order, self.options, ways)


def show(listing: Listing, view: View, **context: Any) -> Response:
    """The list as its address asks for it; when the database does not answer, that and a way to try again."""
    wanted = read_wanted(listing)
    source = listing.source(wanted)
    views: list[SavedView] = []
    try:
        views = saved_views.of(listing.noun, current_user.id)
        g.begins_elsewhere = default = default_address(views)
        if default and not request.query_string and not is_fragment_request():
            return go_to(default)
        cut = source.page(wanted.size, read_cursor())
        total = len(cut.rows) if cut.is_everything else source.count()
    except (OperationalError, PoolTimeout) as error:
        db.session.rollback()
        log.error("list.failed", exc_info=error, extra={"list": listing.endpoint})
        page = list_page.build(listing, wanted, Slice(()), 0, views) | {"failed": True}
        return view.show(status=503, page=page, **context)
    return view.show(page=list_page.build(listing, wanted, cut, total, views), **context)
