"""What Stripe's objects mean in the words of the product. They are read as Stripe has them now, never from a notice."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date
from typing import Any

from webapp.gateways.base import Credential, DisputeNews, Outcome, Verdict
from webapp.gateways.stripe_api import code_of, declined, from_stripe
from webapp.gateways.stripe_words import sentence_for
from webapp.paying import PROCESSING

INTENT = ("latest_charge", "payment_method")  # expanded, wherever an intent is asked for

BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
KINDS = {"link": "Link", "paypal": "PayPal", "sepa_debit": "SEPA", "us_bank_account": "ACH", "bacs_debit": "Bacs"}
WALLETS = {"apple_pay": "Apple Pay", "google_pay": "Google Pay", "samsung_pay": "Samsung Pay", "link": "Link"}

REFUNDS = {"succeeded": Verdict.SUCCEEDED, "failed": Verdict.DECLINED, "canceled": Verdict.DECLINED}
# https://docs.stripe.com/api/disputes/object: an inquiry that is closed has cost nothing.
DISPUTES = {"won": True, "warning_closed": True, "prevented": True, "lost": False}


def of_payment(intent: Any, disputes: Sequence[DisputeNews] = ()) -> Outcome:
    """A PaymentIntent with its charge and its way to pay expanded."""
    if intent.status == "succeeded":
        return Outcome(
            Verdict.SUCCEEDED,
            reference=intent.id,
            credential=_credential(intent) if intent.setup_future_usage else None,
            amount=from_stripe(intent.amount_received, intent.currency),
            refunded=_refunded(intent),
            disputes=tuple(disputes),
        )
    return _unsettled(intent, intent.last_payment_error)


def of_setup(intent: Any) -> Outcome:
    """A SetupIntent: a way to charge later, and no money. A refused card leaves it open for the next one."""
    if intent.status == "succeeded":
        return Outcome(Verdict.SUCCEEDED, reference=intent.id, credential=_credential(intent))
    if intent.status == "requires_payment_method":
        return _waiting(intent.id, code_of(intent.last_setup_error) if intent.last_setup_error else intent.status)
    return _unsettled(intent, None)


def _unsettled(intent: Any, error: Any) -> Outcome:
    if intent.status == "canceled":
        return declined("cancelled", intent.id, sentence_for("cancelled"))
    if intent.status == "requires_payment_method" and error:
        reason = code_of(error)
        return declined(reason, intent.id, sentence_for(reason))
    return _waiting(intent.id, PROCESSING if intent.status == "processing" else str(intent.status))


def _waiting(reference: str, reason: str) -> Outcome:
    return Outcome(Verdict.NEEDS_ACTION, reference=reference, reason=reason)


def of_session(session: Any) -> Outcome:
    """A Checkout Session with its intent expanded. What is paid goes by the intent's name from then on."""
    intent = session.payment_intent or session.setup_intent
    if session.status == "complete" and intent is not None and not isinstance(intent, str):
        return of_setup(intent) if session.mode == "setup" else of_payment(intent)
    if session.status == "expired":
        return declined("expired", session.id, sentence_for("expired"))
    return _waiting(session.id, PROCESSING if session.status == "complete" else str(session.status))


def of_refund(refund: Any) -> Outcome:
    verdict = REFUNDS.get(str(refund.status), Verdict.NEEDS_ACTION)
    if verdict == Verdict.DECLINED:
        reason = str(getattr(refund, "failure_reason", "") or "refund_failed")
        return declined(reason, refund.id, sentence_for("refund_failed"))
    told = from_stripe(refund.amount, refund.currency) if verdict == Verdict.SUCCEEDED else None
    return Outcome(verdict, refund.id, "" if told else str(refund.status), amount=told)


def of_dispute(dispute: Any) -> DisputeNews:
    amount = from_stripe(dispute.amount, dispute.currency)
    return DisputeNews(dispute.id, amount, str(dispute.reason or ""), DISPUTES.get(str(dispute.status)))


def _refunded(intent: Any) -> Any:
    charge = intent.latest_charge
    return None if charge is None or isinstance(charge, str) else from_stripe(charge.amount_refunded, charge.currency)


def is_disputed(intent: Any) -> bool:
    charge = intent.latest_charge
    return charge is not None and not isinstance(charge, str) and bool(charge.disputed)


# -- ways to pay -----------------------------------------------------------------------------------------------------
def _credential(intent: Any) -> Credential | None:
    method = intent.payment_method
    if method is None or isinstance(method, str):
        return None
    return credential_of(method)


def credential_of(method: Any) -> Credential:
    return Credential(method.id, label_of(method), expiry_of(method), fingerprint_of(method))


def expiry_of(method: Any) -> date | None:
    """A card is good to the end of the month that stands on it."""
    card = getattr(method, "card", None)
    month, year = getattr(card, "exp_month", None), getattr(card, "exp_year", None)
    if not isinstance(month, int) or not isinstance(year, int) or not 1 <= month <= 12 or not 2000 <= year <= 2999:
        return None
    return date(year, month, calendar.monthrange(year, month)[1])


def fingerprint_of(method: Any) -> str:
    """What Stripe knows a card by in our account, whoever's it is; of a wallet's card it is one of its own.

    https://docs.stripe.com/api/payment_methods/object: accounts at banks have one as well, Link and PayPal have none.
    """
    return str(getattr(_details(method), "fingerprint", "") or "")


def _details(method: Any) -> Any:
    kind = str(method.type)
    return method[kind] if kind in method and method[kind] is not None else None


def label_of(method: Any) -> str:
    """`Visa •••• 4242`, as a person knows it."""
    kind, details = str(method.type), _details(method)
    last4 = str(getattr(details, "last4", "") or "") if details is not None else ""
    name = KINDS.get(kind, kind.replace("_", " ").capitalize())
    if kind == "card":
        brand = str(getattr(details, "display_brand", "") or getattr(details, "brand", "") or "card")
        name = BRANDS.get(brand, brand.replace("_", " ").capitalize())
        wallet = getattr(details, "wallet", None)
        if wallet is not None and wallet.type in WALLETS:
            name = f"{WALLETS[wallet.type]}, {name}"
    return f"{name} •••• {last4}" if last4 else name
