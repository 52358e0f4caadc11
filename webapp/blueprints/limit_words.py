"""Limits in words: what each is called, and how much of it there is and is used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString, format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain.limits import FLAG_LONGEST, FLAGS_AT_MOST, MEGABYTE, Limit, Use
from webapp.errors import Invalid

NAMES: dict[Limit, LazyString] = {
    Limit.SITES: _l("Sites"),
    Limit.CUSTOM_DOMAINS: _l("Domains of their own"),
    Limit.PAGES: _l("Pages of each site"),
    Limit.DISK: _l("Pictures of each site, in MB"),
    Limit.VISITS: _l("Visits of each site a month"),
}
# As their holder reads them, on a page that is about them.
OWN_NAMES: dict[Limit, LazyString] = {
    Limit.SITES: _l("Sites"),
    Limit.CUSTOM_DOMAINS: _l("Own domains"),
    Limit.PAGES: _l("Pages"),
    Limit.DISK: _l("Pictures"),
    Limit.VISITS: _l("Visits this month"),
}
UNITS = {Limit.DISK: MEGABYTE}
HIGHEST = 10**9
WITHOUT = {"unlimited", "unbegrenzt", "∞"}  # what is typed for no limit, whatever the language
FLAG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")


def said(limit: Limit, most: int | None) -> str:
    """A limit: `5`, `100 MB`, `unlimited`."""
    return _("unlimited") if most is None else amount(limit, most)


def amount(limit: Limit, count: int) -> str:
    """Of disk in MB, and never nothing where there is something."""
    if limit != Limit.DISK:
        return format_decimal(count)
    return _("%(number)s MB", number=format_decimal(-(-count // MEGABYTE)))


def use_said(use: Use) -> str:
    """`3 of 5`, or `3` where there is no limit."""
    if use.most is None:
        return amount(use.limit, use.used)
    return _("%(used)s of %(most)s", used=amount(use.limit, use.used), most=amount(use.limit, use.most))


def all_said(limits: Mapping[str, int | None]) -> str:
    """As the log shows what a product says."""
    known = {limit: limits[limit] for limit in Limit if limit in limits}
    return ", ".join(f"{NAMES[limit]}: {said(limit, most)}" for limit, most in known.items()) or "–"


# -- typed -----------------------------------------------------------------------------------------------------------
def written(limit: Limit, limits: Mapping[str, int | None]) -> str:
    """As a field holds it; empty where nothing is said."""
    if limit not in limits:
        return ""
    most = limits[limit]
    return _("unlimited") if most is None else str(most // UNITS.get(limit, 1))


def read(limit: Limit, text: str) -> int | None:
    """What was typed. Raises Invalid."""
    typed = text.strip().lower()
    if typed in WITHOUT or typed == _("unlimited").lower():
        return None
    digits = typed.replace(" ", "").replace("\N{NARROW NO-BREAK SPACE}", "")
    if not (digits.isascii() and digits.isdigit()) or int(digits) > HIGHEST:
        raise Invalid(_("Enter a whole number, or “unlimited”."))
    return int(digits) * UNITS.get(limit, 1)


def read_flags(text: str) -> tuple[str, ...]:
    """Words with blanks or commas between them. Raises Invalid."""
    words = tuple(dict.fromkeys(one for one in re.split(r"[\s,;]+", text.lower()) if one))
    if any(not FLAG.fullmatch(one) or len(one) > FLAG_LONGEST for one in words):
        raise Invalid(_("Use small letters, digits and hyphens, like priority-support, with commas between them."))
    if len(words) > FLAGS_AT_MOST:
        raise Invalid(ngettext("%(num)s feature is the most.", "%(num)s features are the most.", FLAGS_AT_MOST))
    return words


def written_flags(flags: Any) -> str:
    return ", ".join(flags)
