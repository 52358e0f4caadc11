"""How many sites a membership may have, and has."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.domain import entitlements, limit_sentences
from webapp.domain.limits import Limit, Use
from webapp.errors import Conflict
from webapp.models import Membership, Site, SiteStatus


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
    if entitlements.has_room(membership, use):
        return
    if use.most is None:  # an add-on says so
        raise Conflict(_("This contract can have no further site."), code="no_room")
    sentence = ngettext(
        "The plan of this contract allows %(num)d site, and it has as many.",
        "The plan of this contract allows %(num)d sites, and it has as many.",
        use.most,
    )
    raise Conflict(sentence, code="no_room")


def check_content(site: Site) -> None:
    """That its membership has room for all that it holds: after it was given to another. Raises Conflict."""
    kept = [use for use in entitlements.uses_of(site) if use.limit != Limit.VISITS]
    kept.append(entitlements.use(site.membership, Limit.CUSTOM_DOMAINS))
    for use in kept:
        if use.is_over:
            sentence = _("This contract has no room for all that the site holds.")
            raise Conflict(f"{sentence} {limit_sentences.no_room(use)}", code="no_room")
