"""What the templates of a list are given: rows, words, and an address for everything that can be pressed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import request, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _

from webapp.blueprints.access import may
from webapp.blueprints.admin.bulk_words import WORDS
from webapp.blueprints.admin.keyset import COUNT_AT_MOST, Slice
from webapp.blueprints.admin.list_address import Wanted
from webapp.blueprints.admin.saved_views import tabs
from webapp.blueprints.views import is_fragment_request
from webapp.domain.bulk_actions import EXPORT, capability_of
from webapp.domain.exports import SHEETS

if TYPE_CHECKING:
    from webapp.blueprints.admin.lists import Column, Filter, Listing
    from webapp.models import SavedView


def build(listing: Listing, wanted: Wanted, cut: Slice, total: int, views: list[SavedView]) -> dict[str, Any]:
    """The `page` of admin/_listing.html."""
    active = narrowings(listing, wanted)
    heading = ": ".join(filter(None, (str(listing.title), ", ".join(words for words, _url in active))))
    before, after = turning_words(listing, wanted)
    in_form = {one.name for one in listing.filters if one.is_in_form}
    return {
        "failed": False,
        "fragment": is_fragment_request(),
        "title": str(listing.title),
        "heading": heading,
        "rows": cut.rows,
        "columns": [column_of(listing, wanted, one) for one in listing.columns if one.name not in wanted.hidden],
        "hidden": [place for place, one in enumerate(listing.columns) if one.name in wanted.hidden],
        "column_choices": column_choices(listing, wanted),
        "noun": listing.noun,
        "views": tabs(listing.noun, views, wanted.query(listing)),
        "query_now": wanted.query(listing),
        "action": url_for(listing.endpoint),
        "here": request.full_path.rstrip("?"),
        "query": f"?{request.query_string.decode()}" if request.query_string else "",
        "search": wanted.search,
        "kept": {name: value for name, value in wanted.kept(listing).items() if name not in in_form},
        "segments": [segments_of(listing, wanted, one) for one in listing.filters if one.shown == "links"],
        "fields": [field_of(wanted, one) for one in listing.filters if one.is_in_form],
        "active": active,
        "clear_url": wanted.cleared().url(listing),
        "before": (before, wanted.url(listing, before=cut.rows[0].id) if cut.before else None),
        "after": (after, wanted.url(listing, after=cut.rows[-1].id) if cut.after else None),
        "showing": showing(cut, total),
        "bulk": bulk_of(listing, wanted, cut, total),
    }


def column_choices(listing: Listing, wanted: Wanted) -> list[dict[str, Any]]:
    """All but the first, which names the row: each with the address that shows or hides it."""
    return [
        {
            "name": one.name,
            "label": str(one.label),
            "hidden": one.name in wanted.hidden,
            "url": wanted.with_column(one.name).url(listing),
        }
        for one in listing.columns[1:]
    ]


def actions_of(listing: Listing) -> list[dict[str, str]]:
    """What this person may do to many of its rows: name and word."""
    names = [*listing.actions, *([EXPORT] if listing.model.__tablename__ in SHEETS else [])]
    return [{"value": one, "label": str(WORDS[one].button)} for one in names if may(capability_of(one))]


def bulk_of(listing: Listing, wanted: Wanted, cut: Slice, total: int) -> dict[str, Any] | None:
    """What the macro `bulk_bar` takes; None where nothing can be done to many."""
    actions = actions_of(listing)
    if not cut.rows or not actions:
        return None
    return {
        "url": url_for("admin.confirm_bulk", noun=listing.noun),
        "actions": actions,
        "kept": {**wanted.kept(listing), **({"search": wanted.search} if wanted.search else {})},
        "name": listing.name,
        "all": "" if cut.is_everything else all_words(total),
        "all_count": format_decimal(total) if total <= COUNT_AT_MOST else "",
    }


def all_words(total: int) -> str:
    if total > COUNT_AT_MOST:
        return _("Select all matching, more than %(number)s", number=format_decimal(COUNT_AT_MOST))
    return _("Select all %(number)s matching", number=format_decimal(total))


def narrowings(listing: Listing, wanted: Wanted) -> list[tuple[str, str]]:
    """(words, address without it) of everything that narrows the list."""
    found = []
    if wanted.search:
        words = _("“%(text)s”", text=wanted.search)
        found.append((words, replace(wanted, search="").url(listing)))
    for one in listing.filters:
        for value in one.values(wanted.filters.get(one.name, "")):
            left = wanted.turned(one, value) if one.many else wanted.with_filter(one.name, "")
            found.append((one.words(value), left.url(listing)))
    return found


def field_of(wanted: Wanted, filter: Filter) -> dict[str, Any]:
    """A filter in the search form; a choice with everything first."""
    choices = [("", _("all")), *(filter.choices() if filter.choices else ())]
    return {
        "kind": str(filter.shown),
        "name": filter.name,
        "label": str(filter.label or filter.name),
        "options": [(value, word[:1].upper() + word[1:]) for value, word in choices],
        "value": wanted.filters.get(filter.name, ""),
    }


def column_of(listing: Listing, wanted: Wanted, column: Column) -> dict[str, Any]:
    """For the macro `table`. Pressing a sorted column turns it round; the link's id keeps the focus there."""
    made: dict[str, Any] = {"label": str(column.label), "align": column.align}
    if column.sort is None:
        return made
    name = column.sort.removeprefix("-")
    turned = name if column.sort.startswith("-") else f"-{name}"
    if wanted.sort in (column.sort, turned):
        made["sorted"] = "descending" if wanted.sort.startswith("-") else "ascending"
    made["sort_url"] = replace(wanted, sort=turned if wanted.sort == column.sort else column.sort).url(listing)
    made["attrs"] = {"id": f"sort-{name}", "hx-boost": "true"}
    return made


def segments_of(listing: Listing, wanted: Wanted, filter: Filter) -> dict[str, Any]:
    """The choices of a filter as links, everything first."""
    choices = [("", _("all")), *(filter.choices() if filter.choices else ())]
    chosen = filter.values(wanted.filters.get(filter.name, "")) or [""]
    links = [
        {
            "id": f"{filter.name}-{value or 'all'}",
            "label": word[:1].upper() + word[1:],
            "url": wanted.turned(filter, value).url(listing),
            "current": value in chosen,
        }
        for value, word in choices
    ]
    return {"label": str(filter.label or filter.name), "links": links}


def turning_words(listing: Listing, wanted: Wanted) -> tuple[str, str]:
    """What the pages before and after this one hold: newer and older rows, unless the order is another."""
    about_time = {one.sort.removeprefix("-") for one in listing.columns if one.sort and one.sort.startswith("-")}
    if wanted.sort.removeprefix("-") not in about_time:
        return _("Previous"), _("Next")
    return (_("Newer"), _("Older")) if wanted.sort.startswith("-") else (_("Older"), _("Newer"))


def showing(cut: Slice, total: int) -> str:
    """ "Showing 1–50 of 1,204", as exactly as it is known without counting everything."""
    if not cut.rows:
        return _("Nothing to show")
    more = total > COUNT_AT_MOST
    facts = {"total": format_decimal(COUNT_AT_MOST if more else total), "rows": format_decimal(len(cut.rows))}
    if cut.first is None:
        return _("Showing %(rows)s of more than %(total)s", **facts)
    facts |= {"first": format_decimal(cut.first), "last": format_decimal(cut.first + len(cut.rows) - 1)}
    if more:
        return _("Showing %(first)s–%(last)s of more than %(total)s", **facts)
    return _("Showing %(first)s–%(last)s of %(total)s", **facts)
