"""Changes of sites that another system made, asked for there: another address, another owner.

Nothing changes here before it says yes. What it has taken and works on is asked about by sending it again under the
same key; whatever else has to be told of the site meanwhile, as that it is to be blocked, goes first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from webapp import clock
from webapp.domain import locks, site_changes, site_jobs, site_renaming, site_transfers, sites
from webapp.errors import Invalid
from webapp.flows.provisioning import NOTHING, job_of, owner_of, reached, words
from webapp.models import Site, SiteChange, SiteChangeKind, SiteChangeStatus
from webapp.outgoing import DeliveryFailure, NotTried, PermanentFailure, Waits
from webapp.provisioners import provisioners
from webapp.provisioners.base import Answer, Job, Progress, Provisioner, offered
from webapp.transactions import unit_of_work

GONE = "the site is not there any more"


def offers(site: Site, kind: SiteChangeKind) -> bool:
    """Whether who made this site can be asked for it. Never of one that is made here."""
    found = provisioners.all().get(site.provisioner) if site.is_elsewhere else None
    return found is not None and kind in offered(found)


def possible(site: Site, last: SiteChange | None) -> list[SiteChangeKind]:
    """What they can be asked for now, for a page that knows what they were asked for last."""
    if last is not None and last.status == SiteChangeStatus.WAITING:
        return []
    return [one for one in SiteChangeKind if offers(site, one)]


def may_be_asked(site: Site, kind: SiteChangeKind) -> bool:
    """Whether they can be asked now: one thing at a time."""
    return offers(site, kind) and site_changes.waiting(site) is None


@dataclass(frozen=True, slots=True)
class Asked:
    """`at`: since when it is in hand."""

    site_id: int
    change_id: int
    kind: SiteChangeKind
    provisioner: str
    job: Job
    at: datetime


def change(site: Site, change_id: int) -> str:
    """Ask for one, and follow. What came of it, in words. Raises what the outbox understands."""
    asked = begin(site.id, change_id)
    if asked is None:
        return NOTHING
    try:
        answer = ask(asked)
    except NotTried:
        raise
    except Exception as error:
        note_failure(asked, error)
        raise
    return settle(asked, answer)


def begin(site_id: int, change_id: int) -> Asked | None:
    """None when it is answered, or has to wait for its turn."""
    with unit_of_work("provisioning"):
        site = sites.locked(site_id)
        wanted = site_changes.find(change_id)
        if wanted is None:
            return None
        if site.status not in site_changes.MADE:
            site_changes.refuse(wanted, GONE)
            return None
        if site_jobs.is_followed(site):
            site_changes.send(wanted)
            return None
        wanted.asked_at = wanted.asked_at or clock.now()
        return Asked(site.id, change_id, wanted.kind, site.provisioner, job(site, wanted), clock.now())


def job(site: Site, wanted: SiteChange) -> Job:
    """As the site is to be: with its new address, or its new owner."""
    told = replace(job_of(site), key=wanted.key, asked_at=wanted.created_at, name=wanted.slug or site.slug)
    if wanted.membership is None:
        return told
    agreement = wanted.membership
    return replace(told, membership=agreement.reference, plan=agreement.plan.slug, owner=owner_of(agreement.customer))


def ask(asked: Asked) -> Answer:
    provisioner = reached(asked.provisioner)
    if asked.kind not in offered(provisioner):
        raise PermanentFailure(f"{asked.provisioner} cannot be asked for this any more")
    given = verb_of(provisioner, asked.kind)(asked.job)
    if not isinstance(given, Answer):
        raise TypeError(f"the provisioner {asked.provisioner!r} gave no answer")
    return given


def verb_of(provisioner: Provisioner, kind: SiteChangeKind) -> Callable[[Job], Answer]:
    found: Callable[[Job], Answer] = getattr(provisioner, str(kind))
    return found


# -- what came of it -------------------------------------------------------------------------------------------------
def settle(asked: Asked, answer: Answer) -> str:
    with unit_of_work("provisioning"):
        site, wanted = held(asked)
        if wanted is None:
            return "no longer wanted"
        if answer.progress is Progress.DONE:
            site.address, site.made_as = answer.address or site.address, answer.reference or site.made_as
            return finish(site, wanted)
        if answer.progress is Progress.FAILED:
            site_changes.refuse(wanted, answer.problem or "refused", code=answer.code)
            return f"refused: {wanted.problem}"
        failure: DeliveryFailure = Waits("it is being worked on", after=wait(site, wanted, asked))
        if site_changes.is_overdue(wanted):
            site_changes.refuse(wanted, site_jobs.too_late())
            failure = PermanentFailure(site_jobs.too_late())
    raise failure


def held(asked: Asked) -> tuple[Site, SiteChange | None]:
    """Both, with the memberships that a transfer concerns locked, as everywhere in the order of their ids."""
    wanted = site_changes.find(asked.change_id)
    if wanted is not None and wanted.membership_id is not None:
        site_transfers.lock(wanted.site.membership_id, wanted.membership_id)
    site = sites.locked(asked.site_id)
    return site, site_changes.find(asked.change_id)


def finish(site: Site, wanted: SiteChange) -> str:
    """It is so over there; what has become of the site here meanwhile hinders nothing."""
    site_changes.end(wanted)
    if wanted.kind == SiteChangeKind.TRANSFER and wanted.membership_id is not None:
        site_transfers.arrive(site, locks.membership(wanted.membership_id), wanted.transfer)
        return "it has another owner"
    try:
        site_renaming.arrive(site, wanted.slug)
    except Invalid:  # somebody took it here in the very moment in which it was asked for
        wanted.problem = "done there; here the address went to another site"
    return f"its address is {site.slug}"


def wait(site: Site, wanted: SiteChange, asked: Asked) -> float:
    """In seconds. A notice that came while it was being asked may have come too early for it."""
    noticed, site.told_at = site.told_at is not None and site.told_at >= asked.at, None
    return 0 if noticed else site_changes.pause(wanted).total_seconds()


def note_failure(asked: Asked, error: Exception) -> None:
    """The answer was lost, and it comes again; or it makes no sense to try again."""
    with unit_of_work("provisioning"):
        _site, wanted = held(asked)
        if wanted is None:
            return
        wanted.problem = words(error)[:300]
        if isinstance(error, PermanentFailure):
            site_changes.refuse(wanted, words(error))
