"""What gateways and provisioners noticed, from their notice to its effect: ask what is true now, and record that.

A notice says only that something happened to an object. Whatever it claims, the gateway is asked: so late,
doubled and shuffled ones cannot mislead us.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp import transactions
from webapp.domain import inbox, network
from webapp.flows import settling, site_notices
from webapp.flows.settling import NOTHING, Meant
from webapp.flows.site_notices import is_of_a_provisioner
from webapp.gateways import beyond, gateways
from webapp.gateways.base import Notice, VendorUnreachable
from webapp.models import InboundEvent, InboundStatus
from webapp.transactions import unit_of_work

log = logging.getLogger(__name__)

# Longer than any call to a vendor may take; a worker that is lost gives its notice back after this.
LEASE = timedelta(minutes=2)


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
    """Handle notices that are due, oldest first, at most `limit` of them; how many that were."""
    for handled in range(limit):
        with unit_of_work("inbound") as session:
            event = inbox.claim(session, LEASE)
            meant = NOTHING if event is None or is_of_a_provisioner(event) else _meant(session, event)
        if event is None:
            return handled
        _handle(event, meant)
    return limit


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
        if is_of_a_provisioner(event):
            effect = site_notices.act(event)
        elif meant == NOTHING:
            _finish(event, InboundStatus.IGNORED, "not ours")
            return
        else:
            effect = _act(event, meant)
    except VendorUnreachable as problem:
        _postpone(event, f"the gateway cannot be asked: {problem}")
        log.warning("inbound.unreachable", extra=fields)
    except Exception as error:
        _postpone(event, type(error).__name__)  # its text may hold what only the log of errors should
        log.exception("inbound.failed", extra=fields)
    else:
        log.info("inbound.done", extra={**fields, "effect": effect})


def _act(event: inbox.Received, meant: Meant) -> str:
    """The answer and the mark `done` commit together."""

    def mark(session: Session, effect: str) -> None:
        inbox.finish(session, event, InboundStatus.DONE, effect)

    return settling.settle(meant, f"gateway:{event.gateway}", mark)


def _finish(event: inbox.Received, status: InboundStatus, effect: str) -> None:
    with unit_of_work("inbound") as session:
        inbox.finish(session, event, status, effect)


def _postpone(event: inbox.Received, problem: str) -> None:
    with unit_of_work("inbound") as session:
        inbox.postpone(session, event, problem)
