"""What a list's address asks for.

`search`, one parameter per filter, `sort` (`-registered`), `size`, and `after` or `before` with a row's id.
What it does not understand is ignored, so that an old bookmark still shows something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import request, url_for

from webapp.blueprints.admin import searches
from webapp.blueprints.admin.keyset import Cursor

if TYPE_CHECKING:
    from webapp.blueprints.admin.lists import Listing

SIZE, SIZE_AT_MOST = 50, 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. Only what differs from the list's beginning is written back into addresses."""

    search: str
    filters: Mapping[str, str]
    sort: str
    size: int

    def url(self, listing: Listing, **cursor: int) -> str:
        given: dict[str, Any] = {"search": self.search or None, **self.kept(listing), **cursor}
        return url_for(listing.endpoint, **given)

    def kept(self, listing: Listing) -> dict[str, str | int]:
        """Everything but the search and the page: what a new search keeps."""
        given: dict[str, str | int] = {name: value for name, value in self.filters.items() if value}
        if self.sort != listing.sort:
            given["sort"] = self.sort
        if self.size != SIZE:
            given["size"] = self.size
        return given

    def with_filter(self, name: str, value: str) -> Wanted:
        return replace(self, filters={**self.filters, name: value})

    def cleared(self) -> Wanted:
        return replace(self, search="", filters={})


def read_wanted(listing: Listing) -> Wanted:
    args = request.args
    sort = args.get("sort", "")
    size = searches.number(args.get("size", "")) or SIZE
    values = {one: searches.clean(args.get(one.name, "")) for one in listing.filters}
    return Wanted(
        search=searches.clean(args.get("search", "")),
        filters={one.name: value for one, value in values.items() if one.narrowed_by(value)},
        sort=sort if sort.removeprefix("-") in listing.sorts else listing.sort,
        size=min(size, SIZE_AT_MOST),
    )


def read_cursor() -> Cursor | None:
    for name in ("after", "before"):
        row_id = searches.number(request.args.get(name, ""))
        if row_id is not None:
            return Cursor(row_id, backwards=name == "before")
    return None
