"""The pretend bank behind the sandbox gateway: its own books, its own clock, its own notices.

It stands where a vendor's servers would stand, so it knows nothing of payments and memberships, and tells
what happened only by signed notices that name a charge. Each function is one transaction of the bank's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

import requests
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp import clock
from webapp.domain import outbox
from webapp.errors import NotFound
from webapp.extensions import db, engine
from webapp.gateways.base import Credential, DisputeNews
from webapp.gateways.sandbox import BankRefusal, Order, Statement
from webapp.gateways.sandbox_notices import sign
from webapp.models.inserts import insert_once
from webapp.models.sandbox import (
    SAME,
    ChargeStatus,
    Decision,
    SandboxCharge,
    SandboxCredential,
    SandboxDispute,
    SandboxDisputeStatus,
    SandboxRefund,
    SandboxRefundStatus,
)
from webapp.money import Money
from webapp.outgoing import TryLater
from webapp.settings import Settings
from webapp.transactions import unit_of_work

CONNECT_SECONDS, ANSWER_SECONDS = 3, 10


# -- what the gateway asks for (gateways.sandbox.Bank) -------------------------------------------------------
def open_page(order: Order) -> str:
    """Open a page on which the buyer decides, and name its charge. The same key opens the same page."""
    with unit_of_work("sandbox") as session:
        charge, _new = _enter(session, order)
        return charge.reference


def charge(credential: str, order: Order) -> Statement:
    """Charge a card without the buyer, once per key. Raises BankRefusal for a card the bank does not know (any more).

    What was charged under the key before is said again, also when the card has been removed since.
    """
    with unit_of_work("sandbox") as session:
        card = _card(session, credential)
        known = select(SandboxCharge.id).where(SandboxCharge.idempotency_key == order.idempotency_key)
        if card is None or (card.removed_at is not None and session.scalar(known) is None):
            raise BankRefusal("no_such_credential")
        entry, new = _enter(session, order)
        if new:
            entry.credential = card
            _decide(entry, Decision.DECLINED if card.fails else Decision.APPROVED, "card_declined")
        return _statement(entry)


def forget(credential: str) -> None:
    """The card is not charged any more. Removed twice, it is removed."""
    with unit_of_work("sandbox") as session:
        card = _card(session, credential)
        if card is not None and card.removed_at is None:
            card.removed_at = clock.now()


def fetch(reference: str) -> Statement:
    """How the charge stands now. In a session of its own: whoever asks may be in the middle of something."""
    with Session(engine()) as session:
        return _statement(_find(session, reference), session)


def decided(since: datetime) -> list[str]:
    """References of what was taken or declined since then, and is by now."""
    settled = select(SandboxCharge.reference).where(SandboxCharge.settled_at.between(since, clock.now()))
    with Session(engine()) as session:
        return list(session.scalars(settled.order_by(SandboxCharge.settled_at, SandboxCharge.id)))


def notice_key() -> bytes:
    """What notices are signed with: made from the installation's secret, so that no one has to set it."""
    return hmac.digest(str(current_app.secret_key).encode(), b"sandbox bank: notices", hashlib.sha256)


# -- what happens at the bank --------------------------------------------------------------------------------
def approve(
    reference: str, *, tell_late: bool = False, later_charges_fail: bool = False, same_card: bool = False
) -> Statement:
    """The buyer pays. `tell_late`: the bank works on it first. `same_card`: not with a card that nobody has seen.

    What was decided before stays decided.
    """
    with unit_of_work("sandbox") as session:
        entry = locked(session, reference)
        if entry.status == ChargeStatus.OPEN:
            if entry.store_credential:
                card = SAME if same_card else {}
                entry.credential = SandboxCredential(payer=entry.payer, fails=later_charges_fail, **card)
            _decide(entry, Decision.APPROVED, after=lateness() if tell_late else timedelta(0))
            session.flush()  # the card gets its name
        return _statement(entry)


def decline(reference: str, reason: str = "card_declined") -> Statement:
    """The card is refused, or the buyer goes away (`cancelled`). What was decided before stays decided."""
    with unit_of_work("sandbox") as session:
        entry = locked(session, reference)
        if entry.status == ChargeStatus.OPEN:
            _decide(entry, Decision.DECLINED, reason)
        return _statement(entry)


def tell_to_fail(credential: str, fails: bool = True) -> None:
    """From now on every charge of this card is declined, or no longer. Raises NotFound."""
    with unit_of_work("sandbox") as session:
        card = _card(session, credential)
        if card is None:
            raise NotFound(code="no_such_credential")
        card.fails = fails


def find(reference: str) -> SandboxCharge:
    """The charge whose page is asked for. Raises NotFound."""
    try:
        return _find(db.session(), reference)
    except BankRefusal:
        raise NotFound() from None


# -- the books -----------------------------------------------------------------------------------------------
def _enter(session: Session, order: Order) -> tuple[SandboxCharge, bool]:
    """The charge of this key, locked, and whether it is new. Raises BankRefusal for another order's key."""
    least = 0 if order.store_credential and order.return_url else 1  # a page may ask only to keep the card
    if order.amount.minor < least:
        raise BankRefusal("bad_amount")
    values: dict[str, Any] = {
        "idempotency_key": order.idempotency_key,
        "amount_minor": order.amount.minor,
        "currency": order.amount.currency,
        "description": order.description[:500],
        "payer": order.payer[:80],
        "return_url": order.return_url,
        "cancel_url": order.cancel_url,
        "notify_url": order.notify_url,
        "store_credential": order.store_credential,
        "details": dict(order.details),
    }
    new = insert_once(session, SandboxCharge, values, ("idempotency_key",))
    query = select(SandboxCharge).where(SandboxCharge.idempotency_key == order.idempotency_key)
    entry = session.scalars(query.with_for_update()).one()
    if entry.amount != order.amount:
        raise BankRefusal("key_reused")
    return entry, new


def _card(session: Session, reference: str) -> SandboxCredential | None:
    return session.scalars(select(SandboxCredential).where(SandboxCredential.reference == reference)).first()


def _find(session: Session, reference: str) -> SandboxCharge:
    if "\0" in reference:  # PostgreSQL cannot even be asked for it
        raise BankRefusal("no_such_charge")
    entry = session.scalars(select(SandboxCharge).where(SandboxCharge.reference == reference)).first()
    if entry is None:
        raise BankRefusal("no_such_charge")
    return entry


def locked(session: Session, reference: str) -> SandboxCharge:
    """Two decisions in the same instant are taken one after the other. Raises BankRefusal."""
    query = select(SandboxCharge).where(SandboxCharge.reference == reference).with_for_update()
    entry = session.scalars(query.execution_options(populate_existing=True)).first()
    if entry is None:
        raise BankRefusal("no_such_charge")
    return entry


def _decide(entry: SandboxCharge, decision: Decision, reason: str = "", after: timedelta = timedelta(0)) -> None:
    entry.decision = decision
    entry.settled_at = clock.now() + after
    entry.decline_reason = reason if decision == Decision.DECLINED else ""
    tell(entry, "charge.declined" if decision == Decision.DECLINED else "charge.succeeded", after)


def _statement(entry: SandboxCharge, session: Session | None = None) -> Statement:
    """`session`: to say what has gone back, or is asked back, as well."""
    card = entry.credential
    return Statement(
        reference=entry.reference,
        status=entry.status,
        amount=entry.amount,
        reason=entry.reason,
        credential=None if card is None else Credential(card.reference, card.label, card.expires_on, card.fingerprint),
        refunded=None if session is None else _refunded(session, entry),
        disputes=() if session is None else _disputes(session, entry),
    )


def _refunded(session: Session, entry: SandboxCharge) -> Money | None:
    """In all, as vendors say it; None for nothing. What is still on its way, or came back, does not count."""
    rows = session.scalars(select(SandboxRefund).where(SandboxRefund.charge_id == entry.id))
    done = sum(one.amount_minor for one in rows if one.status == SandboxRefundStatus.SUCCEEDED)
    return Money(done, entry.currency) if done else None


def _disputes(session: Session, entry: SandboxCharge) -> tuple[DisputeNews, ...]:
    rows = session.scalars(
        select(SandboxDispute).where(SandboxDispute.charge_id == entry.id).order_by(SandboxDispute.id)
    )
    won = {SandboxDisputeStatus.WON: True, SandboxDisputeStatus.LOST: False}
    return tuple(
        DisputeNews(one.reference, Money(one.amount_minor, entry.currency), one.reason, won.get(one.status))
        for one in rows
    )


def lateness() -> timedelta:
    settings: Settings = current_app.extensions["settings"]
    return timedelta(seconds=settings.sandbox_late_seconds)


# -- notices -------------------------------------------------------------------------------------------------
def tell(entry: SandboxCharge, event_type: str, after: timedelta = timedelta(0), about: str = "") -> None:
    """Have a worker send a notice. It names the charge (or what it is `about`) and no more: one asks `fetch`."""
    if not entry.notify_url:
        return
    args = [
        f"sbe_{secrets.token_hex(16)}",
        event_type,
        about or entry.reference,
        clock.now() + after,
        entry.notify_url,
    ]
    outbox.add("sandbox", f"{__name__}:{send_notice.__name__}", __name__, args, after=after)


def send_notice(event_id: str, event_type: str, reference: str, at: Any, url: str) -> None:
    """Post one notice. Anything but a 2xx is tried again, as vendors do. Raises TryLater."""
    body = json.dumps(
        {"id": event_id, "type": event_type, "timestamp": clock.rfc3339(at), "data": {"reference": reference}}
    ).encode()
    headers = {"content-type": "application/json", **sign(notice_key(), event_id, clock.now(), body)}
    try:
        with requests.Session() as http:
            http.trust_env = False  # our own address: no proxy stands in between
            answer = http.post(
                url,
                data=body,
                headers=headers,
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
            )
    except requests.RequestException as error:
        raise TryLater(type(error).__name__) from error
    if not answer.ok or answer.is_redirect:
        raise TryLater(f"answered {answer.status_code}", http_status=answer.status_code, answer=answer.text[:500])
