"""Subscriptions that PayPal runs: the buyer agrees once, and from then on PayPal takes the money by itself.

What a buyer agrees to is a plan at PayPal (paypal_plans.py). The money of a period is a *sale* of the subscription;
which one pays for which period is told by its time, for PayPal knows no numbers of ours.
https://developer.paypal.com/docs/api/subscriptions/v1/
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from webapp import clock
from webapp.gateways.base import (
    AgreementState,
    Beginning,
    ChargeRequest,
    Credential,
    Outcome,
    PaymentRequest,
    Redirect,
    VendorUnreachable,
    Verdict,
)
from webapp.gateways.paypal_api import PayPal, Refused, UnsupportedAmount, declined, from_paypal, one_line, to_paypal
from webapp.gateways.paypal_orders import LOCALES, link_to
from webapp.gateways.paypal_plans import PLANS, Plans, cycles_of, plan_of
from webapp.money import Money
from webapp.paying import PROCESSING, Agreement, Taken, window

log = logging.getLogger(__name__)

SUBSCRIPTIONS = "/v1/billing/subscriptions"
DAY = timedelta(days=1)
PATIENCE = timedelta(days=2)  # what PayPal has not even tried by then, it does not try any more
BACK = timedelta(days=100)  # how far `agreement` looks back for what was taken
WAITING = frozenset({"APPROVAL_PENDING", "APPROVED"})
ENDED = frozenset({"CANCELLED", "EXPIRED"})
TAKEN = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})
FAILED, OVER = "subscription_payment_failed", "subscription_ended"


# -- what the buyer agrees to ----------------------------------------------------------------------------------------
def begin(api: PayPal, plans: Plans, request: PaymentRequest, agreement: Agreement) -> Beginning:
    """Send the buyer to PayPal to agree. Raises Unsayable, UnsupportedAmount, Refused and VendorUnreachable."""
    name = one_line(agreement.name, request.order_number)
    plan = plans.find(api, plan_of(name, cycles_of(request.amount, agreement)))
    page = {
        "brand_name": name,
        "locale": LOCALES.get(request.locale[:2], "en-US"),
        "shipping_preference": "NO_SHIPPING",
        "user_action": "SUBSCRIBE_NOW",
        "return_url": request.return_url,
        "cancel_url": request.cancel_url,
    }
    body: dict[str, Any] = {"plan_id": plan, "custom_id": request.idempotency_key[:127], "application_context": page}
    if 3 <= len(request.payer.email) <= 254:
        body["subscriber"] = {"email_address": request.payer.email}
    made = api.post(SUBSCRIPTIONS, body, request.idempotency_key)
    return Redirect(link_to(made, "approve"), str(made["id"]))


# -- what came of it -------------------------------------------------------------------------------------------------
def first_of(api: PayPal, name: str) -> Outcome:
    """Of the payment that began it: the first sale, or that nothing was due yet."""
    try:
        told = api.get(f"{SUBSCRIPTIONS}/{name}")
    except Refused as refused:
        if refused.status != 404:
            raise
        return declined("expired", name)
    status = str(told.get("status"))
    if status in WAITING:
        return Outcome(Verdict.NEEDS_ACTION, name, status.lower() if status == "APPROVAL_PENDING" else PROCESSING)
    account = str((told.get("subscriber") or {}).get("payer_id") or "")
    way = Credential(name, _label(told), fingerprint=account[:60], is_agreement=True)
    free = _begins_free(api, told)
    if free is not None:
        nothing = Money(0, free)
        return declined(OVER, name) if status in ENDED else Outcome(Verdict.SUCCEEDED, name, "", "", way, nothing)
    begun = _instant(told.get("start_time")) or _instant(told.get("create_time")) or clock.now()
    sales = _sales(api, name, begun - DAY, clock.now() + DAY)
    if sales:
        return Outcome(Verdict.SUCCEEDED, sales[0].reference, credential=way, amount=sales[0].amount)
    if status in ENDED or _failed(told):
        return declined(OVER if status in ENDED else FAILED, name)
    return Outcome(Verdict.NEEDS_ACTION, name, PROCESSING)


def _begins_free(api: PayPal, told: Mapping[str, Any]) -> str | None:
    """In which currency nothing is due at first; None where something is."""
    cycles = sorted(api.get(f"{PLANS}/{told['plan_id']}")["billing_cycles"], key=lambda one: one["sequence"])
    prices: list[Any] = [(one.get("pricing_scheme") or {}).get("fixed_price") for one in cycles]
    if prices[0] is not None and from_paypal(prices[0]):
        return None
    return from_paypal(prices[-1]).currency


def _label(told: Mapping[str, Any]) -> str:
    address = str((told.get("subscriber") or {}).get("email_address") or "")
    return f"PayPal ({address})" if address and len(address) <= 60 else "PayPal"


def _failed(told: Mapping[str, Any]) -> bool:
    return int((told.get("billing_info") or {}).get("failed_payments_count") or 0) > 0


def _owed(told: Mapping[str, Any]) -> Money | None:
    owed = (told.get("billing_info") or {}).get("outstanding_balance")
    return from_paypal(owed) if owed else None


def _sales(api: PayPal, name: str, since: datetime, until: datetime) -> list[Taken]:
    """What was taken by it in that time, the oldest first."""
    query = {"start_time": _stamp(since), "end_time": _stamp(until)}
    answer = api.get(f"{SUBSCRIPTIONS}/{name}/transactions", query)
    found = []
    for one in answer.get("transactions") or ():
        at = _instant(one.get("time"))
        if str(one.get("status")) in TAKEN and at is not None and since <= at <= until:
            found.append(Taken(f"sale:{one['id']}", from_paypal(one["amount_with_breakdown"]["gross_amount"]), at))
    return sorted(found, key=lambda one: one.at)


def state_of(api: PayPal, name: str) -> AgreementState:
    """Raises Refused and VendorUnreachable."""
    try:
        told = api.get(f"{SUBSCRIPTIONS}/{name}")
    except Refused as refused:
        if refused.status != 404:
            raise
        return AgreementState(ended=True)
    status, now = str(told.get("status")), clock.now()
    return AgreementState(status in ENDED, status == "SUSPENDED", _sales(api, name, now - BACK, now + DAY))


# -- the money of a period -------------------------------------------------------------------------------------------
def collect(api: PayPal, request: ChargeRequest) -> Outcome:
    """What PayPal took for that period by itself; what it failed to take is taken now where that is asked for `again`.

    Raises Refused and VendorUnreachable.
    """
    if request.covers is None:
        return declined("not_supported")
    due, until = request.covers
    besides = request.besides.removeprefix("sale:") if request.besides.startswith("sale:") else ""
    waits = f"cycle:{request.credential}:{_seconds(due)}:{_seconds(until)}:{besides}:{request.idempotency_key}"
    found = _taken_for(api, request.credential, due, until, besides)
    if found is not None:
        return found
    told = api.get(f"{SUBSCRIPTIONS}/{request.credential}")
    if str(told.get("status")) in ENDED:
        return declined(OVER)
    owed = _owed(told)
    if _failed(told) and request.again and owed is not None and owed.minor >= request.amount.minor:
        return _take_owed(api, told, request)
    return _untaken(told, due, waits)


def of_cycle(api: PayPal, waits: str) -> Outcome:
    """The same of a charge that was waited for, asked by what `collect` called it."""
    _kind, name, due_seconds, until_seconds, besides, _key = waits.split(":", 5)
    due, until = (datetime.fromtimestamp(int(one), UTC) for one in (due_seconds, until_seconds))
    found = _taken_for(api, name, due, until, besides)
    return found if found is not None else _untaken(api.get(f"{SUBSCRIPTIONS}/{name}"), due, waits)


def _taken_for(api: PayPal, name: str, due: datetime, until: datetime, besides: str) -> Outcome | None:
    """`besides`: what pays for the period before, should it have come as late as that."""
    sales = [one for one in _sales(api, name, *window(due, until)) if one.reference != f"sale:{besides}"]
    return Outcome(Verdict.SUCCEEDED, sales[0].reference, amount=sales[0].amount) if sales else None


def _untaken(told: Mapping[str, Any], due: datetime, waits: str) -> Outcome:
    status = str(told.get("status"))
    if status in ENDED:
        return declined(OVER)
    if _failed(told):
        return declined(FAILED)
    if status == "SUSPENDED" or clock.now() > due + PATIENCE:
        return declined("subscription_not_charged")
    return Outcome(Verdict.NEEDS_ACTION, waits, PROCESSING)


def _take_owed(api: PayPal, told: Mapping[str, Any], request: ChargeRequest) -> Outcome:
    """Have PayPal try once more what it failed to take; one that it had suspended for that goes on."""
    path = f"{SUBSCRIPTIONS}/{request.credential}"
    note = one_line(request.description, request.reference)
    body = {"note": note, "capture_type": "OUTSTANDING_BALANCE", "amount": to_paypal(request.amount)}
    try:
        made = api.post(f"{path}/capture", body, request.idempotency_key)
        if str(told.get("status")) == "SUSPENDED":
            activate(api, request.credential)
    except UnsupportedAmount:
        return declined("amount_not_supported")
    except Refused as refused:
        if refused.status == 403:
            raise
        return declined(refused.reason)
    if str(made.get("status")) not in TAKEN:
        return declined(FAILED)
    return Outcome(
        Verdict.SUCCEEDED, f"sale:{made['id']}", amount=from_paypal(made["amount_with_breakdown"]["gross_amount"])
    )


# -- steering --------------------------------------------------------------------------------------------------------
def suspend(api: PayPal, name: str) -> None:
    _steer(api, name, "suspend", "Paused at the shop")


def activate(api: PayPal, name: str) -> None:
    _steer(api, name, "activate", "Resumed at the shop")


def cancel(api: PayPal, name: str) -> None:
    _steer(api, name, "cancel", "Ended at the shop")


def _steer(api: PayPal, name: str, verb: str, reason: str) -> None:
    """What is in that state, or has ended, is left so. Raises VendorUnreachable."""
    try:
        api.post(f"{SUBSCRIPTIONS}/{name}/{verb}", {"reason": reason})
    except Refused as refused:
        if refused.status not in (404, 422):
            raise VendorUnreachable(f"paypal: {refused}") from None
        log.info("paypal.not_steered", extra={"subscription": name, "verb": verb, "issue": refused.issue})


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
