"""Comparing what is noted here with what is true at the gateways, and mending what differs.

A notice may be lost, and all of them for a week. So every hour each try and refund that is open is asked for, each
vendor is asked what was taken, given back and disputed since the last run, and memberships that nobody worked on are
worked on. All of it is recorded by the functions that notices use, so running twice changes nothing more. A vendor
that cannot be asked keeps no other from being asked, and the next run goes back to where this one could read on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from webapp import clock
from webapp.domain import payments, reconciliations
from webapp.domain.reconciliations import Line, Open, Standing
from webapp.errors import DomainError
from webapp.flows import asking, charging, refunding, settling
from webapp.flows.refunding import NotYet
from webapp.flows.settling import NOTHING, Meant
from webapp.gateways import beyond, gateways
from webapp.gateways.base import VendorUnreachable
from webapp.models import Membership, Reconciliation, Try
from webapp.transactions import reading, unit_of_work

log = logging.getLogger(__name__)

REACHES_BACK = timedelta(days=30)  # so long Stripe keeps what happened
OVERLAP = timedelta(days=1)  # read again: clocks differ, and lists lag behind
SILENT_AFTER = 3  # unanswered questions in a row: then the vendor is left alone until the next run
BATCH = 200
NO_DECISION = "no decision yet"
Say = Callable[[Line], None]


@dataclass
class Round:
    """One run as it goes on."""

    actor: str
    begun: datetime
    say: Say
    looked_at: int = 0
    repaired: int = 0
    failed: int = 0
    lines: list[Line] = field(default_factory=list)
    silent: dict[str, int] = field(default_factory=dict)  # by account: questions in a row without an answer
    skipped: dict[str, int] = field(default_factory=dict)  # by account: not asked, since it is silent
    unread: set[str] = field(default_factory=set)  # accounts whose news are to be read again
    seen: set[Meant] = field(default_factory=set)

    def note(self, line: Line) -> None:
        self.failed += line.failed
        self.repaired += not line.failed
        self.lines.append(line)
        self.say(line)


def run(actor: str, *, back: timedelta | None = None, say: Say = lambda _line: None) -> Reconciliation:
    """Compare everything, and record how it went. Raises nothing of a vendor's.

    `back`: read the news of at least so long a time, whatever earlier runs have read.
    """
    now = Round(actor, clock.now(), say)
    with unit_of_work(actor) as session:
        run_id = reconciliations.begin(session, actor).id
    with reading() as session:
        read = reconciliations.last_read(session)
    _step(now, _ask_named, "what is open")
    read_until = _read_news(now, read, back)
    _step(now, _ask_nameless, "what has no name")
    _step(now, _work_on_memberships, "overdue memberships")
    for account, number in now.skipped.items():
        now.note(Line(account, None, f"does not answer; {number} more wait for the next run", failed=True))
    fields = {"looked_at": now.looked_at, "repaired": now.repaired, "failed": now.failed}
    with unit_of_work(actor) as session:
        done = reconciliations.end(session, run_id, lines=now.lines, read_until=read_until, **fields)
        reconciliations.forget(session)
    log.log(logging.WARNING if now.failed else logging.INFO, "reconciliation.done", extra=fields)
    return done


def _step(now: Round, step: Callable[[Round], None], name: str) -> None:
    """What goes wrong with one step keeps no other from being done."""
    try:
        step(now)
    except Exception as error:
        log.exception("reconciliation.step_failed", extra={"step": name})
        now.note(Line(name, None, type(error).__name__, failed=True))


# -- what is open here -----------------------------------------------------------------------------------------------
def _ask_named(now: Round) -> None:
    for meant in _open():
        if meant.reference:
            _look(now, meant, _settle)


def _ask_nameless(now: Round) -> None:
    """What was lost with its answer, and is not among the news either."""
    for meant in _open():
        if not meant.reference:
            _look(now, meant, _send_again)


def _open() -> list[Meant]:
    with reading() as session:
        return [
            *(_meant(one)._replace(try_id=one.id) for one in reconciliations.open_tries(session)),
            *(_meant(one)._replace(refund_id=one.id) for one in reconciliations.open_refunds(session)),
            *(_meant(one)._replace(setup_id=one.id) for one in reconciliations.open_setups(session)),
        ]


def _meant(one: Open) -> Meant:
    return Meant(payment_id=one.payment_id, gateway=one.gateway, reference=one.reference)


def _settle(now: Round, meant: Meant) -> str:
    return settling.settle(meant, now.actor)


def _send_again(now: Round, meant: Meant) -> str:
    """Once more under the same key, while its vendor knows that; then a person looks there what became of it.

    Raises VendorUnreachable where the answer was lost again.
    """
    if meant.refund_id is not None:
        effect = refunding.send(meant.refund_id)
    elif meant.setup_id is not None:  # takes no money: what has no name is begun anew by who wants it
        effect = "nothing to ask for"
    else:
        effect = _give_up(now, meant) or asking.ask(meant.try_id or 0)
    if effect == NO_DECISION:
        raise VendorUnreachable("no answer")
    return effect


def _give_up(now: Round, meant: Meant) -> str:
    """Leave a try to a person, if it is time."""
    with unit_of_work(now.actor) as session:
        payments.locked(meant.payment_id or 0)
        found = session.get_one(Try, meant.try_id, populate_existing=True)
        if not found.is_open or found.gateway_reference is not None:
            return "known already"
        if clock.now() < found.created_at + asking.REMEMBERED:
            return "" if found.credential_reference is not None else "is still to be waited for"
        payments.puzzle(found, "its answer was lost, and the gateway cannot be asked any more")
    return "needs a decision: nobody knows whether it was taken"


# -- what happened there ---------------------------------------------------------------------------------------------
def _read_news(now: Round, read: Mapping[str, datetime], back: timedelta | None) -> dict[str, datetime]:
    """What was taken and what went back, of every account; until when all of it is known now."""
    until = dict(read)
    for account, name in _accounts().items():
        since = now.begun - REACHES_BACK
        if account in read:
            since = max(since, read[account] - OVERLAP)
        if back is not None:
            since = min(since, now.begun - back)
        _step(now, partial(_read, account=account, name=name, since=since), f"news of {account}")
        if account not in now.unread:
            until[account] = now.begun
    return until


def _accounts() -> dict[str, str]:
    """For each account that has its keys, a gateway that can be asked about it."""
    found: dict[str, str] = {}
    for name, gateway in gateways.all().items():
        if beyond(gateway).ready:
            found.setdefault(gateways.account_of(name), name)
    return found


def _read(now: Round, *, account: str, name: str, since: datetime) -> None:
    """In batches, for in a month much is taken."""
    vendor = beyond(gateways.get(name))
    for ask, are_settled in ((vendor.decided, True), (vendor.changed, False)):
        batch: list[Sequence[str]] = []
        try:
            for names in ask(since):
                batch.append(names)
                if len(batch) == BATCH:
                    _compare(now, name, batch, are_settled)
                    batch = []
        except Exception as error:
            now.unread.add(account)
            now.note(Line(f"news of {account}", None, _why(error), failed=True))
        _compare(now, name, batch, are_settled)  # also what was read before it failed


def _compare(now: Round, name: str, batch: Iterable[Sequence[str]], are_settled: bool) -> None:
    """`are_settled`: they are about tries that were decided, so one that succeeded here need not be asked for."""
    with reading() as session:
        found = [settling.named(session, name, names, names[0]) for names in batch if names and names[0]]
        if are_settled:
            found = [one for one in found if not reconciliations.has_succeeded(session, one.try_id, one.setup_id)]
    for meant in dict.fromkeys(found):
        if meant != NOTHING and meant.reference:
            _look(now, meant, _settle)


# -- what nobody worked on -------------------------------------------------------------------------------------------
def _work_on_memberships(now: Round) -> None:
    done: set[int] = set()
    while True:
        with reading() as session:
            ids = [one for one in reconciliations.overdue_memberships(session, BATCH) if one not in done]
            before = reconciliations.membership_standing(session, ids)
        if not ids:
            return
        charging.work_off(Membership.id.in_(ids))
        with reading() as session:
            after = reconciliations.membership_standing(session, ids)
        now.looked_at += len(ids)
        for number in ids:
            if before.get(number) != after.get(number):
                was, became = before.get(number, ""), after.get(number, "")
                now.note(Line("membership", number, "nobody had worked on it", before=was, after=became))
        done.update(ids)


# -- asking ----------------------------------------------------------------------------------------------------------
def _look(now: Round, meant: Meant, ask: Callable[[Round, Meant], str]) -> None:
    """Ask once in a run, and note whether that changed anything here. Raises nothing of a vendor's."""
    account = gateways.account_of(meant.gateway)
    if meant in now.seen:
        return
    now.seen.add(meant)
    if now.silent.get(account, 0) >= SILENT_AFTER:
        now.skipped[account] = now.skipped.get(account, 0) + 1
        now.unread.add(account)
        return
    now.looked_at += 1
    before = _standing(meant)
    try:
        effect, problem = ask(now, meant), ""
    except NotYet as error:  # nothing is wrong; the rest is known only once that is
        effect, problem = str(error), ""
        now.unread.add(account)
    except VendorUnreachable as error:
        effect = problem = _why(error)
        now.silent[account] = now.silent.get(account, 0) + 1
    except Exception as error:  # the gateway is gone, or talks nonsense
        log.exception("reconciliation.failed", extra={"gateway": meant.gateway, "payment": meant.payment_id})
        effect = problem = _why(error)
    after = _standing(meant)
    about = ("payment", meant.payment_id) if meant.payment_id is not None else ("way to pay", _way_of(meant))
    line = Line(*about, effect, meant.gateway, meant.reference, before.status, after.status)
    if before != after:
        now.note(line)
    if problem:
        now.unread.add(account)
        now.note(replace(line, before="", after="", failed=True))
    else:
        now.silent.pop(account, None)


def _way_of(meant: Meant) -> int | None:
    return meant.agreement_id if meant.agreement_id is not None else meant.setup_id


def _standing(meant: Meant) -> Standing:
    with reading() as session:
        if meant.agreement_id is not None:
            return reconciliations.agreement_standing(session, meant.agreement_id)
        if meant.setup_id is not None:
            return reconciliations.setup_standing(session, meant.setup_id)
        return reconciliations.standing(session, meant.payment_id or 0)


def _why(error: Exception) -> str:
    """Without the words of an error that nobody foresaw: they may hold what only the log should."""
    if isinstance(error, VendorUnreachable):
        return f"cannot be asked: {error}"[:300]
    return error.code if isinstance(error, DomainError) else type(error).__name__
