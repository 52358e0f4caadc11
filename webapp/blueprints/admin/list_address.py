"""What a list's address asks for.

`search`, one parameter per filter, `sort` (`-registered`), `size`, `hidden` (columns), and `after` or `before` with a
row's id.
What it does not understand is ignored, so that an old bookmark still shows something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import g, request, url_for

from webapp.blueprints.admin import searches
from webapp.blueprints.admin.keyset import Cursor
from webapp.domain.saved_views import cleaned

if TYPE_CHECKING:
    from webapp.blueprints.admin.lists import Filter, Listing

SIZE, SIZE_AT_MOST = 50, 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. Only what differs from the list's beginning is written back into addresses."""

    search: str
    filters: Mapping[str, str]
    sort: str
    size: int
    hidden: frozenset[str] = frozenset()

    def url(self, listing: Listing, **cursor: int) -> str:
        given: dict[str, Any] = {"search": self.search or None, **self.kept(listing), **cursor}
        if g.get("begins_elsewhere") and not any(given.values()):
            given["view"] = "all"  # the bare address leads to the view that this person begins with
        return url_for(listing.endpoint, **given)

    def query(self, listing: Listing) -> str:
        """What a saved view keeps: all but the page, in one order."""
        given = {**self.kept(listing), **({"search": self.search} if self.search else {})}
        return cleaned(urlencode(given))

    def kept(self, listing: Listing) -> dict[str, str | int]:
        """Everything but the search and the page: what a new search keeps."""
        given: dict[str, str | int] = {name: value for name, value in self.filters.items() if value}
        if self.sort != listing.sort:
            given["sort"] = self.sort
        if self.size != SIZE:
            given["size"] = self.size
        if self.hidden:
            given["hidden"] = ",".join(sorted(self.hidden))
        return given

    def with_filter(self, name: str, value: str) -> Wanted:
        return replace(self, filters={**self.filters, name: value})

    def turned(self, filter: Filter, value: str) -> Wanted:
        """With one of a filter's values chosen, or no longer; where only one can be, instead of another."""
        if not filter.many or not value:
            return self.with_filter(filter.name, value)
        chosen = filter.values(self.filters.get(filter.name, ""))
        left = [one for one in chosen if one != value] if value in chosen else [*chosen, value]
        return self.with_filter(filter.name, ",".join(left))

    def with_column(self, name: str) -> Wanted:
        """Hidden, or shown again."""
        return replace(self, hidden=self.hidden ^ {name})

    def cleared(self) -> Wanted:
        return replace(self, search="", filters={})


def read_wanted(listing: Listing) -> Wanted:
    args = request.args
    size = searches.number(args.get("size", "")) or SIZE
    filters = {one.name: ",".join(one.values(_given(one))) for one in listing.filters}
    return Wanted(
        search=searches.clean(args.get("search", "")),
        filters={name: value for name, value in filters.items() if value},
        sort=_sort(listing, args.get("sort", ""), filters),
        size=min(size, SIZE_AT_MOST),
        hidden=frozenset(one.name for one in listing.columns[1:] if one.name in args.get("hidden", "").split(",")),
    )


def _given(filter: Filter) -> str:
    """A form sends a value each, an address of ours has them in one."""
    given = ",".join(request.args.getlist(filter.name)) if filter.many else request.args.get(filter.name, "")
    return searches.clean(given)


def _sort(listing: Listing, given: str, filters: Mapping[str, str]) -> str:
    sort = given if given.removeprefix("-") in listing.sorts else listing.sort
    wanted = next((one.sort for one in listing.filters if one.sort and filters[one.name]), None)
    return sort if wanted in (None, sort.removeprefix("-")) else f"-{wanted}"


def read_cursor() -> Cursor | None:
    for name in ("after", "before"):
        row_id = searches.number(request.args.get(name, ""))
        if row_id is not None:
            return Cursor(row_id, backwards=name == "before")
    return None
