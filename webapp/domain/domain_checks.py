"""Looking at the records of domains: which are due, and what follows from what was seen.

Who asks for a domain waits for minutes, so it is looked at often at first and then less and less; one that leads here
is looked at once a day. Nothing is taken from a site because of records: it stays served, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp import clock, unit
from webapp.domain import domain_names, outbox, sites
from webapp.domain.dns_verdicts import PASSING, DnsProblem, Verdict
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.hooks import do_action
from webapp.models import DomainName, DomainStatus

D = DomainStatus
MAILS = "webapp.integrations.mailing.domains"
LEASE = timedelta(minutes=2)  # a worker that has claimed one and says nothing for so long is gone
GIVEN_UP_AFTER = timedelta(days=7)
LOOKED_AT_AGAIN = timedelta(days=1)
DOUBTED_AGAIN = timedelta(minutes=15)
FIRST_CERTIFICATE = timedelta(days=1)  # for so long it is looked for often
TOLD_AFTER = timedelta(days=1)  # of failing: a mistake at a name server is often mended by then
SILENT_AT_MOST = 3  # looks in a row at which nobody answered: then one that led here counts as failing
# (so long it waits, so long until the next look)
WAITING = (
    (timedelta(minutes=10), timedelta(minutes=1)),
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta(hours=6), timedelta(minutes=15)),
    (timedelta(days=2), timedelta(hours=1)),
    (GIVEN_UP_AFTER, timedelta(hours=6)),
)
FAILING = ((timedelta(days=1), timedelta(hours=1)), (timedelta(days=30), timedelta(hours=12)))


@dataclass(frozen=True, slots=True)
class Question:
    """What a look needs to know; plain values, for no transaction is open meanwhile."""

    id: int
    name: str
    token: str
    token_name: str
    slug: str


def due(limit: int = 50) -> list[int]:
    """Those to be looked at now, the longest waiting first."""
    query = select(DomainName.id).where(DomainName.next_check_at <= clock.now())
    return list(db.session.scalars(query.order_by(DomainName.next_check_at, DomainName.id).limit(limit)))


def claim(domain_id: int) -> Question | None:
    """What to look at when it is due; no other worker gets it meanwhile."""
    query = select(DomainName).where(DomainName.id == domain_id, DomainName.next_check_at <= clock.now())
    domain = db.session.scalars(query.with_for_update(skip_locked=True)).one_or_none()
    if domain is None:
        return None
    if domain.site.status not in domain_names.OFFERED:
        domain.next_check_at = clock.now() + LOOKED_AT_AGAIN
        return None
    domain.next_check_at = clock.now() + LEASE
    return Question(domain.id, domain.name, domain.token, domain.token_name, domain.site.slug)


def record(domain_id: int, verdict: Verdict) -> bool:
    """What was seen, and what follows. One that was removed meanwhile is let be.

    Returns whether it leads here and was never seen to answer over https.
    """
    domain = locked(domain_id)
    if domain is None or domain.status == D.GIVEN_UP:
        return False
    last, domain.checked_at, domain.asked_at = domain.checked_at, clock.now(), None
    domain.problem, domain.found, domain.token_problem = verdict.problem, verdict.found, ""
    if verdict.leads_here:
        domain.proxied = verdict.proxied
    if domain.status == D.WAITING:
        domain.token_problem = verdict.token_problem
        prove(domain)
    else:
        watch(domain, last)
    return domain.status == D.ACTIVE and not domain.problem and domain.secure_at is None


def record_certificate(domain_id: int, *, is_good: bool) -> None:
    """Whether it answers over https. Fires `wu_domain_ssl_verified` the first time; until then it is looked at again
    soon, for a day."""
    domain = locked(domain_id)
    if domain is None or domain.status != D.ACTIVE or domain.secure_at is not None:
        return
    now = clock.now()
    if is_good:
        domain.secure_at = now
        do_action("wu_domain_ssl_verified", domain)
    elif now - (domain.verified_at or now) < FIRST_CERTIFICATE:
        domain.next_check_at = now + DOUBTED_AGAIN


def locked(domain_id: int) -> DomainName | None:
    try:
        domain = domain_names.find(domain_id)
        sites.locked(domain.site_id)
    except NotFound:
        return None
    query = select(DomainName).where(DomainName.id == domain_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def prove(domain: DomainName) -> None:
    """It waits: it becomes its site's once it leads here and its owner has shown that it is theirs."""
    if not domain.problem and not domain.token_problem and activate(domain):
        return
    now = clock.now()
    since = domain.waits_since or now
    if now - since >= GIVEN_UP_AFTER:
        domain.move_to(D.GIVEN_UP, reason=domain.problem or domain.token_problem)
        domain.next_check_at = None
        tell(domain, "tell_of_giving_up")
        return
    domain.tries += 1
    domain.next_check_at = now + pause(WAITING, now - since)


def tell(domain: DomainName, by: str) -> None:
    """Its owner, by mail."""
    outbox.add("domain", f"{MAILS}:{by}", MAILS, [domain], customer_id=domain.customer_id)


def pause(steps: tuple[tuple[timedelta, timedelta], ...], waited: timedelta) -> timedelta:
    return next((again for until, again in steps if waited < until), steps[-1][1])


def activate(domain: DomainName) -> bool:
    """Whether it is its site's now: nobody else's, by the index of names."""
    other = domain_names.holder(domain.name)
    if other is not None and not give_free(other):
        domain.problem = DnsProblem.TAKEN
        return False
    db.session.flush()
    before = unit.current().mark()
    try:
        with db.session.begin_nested():
            domain.move_to(D.ACTIVE, reason="its records lead here")
            db.session.flush()
    except IntegrityError:  # another worker was quicker with another site's
        unit.current().forget_since(before)
        db.session.refresh(domain)
        domain.checked_at, domain.asked_at = clock.now(), None
        domain.problem = DnsProblem.TAKEN
        return False
    domain.verified_at = clock.now()
    rest(domain)
    outbox.record("domain.verified", domain)
    do_action("wu_domain_mapped", domain)
    if domain.becomes_main:
        domain_names.make_main(domain.site, domain)
    return True


def give_free(other: DomainName) -> bool:
    """Take it from a site for which it does nothing any more; whether that is so."""
    if not domain_names.is_let_go(other):
        return False
    other.move_to(D.GIVEN_UP, reason="another site has shown that it is theirs")
    other.problem, other.next_check_at = DnsProblem.TAKEN_OVER, None
    if other.is_main:
        domain_names.make_main(other.site, None)
    db.session.flush()
    return True


def rest(domain: DomainName) -> None:
    """All is well with it."""
    domain.tries, domain.failing_since = 0, None
    domain.next_check_at = clock.now() + LOOKED_AT_AGAIN


def watch(domain: DomainName, last: datetime | None) -> None:
    """It is served: does it still lead here? `last`: when it was looked at before."""
    now = clock.now()
    if not domain.problem:
        if domain.status == D.FAILING:
            domain.move_to(D.ACTIVE, reason="its records lead here again")
        rest(domain)
        return
    domain.tries += 1
    if domain.status == D.ACTIVE and domain.problem in PASSING and domain.tries < SILENT_AT_MOST:
        domain.next_check_at = now + DOUBTED_AGAIN
        return
    if domain.status == D.ACTIVE:
        domain.move_to(D.FAILING, reason=domain.problem)
        domain.failing_since = now
    tells_at = (domain.failing_since or now) + TOLD_AFTER
    if last is not None and last < tells_at <= now:
        tell(domain, "tell_of_failing")
    domain.next_check_at = now + pause(FAILING, now - (domain.failing_since or now))
