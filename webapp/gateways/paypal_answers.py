"""What PayPal's objects mean in the words of the product. They are read as PayPal has them now, never from a notice.

PayPal names an order, the money taken for it and what was given back all alike, so ours say what it is:
`order:5O19…`, `capture:2GG2…`, `sale:8WK6…`, `refund:1JU0…`, `dispute:PP-D-…`. A subscription is `I-…`, as there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from webapp.gateways.base import DisputeNews, Outcome, VendorUnreachable, Verdict
from webapp.gateways.paypal_api import declined, from_paypal
from webapp.money import Money
from webapp.paying import APPROVED, PROCESSING

Thing = Mapping[str, Any]

TAKEN = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED", "REVERSED"})
ALL_BACK = frozenset({"REFUNDED", "REVERSED"})
NOT_TAKEN = frozenset({"DECLINED", "DENIED", "FAILED"})
REFUNDS = {"COMPLETED": Verdict.SUCCEEDED, "FAILED": Verdict.DECLINED, "CANCELLED": Verdict.DECLINED}
# https://developer.paypal.com/docs/api/customer-disputes/v1/: who keeps the money.
WON = frozenset({"RESOLVED_SELLER_FAVOUR", "RESOLVED_WITH_PAYOUT", "CANCELED_BY_BUYER", "DENIED"})


def of_order(order: Thing) -> Outcome:
    """An order with what was taken for it. Once something was, it goes by that name."""
    capture = next(_parts(order, "captures"), None)
    if capture is not None:
        return of_capture(capture, order)
    name, status = f"order:{order['id']}", str(order.get("status"))
    if status == "VOIDED":
        return declined("cancelled", name)
    return Outcome(Verdict.NEEDS_ACTION, name, APPROVED if status == "APPROVED" else status.lower())


def of_capture(capture: Thing, order: Thing | None = None) -> Outcome:
    """`order`: its own, where parts of it were given back, for only that says how much."""
    name, status = f"capture:{capture['id']}", str(capture.get("status"))
    if status in TAKEN:
        amount = from_paypal(capture["amount"])
        return Outcome(Verdict.SUCCEEDED, name, amount=amount, refunded=_refunded(status, amount, order))
    if status in NOT_TAKEN:
        return declined("denied", name)
    return Outcome(Verdict.NEEDS_ACTION, name, PROCESSING)


def of_sale(sale: Thing, refunds: Sequence[Thing] = ()) -> Outcome:
    """What a subscription took, as its captures or its older sales say it. `refunds`: what went back of it in parts."""
    name, status = f"sale:{sale['id']}", _status(sale)
    if status in TAKEN:
        amount = from_paypal(sale["amount"])
        given = [from_paypal(one["amount"]) for one in refunds]
        back = amount if status in ALL_BACK else sum(given, Money(0, amount.currency)) if given else None
        return Outcome(Verdict.SUCCEEDED, name, amount=amount, refunded=back)
    if status in NOT_TAKEN:
        return declined("denied", name)
    return Outcome(Verdict.NEEDS_ACTION, name, PROCESSING)


def is_partly_back(sale: Thing) -> bool:
    return _status(sale) == "PARTIALLY_REFUNDED"


def _status(thing: Thing) -> str:
    return str(thing.get("status") or thing.get("state") or "").upper()


def _refunded(status: str, amount: Money, order: Thing | None) -> Money | None:
    if status in ALL_BACK:
        return amount
    given = [from_paypal(one["amount"]) for one in _parts(order or {}, "refunds") if one.get("status") == "COMPLETED"]
    return sum(given, Money(0, amount.currency)) if given else None


def _parts(order: Thing, kind: str) -> Iterator[Thing]:
    for unit in order.get("purchase_units") or ():
        yield from (unit.get("payments") or {}).get(kind) or ()


def of_refund(refund: Thing) -> Outcome:
    name, status = f"refund:{refund['id']}", str(refund.get("status"))
    verdict = REFUNDS.get(status, Verdict.NEEDS_ACTION)
    if verdict == Verdict.DECLINED:
        return declined("refund_failed", name)
    told = from_paypal(refund["amount"]) if verdict == Verdict.SUCCEEDED else None
    return Outcome(verdict, name, "" if told else status.lower(), amount=told)


def of_dispute(dispute: Thing) -> DisputeNews:
    """Open until PayPal says whose the money is."""
    code = str((dispute.get("dispute_outcome") or {}).get("outcome_code") or "")
    won = (code in WON) if dispute.get("status") == "RESOLVED" else None
    amount = from_paypal(dispute["dispute_amount"])
    return DisputeNews(f"dispute:{dispute['dispute_id']}", amount, str(dispute.get("reason") or "").lower(), won)


def disputed(dispute: Thing) -> str:
    """PayPal's name of the money it is about. Raises VendorUnreachable for one that names none."""
    for one in dispute.get("disputed_transactions") or ():
        if one.get("seller_transaction_id"):
            return str(one["seller_transaction_id"])
    raise VendorUnreachable("paypal: a dispute about nothing")
