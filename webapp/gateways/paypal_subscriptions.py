"""Subscriptions that PayPal runs: the buyer agrees once, and from then on PayPal takes the money by itself.

What a buyer agrees to is a plan at PayPal: cycles with a price each. There is one plan for each set of terms, found
again by a name that is made of the terms. The money of a period is a *sale* of the subscription; which one pays for
which period is told by its time, for PayPal knows no numbers of ours.
https://developer.paypal.com/docs/api/subscriptions/v1/
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from webapp.money import Money
from webapp.paying import PROCESSING, Agreement, Taken, window
from webapp.periods import Period, Unit

log = logging.getLogger(__name__)

PRODUCTS, PLANS, SUBSCRIPTIONS = "/v1/catalogs/products", "/v1/billing/plans", "/v1/billing/subscriptions"
LONGEST = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}  # what PayPal counts in one cycle
CYCLES_AT_MOST, TIMES_AT_MOST = 3, 999
DAY = timedelta(days=1)
PATIENCE = timedelta(days=2)  # what PayPal has not even tried by then, it does not try any more
BACK = timedelta(days=100)  # how far `agreement` looks back for what was taken
WAITING = frozenset({"APPROVAL_PENDING", "APPROVED"})
ENDED = frozenset({"CANCELLED", "EXPIRED"})
TAKEN = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})
FAILED, OVER = "subscription_payment_failed", "subscription_ended"


class Unsayable(Exception):
    """PayPal has no plan for such terms."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """So many times this price, each for this period; 0 times: until it is ended."""

    period: Period
    price: Money
    times: int


# -- what the buyer agrees to ----------------------------------------------------------------------------------------
def cycles_of(due_now: Money, agreement: Agreement) -> list[Cycle]:
    """What is due now pays for the time until the next charge, and is a cycle like the others.

    Raises Unsayable, and UnsupportedAmount.
    """
    first = Cycle(_first_period(agreement), due_now, 1)
    found = [first]
    for price, times in agreement.amounts:
        last = found[-1]
        if last.times and (last.period, last.price) == (agreement.period, price):
            found[-1] = Cycle(agreement.period, price, last.times + times if times else 0)
        else:
            found.append(Cycle(agreement.period, price, times))
    if len(found) > CYCLES_AT_MOST or not found[-1].price or any(one.times > TIMES_AT_MOST for one in found):
        raise Unsayable
    for one in found:
        if one.period.count > LONGEST[one.period.unit]:
            raise Unsayable
        to_paypal(one.price)
    return found


def _first_period(agreement: Agreement) -> Period:
    """Until the next charge: whole days, or one period where that comes to the same."""
    if agreement.starts_at is None:
        return agreement.period
    now = clock.now()
    days = -((now - agreement.starts_at) // DAY)
    if not 0 < days <= LONGEST[Unit.DAY]:
        raise Unsayable
    return Period(days, Unit.DAY)


def plan_of(name: str, cycles: Sequence[Cycle]) -> dict[str, Any]:
    """What PayPal makes the plan of, without its product.

    What it failed to take is not taken with the next cycle: each period is one sale of its price.
    """
    shown = [
        {
            "frequency": {"interval_unit": one.period.unit.upper(), "interval_count": one.period.count},
            "tenure_type": "REGULAR" if number == len(cycles) else "TRIAL",
            "sequence": number,
            "total_cycles": one.times,
            **({"pricing_scheme": {"fixed_price": to_paypal(one.price)}} if one.price else {}),
        }
        for number, one in enumerate(cycles, 1)
    ]
    preferences = {"auto_bill_outstanding": False, "payment_failure_threshold": 0}
    return {"name": name, "billing_cycles": shown, "payment_preferences": preferences}


def _costs(plan: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Its cycles, however they are written."""
    found = []
    for one in sorted(plan["billing_cycles"], key=lambda cycle: cycle["sequence"]):
        often, price = one["frequency"], (one.get("pricing_scheme") or {}).get("fixed_price")
        times = one.get("total_cycles", 1)
        cost = from_paypal(price) if price and from_paypal(price) else None
        found.append((often["interval_unit"], often.get("interval_count", 1), one["tenure_type"], times, cost))
    return found


class Plans:
    """The plans of one account, by their terms; what a process has found once it does not ask for again."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], str] = {}

    def find(self, api: PayPal, plan: Mapping[str, Any]) -> str:
        """The name of PayPal's plan with these terms, made if there is none. Raises Refused and VendorUnreachable."""
        terms = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()[:24].upper()
        known = self._known.get((id(api), terms))
        if known is None:
            product = f"TERMS-{terms}"
            others = self._known_there(api, product)
            fitting = (one for one in others if _costs(api.get(f"{PLANS}/{one}")) == _costs(plan))
            known = next(fitting, "") or self._made(api, product, plan, len(others))
            self._known[id(api), terms] = known
        return known

    def _known_there(self, api: PayPal, product: str) -> list[str]:
        """The plans made for these terms; somebody may have changed their prices at PayPal since."""
        try:
            answer = api.get(PLANS, {"product_id": product, "page_size": "20"})
        except Refused as refused:
            if refused.status == 403:
                raise
            return []
        plans = answer.get("plans") or ()
        return [str(one["id"]) for one in plans if one.get("status") == "ACTIVE" and one.get("product_id") == product]

    def _made(self, api: PayPal, product: str, plan: Mapping[str, Any], others: int) -> str:
        try:
            api.post(PRODUCTS, {"id": product, "name": plan["name"], "type": "SERVICE"}, f"product-{product}")
        except Refused as refused:
            if refused.issue != "DUPLICATE_RESOURCE_IDENTIFIER":
                raise
        return str(api.post(PLANS, {"product_id": product, **plan}, f"plan-{product}-{others}")["id"])


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
