"""How many sites a membership may have, and has."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from webapp.errors import Conflict
from webapp.extensions import db
from webapp.models import Membership, Site, SiteStatus

AT_MOST = 1  # where a plan says nothing else


def limit(membership: Membership) -> int | None:
    """None: as many as one likes."""
    return AT_MOST


def used(membership_id: int) -> int:
    """Those that have an address, made or on their way; what is in the archive takes no room."""
    held = select(func.count()).select_from(Site).where(Site.membership_id == membership_id, Site.keeps_address())
    return db.session.scalar(held) or 0


class Rooms(NamedTuple):
    """`limit` is None: as many as one likes. `free`: whether one more may be added now."""

    limit: int | None
    used: int
    free: bool


def look(membership: Membership) -> Rooms:
    """For a page of a membership; asks nothing where its sites are loaded."""
    most = limit(membership)
    there = sum(site.status not in (SiteStatus.ARCHIVED, SiteStatus.DELETED) for site in membership.sites)
    return Rooms(most, there, membership.is_served and (most is None or there < most))


def check(membership: Membership) -> None:
    """That there is room for one more. Call it with the membership locked. Raises Conflict."""
    if not membership.is_served:
        raise Conflict(_("This contract is not running, so it can have no further site."), code="not_served")
    check_return(membership)


def check_return(membership: Membership) -> None:
    """As `check`, for one that comes back from the archive: that waits until its membership is served again."""
    most = limit(membership)
    if most is not None and used(membership.id) >= most:
        sentence = ngettext(
            "The plan of this contract allows %(num)d site, and it has as many.",
            "The plan of this contract allows %(num)d sites, and it has as many.",
            most,
        )
        raise Conflict(sentence, code="no_room")
