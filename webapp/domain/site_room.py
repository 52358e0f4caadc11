"""How many sites a membership may have, and has."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.domain import entitlements
from webapp.domain.entitlements import Limit, Use
from webapp.errors import Conflict
from webapp.models import Membership, SiteStatus


def limit(membership: Membership) -> int | None:
    """None: as many as one likes."""
    return entitlements.of(membership).limits[Limit.SITES]


class Rooms(NamedTuple):
    """`limit` is None: as many as one likes. `free`: whether one more may be added now."""

    limit: int | None
    used: int
    free: bool


def look(membership: Membership) -> Rooms:
    """For a page of a membership; asks nothing where its sites are loaded."""
    most = limit(membership)
    there = sum(site.status not in (SiteStatus.ARCHIVED, SiteStatus.DELETED) for site in membership.sites)
    free = membership.is_served and entitlements.has_room(membership, Use(Limit.SITES, there, most))
    return Rooms(most, there, free)


def check(membership: Membership) -> None:
    """That there is room for one more. Call it with the membership locked. Raises Conflict."""
    if not membership.is_served:
        raise Conflict(_("This contract is not running, so it can have no further site."), code="not_served")
    check_return(membership)


def check_return(membership: Membership) -> None:
    """As `check`, for one that comes back from the archive: that waits until its membership is served again."""
    use = Use(Limit.SITES, entitlements.used(membership, Limit.SITES), limit(membership))
    if not entitlements.has_room(membership, use):
        sentence = ngettext(
            "The plan of this contract allows %(num)d site, and it has as many.",
            "The plan of this contract allows %(num)d sites, and it has as many.",
            use.most or 0,
        )
        raise Conflict(sentence, code="no_room")
