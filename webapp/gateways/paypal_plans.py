"""Terms as PayPal says them: a plan of cycles with a price each.

There is one plan for each set of terms, found again by a name that is made of the terms.
https://developer.paypal.com/docs/api/subscriptions/v1/#plans
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from webapp import clock
from webapp.gateways.paypal_api import PayPal, Refused, from_paypal, to_paypal
from webapp.money import Money
from webapp.paying import Agreement
from webapp.periods import Period, Unit

PRODUCTS, PLANS = "/v1/catalogs/products", "/v1/billing/plans"
LONGEST = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}  # what PayPal counts in one cycle
CYCLES_AT_MOST, TIMES_AT_MOST = 3, 999
DAY = timedelta(days=1)


class Unsayable(Exception):
    """PayPal has no plan for such terms."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """So many times this price, each for this period; 0 times: until it is ended."""

    period: Period
    price: Money
    times: int


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
