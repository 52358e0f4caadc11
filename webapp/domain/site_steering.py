"""What the staff does to a site by hand, where the table of states allows it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from flask_babel import gettext as _

from webapp.domain import site_archive, site_keeping, sites
from webapp.errors import Conflict
from webapp.models import Site, SiteStatus

S = SiteStatus


class Step(StrEnum):
    """`delete` cannot be undone, so it is asked for by itself."""

    SUSPEND = "suspend"
    RESUME = "resume"
    ARCHIVE = "archive"
    RESTORE = "restore"
    DELETE = "delete"


def possible(site: Site) -> Sequence[Step]:
    """The steps that can be taken now."""
    can = {
        Step.SUSPEND: site.status == S.PUBLISHED,
        Step.RESUME: site.status == S.SUSPENDED and site.membership.is_served,
        Step.ARCHIVE: site_archive.may_be_archived(site),
        Step.RESTORE: site_archive.may_be_restored(site),
        Step.DELETE: site.status == S.ARCHIVED,
    }
    return [step for step, is_possible in can.items() if is_possible]


def take(site: Site, step: Step, *, reason: str = "") -> None:
    """Raises Conflict when the site does not allow the step (any more)."""
    if step not in possible(site):
        raise Conflict(_("As the site stands now, this cannot be done."), code="not_possible")
    why = reason or "by hand"
    if step == Step.SUSPEND:
        sites.suspend(site, reason=why)
    elif step == Step.RESUME:
        sites.resume(site)
    elif step == Step.ARCHIVE:
        site_archive.archive(site, reason=why)
    elif step == Step.RESTORE:
        site_archive.restore(site, reason=why)
    else:
        site_keeping.empty(site, reason=why)
