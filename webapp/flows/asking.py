"""Asking a gateway what is true about a try, and noting the answer."""

from __future__ import annotations

import logging

from webapp import transactions
from webapp.domain import payments
from webapp.extensions import db
from webapp.gateways import gateways
from webapp.gateways.base import Outcome, Payer, VendorUnreachable, Verdict
from webapp.models import Payment, Try
from webapp.transactions import unit_of_work

log = logging.getLogger(__name__)


def payer_of(payment: Payment) -> Payer:
    customer = payment.customer
    return Payer(customer.reference, customer.email, customer.display_name, customer.billing_country)


def ask(try_id: int) -> str:
    """Ask the gateway about one try and record what is true. Returns the effect in words; never raises for
    a gateway that cannot be reached."""
    attempt = db.session.get_one(Try, try_id)
    name, reference, payment_id = attempt.gateway, attempt.gateway_reference, attempt.payment_id
    transactions.end_read()
    outcome = Outcome(Verdict.UNKNOWN, reason="nothing to ask for") if reference is None else _fetch(name, reference)
    with unit_of_work(name):
        payments.locked(payment_id)
        return payments.record_answer(db.session.get_one(Try, try_id), outcome)


def _fetch(name: str, reference: str) -> Outcome:
    """What the gateway says; that nothing is known when it cannot be asked, is gone, or talks nonsense."""
    try:
        outcome = gateways.get(name).fetch(reference)
        if not isinstance(outcome, Outcome):
            raise TypeError(f"a gateway was asked, and answered with {type(outcome).__name__}")
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
        payments.ask_again(db.session.get_one(Try, try_id))
