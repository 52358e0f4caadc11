"""Pages without offsets: a page begins beyond a row, so the last page costs what the first one does.

A page's address names that row by its id alone. What the row is sorted by is looked up, so no address carries
somebody's e-mail, and a row that is gone or unknown leads to the first page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.base import ExecutableOption

from webapp.extensions import db

# Further than this no rows are counted: a total is worth no scan.
COUNT_AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the order: where the row with this sort value and id stands."""

    value: Any
    id: int


@dataclass(frozen=True, slots=True)
class Order:
    """By `column`, which is indexed and never empty; the id decides between equals."""

    column: InstrumentedAttribute[Any]
    id: InstrumentedAttribute[int]
    descending: bool = True

    def by(self, *, backwards: bool = False) -> list[ColumnElement[Any]]:
        columns = [self.id] if self.column is self.id else [self.column, self.id]
        return [one.desc() if self.descending != backwards else one.asc() for one in columns]

    def beyond(self, mark: Mark, *, backwards: bool = False) -> ColumnElement[bool]:
        """The rows that come after `mark`, or before it. Written so that an index on `column` is enough."""
        down = self.descending != backwards
        if self.column is self.id:
            return self.id < mark.id if down else self.id > mark.id
        if down:
            return and_(self.column <= mark.value, or_(self.column < mark.value, self.id < mark.id))
        return and_(self.column >= mark.value, or_(self.column > mark.value, self.id > mark.id))

    def mark_of(self, row: Any) -> Mark:
        return Mark(getattr(row, self.column.key), row.id)

    def find(self, row_id: int) -> Mark | None:
        """Where the row with this id stands; None when there is no such row (any more)."""
        if self.column is self.id:
            return Mark(row_id, row_id)
        found = db.session.execute(select(self.column).where(self.id == row_id)).first()
        return None if found is None else Mark(found[0], row_id)


@dataclass(frozen=True, slots=True)
class Cursor:
    """From which row on: those after it, or, backwards, those before it."""

    id: int
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """One page. `first` is the position of its first row; None when that is too far in to be counted."""

    rows: Sequence[Any]
    before: bool = False
    after: bool = False
    first: int | None = 1

    @property
    def is_everything(self) -> bool:
        return not self.before and not self.after


@dataclass(frozen=True, slots=True)
class Source:
    """What pages are cut from: a SELECT with its conditions, its order, and what is loaded with each row.

    `ways`: conditions of which one more must hold, no two for the same row. Each is asked for a page of its own, by
    its index, and the pages are merged: no database does so by itself, they sort everything that one of them finds.
    """

    base: Select[Any]
    order: Order
    options: Sequence[ExecutableOption] = ()
    ways: Sequence[ColumnElement[bool]] = ()

    @property
    def query(self) -> Select[Any]:
        """All of it, in no order."""
        return self.base.where(or_(*self.ways)) if self.ways else self.base

    def page(self, size: int, cursor: Cursor | None = None) -> Slice:
        """The page at `cursor`; where there is none, the first."""
        mark = None if cursor is None else self.order.find(cursor.id)
        found = None
        if cursor is not None and mark is not None:
            found = self._after(mark, size) if not cursor.backwards else self._before(mark, size)
        return found or self._first(size)

    def _first(self, size: int) -> Slice:
        rows = self._fetch(size)
        return Slice(rows[:size], after=len(rows) > size)

    def _after(self, mark: Mark, size: int) -> Slice | None:
        rows = self._fetch(size, self.order.beyond(mark))
        return self._slice(rows[:size], after=len(rows) > size) if rows else None

    def _before(self, mark: Mark, size: int) -> Slice | None:
        """None when what comes before is no more than the first page."""
        rows = self._fetch(size, self.order.beyond(mark, backwards=True), backwards=True)
        return self._slice(rows[:size][::-1], after=True) if len(rows) > size else None

    def _slice(self, rows: Sequence[Any], *, after: bool) -> Slice:
        start = self.order.beyond(self.order.mark_of(rows[0]), backwards=True)
        earlier = self.count(start)
        first = None if earlier > COUNT_AT_MOST else earlier + 1
        return Slice(rows, before=earlier > 0, after=after, first=first)

    def _fetch(self, size: int, *conditions: ColumnElement[bool], backwards: bool = False) -> Sequence[Any]:
        """One row more than a page, which tells whether there is another."""
        order = self.order.by(backwards=backwards)
        wanted = self.base.where(*conditions)
        if self.ways:
            wanted = self._merged(wanted.order_by(*order).limit(size + 1))
        return db.session.scalars(wanted.options(*self.options).order_by(*order).limit(size + 1)).all()

    def _merged(self, wanted: Select[Any]) -> Select[Any]:
        """The rows of all ways together, of each no more than `wanted` is limited to."""
        kind = wanted.column_descriptions[0]["entity"]
        return select(kind).where(self.order.id.in_(union_all(*self._ids(wanted))))

    def _ids(self, wanted: Select[Any]) -> list[Select[Any]]:
        found = (wanted.where(way).with_only_columns(self.order.id).subquery() for way in self.ways)
        return [select(one.c.id) for one in found]

    def count(self, *conditions: ColumnElement[bool]) -> int:
        """How many there are, no further than one more than COUNT_AT_MOST."""
        some = self.base.where(*conditions).limit(COUNT_AT_MOST + 1)
        ids = union_all(*self._ids(some)) if self.ways else some.with_only_columns(self.order.id)
        return db.session.scalar(select(func.count()).select_from(ids.subquery())) or 0
