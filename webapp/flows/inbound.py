"""What gateways and provisioners noticed, from their notice to its effect: ask what is true now, and record that.

A notice says only that something happened to an object. Whatever it claims, the gateway is asked: so late,
doubled and shuffled ones cannot mislead us.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp import clock, transactions
from webapp.domain import inbox, network
from webapp.flows import settling, site_notices
from webapp.flows.settling import NOTHING, Meant
from webapp.flows.site_notices import is_of_a_provisioner
from webapp.gateways import beyond, gateways
from webapp.gateways.base import Notice, VendorUnreachable
from webapp.models import InboundEvent, InboundStatus
from webapp.transactions import reading, unit_of_work

log = logging.getLogger(__name__)

# Longer than any call to a vendor may take; a worker that is lost gives its notice back after this.
LEASE = timedelta(minutes=2)
BATCH = 25


def open_notice(gateway: str, body: bytes, headers: Mapping[str, str]) -> Notice:
    """Read and checked by its gateway, which may have to ask its vendor: no transaction is open meanwhile.

    Raises BadNotice, and VendorUnreachable when nobody can say whose it is.
    """
    vendor = gateways.get(gateway)
    network.settings()  # with the keys in it; read, and kept for this request
    transactions.end_read()
    return vendor.open_notice(body, headers)


def receive(gateway: str, notice: Notice) -> bool:
    """Keep a notice for the workers; False when it was here before. Raises BadNotice."""
    with unit_of_work(f"gateway:{gateway}") as session:
        return inbox.keep(session, gateway, notice)


def work_off(limit: int = 100) -> int:
    """Handle notices that are due, oldest first, at most `limit` of them; how many that were.

    They are taken in batches, and what is nothing of ours is marked so together: of a burst that is most of it.
    """
    handled = 0
    while handled < limit:
        with unit_of_work("inbound") as session:
            events = inbox.claim(session, LEASE, min(BATCH, limit - handled))
            known = [(one, _looked_up(session, one)) for one in events]
        if not events:
            break
        handled += len(events)
        _handle_all(known)
    return handled


def _handle_all(known: Sequence[tuple[inbox.Received, Meant | Exception]]) -> None:
    """In their order. What one leads to may be what a later one is about, so that is looked up once more."""
    until, ignored, is_news = clock.now() + LEASE / 2, [], False
    for event, found in known:
        if clock.now() >= until:  # a vendor took its time: the rest is due again when the lease is over
            break
        of_a_site = is_of_a_provisioner(event)
        meant = _again(event) if is_news and found == NOTHING and not of_a_site else found
        if isinstance(meant, Exception):
            _fail(event, meant)
        elif of_a_site:
            _handle(event, NOTHING)
        elif meant == NOTHING:
            ignored.append(event)
        else:
            _handle(event, meant)
            is_news = True
    if ignored:
        with unit_of_work("inbound") as session:
            inbox.ignore(session, ignored)


def _looked_up(session: Session, event: inbox.Received) -> Meant | Exception:
    """NOTHING also for what is about a site. A payload that its gateway cannot read keeps no other notice waiting.

    Raises what the database does.
    """
    try:
        return NOTHING if is_of_a_provisioner(event) else _meant(session, event)
    except SQLAlchemyError:
        raise
    except Exception as error:
        return error


def _again(event: inbox.Received) -> Meant | Exception:
    with reading() as session:
        return _looked_up(session, event)


def _meant(session: Session, event: inbox.Received) -> Meant:
    """A notice that names nothing is about nothing of ours."""
    if not event.object_reference:
        return NOTHING
    found = settling.known(session, event.gateway, event.object_reference)
    if found is not None:
        return found
    vendor = gateways.all().get(event.gateway)
    names = beyond(vendor).names(_payload(session, event)) if vendor is not None else ()
    return settling.named(session, event.gateway, names, event.object_reference)


def _payload(session: Session, event: inbox.Received) -> dict[str, Any]:
    return dict(session.scalars(select(InboundEvent.payload).where(InboundEvent.id == event.id)).one())


def _handle(event: inbox.Received, meant: Meant) -> None:
    """Nothing that goes wrong with one notice keeps the others waiting."""
    fields = {"inbound_event_id": event.id, "gateway": event.gateway}
    try:
        effect = site_notices.act(event) if is_of_a_provisioner(event) else _act(event, meant)
    except VendorUnreachable as problem:
        _postpone(event, f"the gateway cannot be asked: {problem}")
        log.warning("inbound.unreachable", extra=fields)
    except Exception as error:
        _fail(event, error)
    else:
        log.info("inbound.done", extra={**fields, "effect": effect})


def _act(event: inbox.Received, meant: Meant) -> str:
    """The answer and the mark `done` commit together."""

    def mark(session: Session, effect: str) -> None:
        inbox.finish(session, event, InboundStatus.DONE, effect)

    return settling.settle(meant, f"gateway:{event.gateway}", mark)


def _fail(event: inbox.Received, error: Exception) -> None:
    _postpone(event, type(error).__name__)  # its text may hold what only the log of errors should
    log.error("inbound.failed", extra={"inbound_event_id": event.id, "gateway": event.gateway}, exc_info=error)


def _postpone(event: inbox.Received, problem: str) -> None:
    with unit_of_work("inbound") as session:
        inbox.postpone(session, event, problem)
