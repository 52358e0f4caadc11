"""What gateways noticed, from their notice to its effect: ask what is true now, and record that.

A notice says only that something happened to an object. Whatever it claims, the gateway is asked: so late,
doubled and shuffled ones cannot mislead us.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import inbox, payments
from webapp.gateways import gateways
from webapp.gateways.base import Notice, Outcome, VendorUnreachable
from webapp.models import InboundStatus, Try
from webapp.transactions import unit_of_work

log = logging.getLogger(__name__)

# Longer than any call to a vendor may take; a worker that is lost gives its notice back after this.
LEASE = timedelta(minutes=2)


def receive(gateway: str, notice: Notice) -> bool:
    """Keep a notice for the workers; False when it was here before. Raises BadNotice."""
    with unit_of_work(f"gateway:{gateway}") as session:
        return inbox.keep(session, gateway, notice)


def work_off(limit: int = 100) -> int:
    """Handle notices that are due, oldest first, at most `limit` of them; how many that were."""
    for handled in range(limit):
        with unit_of_work("inbound") as session:
            event = inbox.claim(session, LEASE)
            attempt = None if event is None else _try_of(session, event)
        if event is None:
            return handled
        _handle(event, attempt)
    return limit


def _try_of(session: Session, event: inbox.Received) -> tuple[int, int] | None:
    """(try, payment) that the notice is about; a notice that names nothing is about nothing of ours."""
    if not event.object_reference:
        return None
    query = select(Try.id, Try.payment_id).where(
        Try.gateway == event.gateway, Try.gateway_reference == event.object_reference
    )
    return session.execute(query).first()


def _handle(event: inbox.Received, attempt: tuple[int, int] | None) -> None:
    """Nothing that goes wrong with one notice keeps the others waiting."""
    fields = {"inbound_event_id": event.id, "gateway": event.gateway}
    try:
        if attempt is None:
            _finish(event, InboundStatus.IGNORED, "not ours")
            return
        outcome = gateways.get(event.gateway).fetch(event.object_reference)
        effect = _record(event, attempt, outcome)
    except VendorUnreachable as problem:
        _postpone(event, f"the gateway cannot be asked: {problem}")
        log.warning("inbound.unreachable", extra=fields)
    except Exception as error:
        _postpone(event, type(error).__name__)  # its text may hold what only the log of errors should
        log.exception("inbound.failed", extra=fields)
    else:
        log.info("inbound.done", extra={**fields, "effect": effect})


def _record(event: inbox.Received, attempt: tuple[int, int], outcome: Outcome) -> str:
    """The answer and the mark `done` commit together."""
    try_id, payment_id = attempt
    with unit_of_work(f"gateway:{event.gateway}") as session:
        payments.locked(payment_id)
        found = session.get_one(Try, try_id, populate_existing=True)
        effect = payments.record_answer(found, outcome)
        inbox.finish(session, event, InboundStatus.DONE, effect)
    return effect


def _finish(event: inbox.Received, status: InboundStatus, effect: str) -> None:
    with unit_of_work("inbound") as session:
        inbox.finish(session, event, status, effect)


def _postpone(event: inbox.Received, problem: str) -> None:
    with unit_of_work("inbound") as session:
        inbox.postpone(session, event, problem)
