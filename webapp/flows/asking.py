"""Asking a gateway what is true about a try, and noting the answer."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from webapp import clock, transactions
from webapp.domain import agenda, agreements, asked, payments
from webapp.errors import DomainError
from webapp.extensions import db
from webapp.gateways import beyond, gateways
from webapp.gateways.base import Capability, ChargeRequest, Outcome, Payer, VendorUnreachable, Verdict
from webapp.models import Customer, Payment, PaymentKind, Try
from webapp.paying import APPROVED
from webapp.transactions import unit_of_work

# So long every vendor takes the same key once (Stripe: a day); after that a person decides.
REMEMBERED = timedelta(hours=23)

log = logging.getLogger(__name__)


def payer_of(customer: Customer, gateway: str) -> Payer:
    known_as = str(customer.meta.get(_meta_key(gateway)) or "")
    return Payer(customer.reference, customer.email, customer.display_name, customer.billing_country, known_as)


def keep_payer(customer: Customer, gateway: str, known_as: str) -> None:
    """What a vendor calls the customer, so that the next payment is found with the others there. Call it in a unit."""
    if known_as and customer.meta.get(_meta_key(gateway)) != known_as:
        customer.meta[_meta_key(gateway)] = known_as


def _meta_key(gateway: str) -> str:
    return f"{gateways.account_of(gateway)}_customer"


def ask(try_id: int) -> str:
    """Ask the gateway about one try and record what is true. Returns the effect in words; never raises for
    a gateway that cannot be reached."""
    attempt = db.session.get_one(Try, try_id)
    name, reference, payment_id = attempt.gateway, attempt.gateway_reference, attempt.payment_id
    again = charge_request(attempt) if reference is None and is_remembered(attempt) else None
    wanted = is_wanted(attempt)
    transactions.end_read()
    if reference is not None:
        outcome = fetch(name, reference, wanted=wanted)
    else:
        outcome = charge(name, again) if again is not None else Outcome(Verdict.UNKNOWN, reason="nothing to ask for")
    with unit_of_work(name):
        payments.locked(payment_id)
        return payments.record_answer(db.session.get_one(Try, try_id), outcome)


def is_remembered(attempt: Try) -> bool:
    """Whether a charge of a stored way to pay may be sent once more: its gateway still knows the key."""
    return attempt.credential_reference is not None and clock.now() < attempt.created_at + REMEMBERED


def charge_request(attempt: Try) -> ChargeRequest:
    """What a gateway is told to charge; the same for the same try, so that it is taken once."""
    payment, membership = attempt.payment, attempt.payment.membership
    if attempt.credential_reference is None:
        raise ValueError("there is nothing to charge")
    return ChargeRequest(
        reference=payment.reference,
        amount=payment.asked,
        description=membership.plan.name if membership is not None else payment.order_number,
        payer=payer_of(payment.customer, attempt.gateway),
        credential=attempt.credential_reference,
        idempotency_key=attempt.key,
        metadata={"payment": payment.reference, "membership": membership.reference if membership is not None else ""},
        covers=_covered(payment),
        again=any(one.number < attempt.number for one in agenda.charges(payment)),
        besides=agreements.taken_last(membership) if membership is not None else "",
    )


def _covered(payment: Payment) -> tuple[datetime, datetime] | None:
    """From when the period is due that it asks for, to when the next one is."""
    membership = payment.membership
    if membership is None or payment.kind != PaymentKind.RENEWAL or membership.expires_at is None:
        return None
    return membership.expires_at, membership.period.after(membership.expires_at)


def charge(name: str, request: ChargeRequest) -> Outcome:
    """What the gateway answers. Whatever goes wrong there leaves open whether it took the money; never raises."""
    try:
        gateway = gateways.get(name)
    except DomainError as error:  # gone, or switched off: nothing was sent
        return Outcome(Verdict.DECLINED, reason=error.code)
    try:
        outcome = gateway.charge(request)
        if not isinstance(outcome, Outcome):
            raise TypeError(f"a gateway charged, and answered with {type(outcome).__name__}")
    except Exception as error:
        log.exception("gateway.charge_failed", extra={"gateway": name, "payment": request.reference})
        return Outcome(Verdict.UNKNOWN, reason=type(error).__name__)
    return outcome


def is_wanted(attempt: Try) -> bool:
    """Whether money that the buyer has agreed to is to be taken: not once it was given up, or paid otherwise."""
    return attempt.is_open and not attempt.payment.is_paid


def truth(name: str, reference: str, *, wanted: bool) -> Outcome:
    """What the gateway says; where it waits for our word, and the money is still `wanted`, it takes it.

    Raises VendorUnreachable, and whatever is wrong with the gateway.
    """
    gateway = gateways.get(name)
    outcome = gateway.fetch(reference)
    if wanted and outcome.reason == APPROVED and Capability.CAPTURE in gateway.capabilities:
        outcome = beyond(gateway).capture(reference)
    if not isinstance(outcome, Outcome):
        raise TypeError(f"a gateway was asked, and answered with {type(outcome).__name__}")
    return outcome


def fetch(name: str, reference: str, *, wanted: bool = False) -> Outcome:
    """The same; that nothing is known when it cannot be asked, is gone, or talks nonsense."""
    try:
        outcome = truth(name, reference, wanted=wanted)
    except VendorUnreachable as error:
        return Outcome(Verdict.UNKNOWN, reason=str(error)[:300])
    except Exception as error:
        log.exception("gateway.fetch_failed", extra={"gateway": name})
        return Outcome(Verdict.UNKNOWN, reason=type(error).__name__)
    return outcome


def ask_due(limit: int = 100) -> int:
    """Ask about every try whose time has come; how many that were."""
    due = payments.tries_to_ask(limit)
    for try_id, payment_id in due:
        try:
            ask(try_id)
        except Exception:  # what the gateway said cannot be kept
            log.exception("gateway.answer_not_recorded", extra={"try": try_id})
            _put_off(try_id, payment_id)
    return len(due)


def _put_off(try_id: int, payment_id: int) -> None:
    """A try that cannot be settled must not stay the first in the queue."""
    with unit_of_work("clock"):
        payments.locked(payment_id)
        asked.ask_again(db.session.get_one(Try, try_id))
