"""A site, from its request to answering on its address, and what it is told afterwards. Each step can run twice.

Its provisioner is asked while no transaction is open. A job that it has taken and works on stays in the outbox, and is
asked about until it ends: by itself after a while, or as soon as a notice comes. Whatever dies on the way, it comes
again under its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp import clock
from webapp.domain import network, site_jobs, sites
from webapp.models import Customer, Site, SiteStatus
from webapp.models.parts import new_uuid
from webapp.outgoing import DeliveryFailure, NotTried, PermanentFailure, TryLater, Waits, idempotency_key
from webapp.provisioners import provisioners
from webapp.provisioners.base import (
    NAME_TAKEN,
    WANTED,
    Answer,
    Job,
    Owner,
    Progress,
    Provisioner,
    State,
    Verb,
    compared,
)
from webapp.transactions import end_read, unit_of_work

NOTHING = "nothing to do"
RENAMED_AT_MOST = 5


# -- what workers call -----------------------------------------------------------------------------------------------
def provision(site: Site, renamed: int = 0) -> str:
    """Have one site made, for a membership that has begun. What came of it, in words.

    `renamed`: how often its name was taken where it is made.
    """
    return carry_out(site.id, Verb.CREATE, renamed)


def suspend(site: Site) -> str:
    return carry_out(site.id, Verb.SUSPEND)


def resume(site: Site) -> str:
    return carry_out(site.id, Verb.RESUME)


def delete(site: Site) -> str:
    return carry_out(site.id, Verb.DELETE)


def look(site: Site) -> str:
    """How the site stands where it is made, since it was said that something has changed there. Moves nothing here.

    What is to be done there by now tells as much, and does not wait for this.
    """
    site_id = site.id
    with unit_of_work("provisioning"):
        known = sites.find(site_id)
        if not known.is_elsewhere or known.reference is None or site_jobs.is_followed(known):
            return NOTHING
        name, job = known.provisioner, job_of(known)
    now = reached(name).fetch(job)
    with unit_of_work("provisioning"):
        found = sites.locked(site_id)
        found.address = now.address or found.address
        if now.state is not State.WORKING:
            as_wanted = now.state == WANTED[Verb(site_jobs.wanted(found))]
            found.problem = "" if as_wanted else f"it is {now.state} there"
    return f"it is {now.state} there"


# -- one job ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Asked:
    """One job in hand. `waits`: it was taken before, and its end is asked for; `at`: since when it is in hand."""

    site_id: int
    verb: Verb
    provisioner: str
    job: Job
    waits: bool
    at: datetime
    renamed: int


def carry_out(site_id: int, verb: Verb, renamed: int = 0) -> str:
    """Raises what the outbox understands: Waits, TryLater, PermanentFailure; and whatever else went wrong."""
    asked = begin(site_id, verb, renamed)
    if asked is None:
        return NOTHING
    try:
        answer = ask(asked)
    except NotTried:
        raise
    except Exception as error:
        wait = note_failure(asked, error)
        if wait is not None:
            raise Waits(words(error), after=wait.total_seconds()) from None
        raise
    return settle(asked, answer)


def key() -> str:
    """Of the delivery in hand; outside of one, a new one."""
    try:
        return idempotency_key()
    except LookupError:
        return str(new_uuid())


def begin(site_id: int, verb: Verb, renamed: int) -> Asked | None:
    """Take the job; None when it is done already, no longer wanted, or has to wait for its owner."""
    with unit_of_work("provisioning"):
        site = sites.begin_creating(site_id) if verb is Verb.CREATE else sites.find(site_id)
        if site is None or site_jobs.wanted(site) != verb:
            return None
        site_jobs.take(site, key())
        waits = site.waits_since is not None
        return Asked(site.id, verb, site.provisioner, job_of(site), waits, clock.now(), renamed)


def job_of(site: Site) -> Job:
    customer, membership = site.customer, site.membership
    return Job(
        key=site.job,
        asked_at=site_jobs.asked_at(site.job),
        site=site.reference or "",
        name=site.slug,
        title=site.title,
        template=site.template,
        language=site.locale or customer.locale,
        membership=membership.reference,
        plan=membership.plan.slug,
        owner=owner_of(customer),
        reference=site.made_as,
        address=site.address,
    )


def owner_of(customer: Customer) -> Owner:
    return Owner(str(customer.id), customer.display_name, customer.email, customer.company_name, customer.locale)


def reached(name: str) -> Provisioner:
    """The provisioner, ready to be asked: no transaction is open meanwhile."""
    found = provisioners.get(name)
    network.settings()  # with the keys in it; read, and kept for this
    end_read()
    return found


def ask(asked: Asked) -> Answer:
    provisioner = reached(asked.provisioner)
    if asked.waits:
        answer = compared(asked.verb, provisioner.fetch(asked.job))
        if answer is not None:
            return answer
    verbs = {
        Verb.CREATE: provisioner.create,
        Verb.SUSPEND: provisioner.suspend,
        Verb.RESUME: provisioner.resume,
        Verb.DELETE: provisioner.delete,
    }
    given = verbs[asked.verb](asked.job)
    if not isinstance(given, Answer):
        raise TypeError(f"the provisioner {asked.provisioner!r} gave no answer")
    return given


# -- what came of it -------------------------------------------------------------------------------------------------
def settle(asked: Asked, answer: Answer) -> str:
    """Write it down. What is no longer wanted by now changes nothing: what is wanted instead comes next."""
    with unit_of_work("provisioning"):
        site = sites.locked(asked.site_id)
        site.address, site.made_as = answer.address or site.address, answer.reference or site.made_as
        if site_jobs.wanted(site) != asked.verb:
            site_jobs.end(site)
            return "no longer wanted"
        if answer.progress is Progress.DONE:
            return finish(site)
        if renames(asked, answer):
            return rename(site, asked.renamed)
        not_done = wait_or_give_up(site, asked, answer)
    raise not_done


def finish(site: Site) -> str:
    site_jobs.end(site)
    if site.status != SiteStatus.CREATING:
        return "done"
    sites.publish(site)
    return "published"


def wait_or_give_up(site: Site, asked: Asked, answer: Answer) -> DeliveryFailure:
    """A notice that came while it was being asked may have come too early for it: then it is asked again at once."""
    problem = answer.problem
    if answer.progress is Progress.WAITING:
        wait = site_jobs.wait(site)
        if not site_jobs.is_overdue(site):
            noticed, site.told_at = site.told_at is not None and site.told_at >= asked.at, None
            return Waits("it is being worked on", after=0 if noticed else wait.total_seconds())
        problem = site_jobs.too_late()
    give_up(site, problem)
    return PermanentFailure(problem)


def give_up(site: Site, problem: str) -> None:
    site_jobs.end(site, problem=problem)
    if site.status == SiteStatus.CREATING:
        site.move_to(SiteStatus.FAILED, reason="provisioning failed")


def renames(asked: Asked, answer: Answer) -> bool:
    taken = answer.progress is Progress.FAILED and answer.code == NAME_TAKEN
    return taken and asked.verb is Verb.CREATE and asked.renamed < RENAMED_AT_MOST


def rename(site: Site, renamed: int) -> str:
    """Who has paid gets a site: it is asked for again, under a name like the one that was ordered."""
    site_jobs.end(site)
    ordered = site.slug.rpartition("-")[0] if renamed else site.slug
    site.slug = sites.suggest(ordered)
    site_jobs.request(site, site_jobs.CREATE, renamed + 1)
    return f"its name was taken: {site.slug} instead"


def note_failure(asked: Asked, error: Exception) -> timedelta | None:
    """How long to go on waiting for what was taken before and cannot be asked about now; None: it has failed."""
    with unit_of_work("provisioning"):
        site = sites.locked(asked.site_id)
        if site_jobs.wanted(site) != asked.verb:
            return None
        if asked.waits and isinstance(error, TryLater) and not site_jobs.is_overdue(site):
            return site_jobs.wait(site)
        give_up(site, words(error))
    return None


def words(error: Exception) -> str:
    return error.reason if isinstance(error, DeliveryFailure) else f"{type(error).__name__}: {error}"
