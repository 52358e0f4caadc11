"""Acme Pay, a way to be paid: the buyer pays on Acme's page, and Acme tells us at `/webhooks/acme-pay`.

All of a gateway is in this one file. It knows Acme and nothing of rows, requests or transactions; what it needs of
the environment it gets with its `Config`.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests

from webapp.gateways.base import (
    BadNotice,
    Base,
    Beginning,
    Capability,
    Config,
    Done,
    Notice,
    Outcome,
    PaymentRequest,
    Redirect,
    RefundRequest,
    VendorUnreachable,
    Verdict,
)
from webapp.money import Money

CONNECT_SECONDS, ANSWER_SECONDS = 3, 10
SAYS_NOTHING = {401, 403, 408, 429}  # about the key and the traffic, not about the payment
VERDICTS = {"paid": Verdict.SUCCEEDED, "failed": Verdict.DECLINED, "open": Verdict.NEEDS_ACTION}


class AcmePay(Base):
    id = "acme-pay"
    title = "Acme Pay"
    description = "You pay on the next page, at Acme."
    capabilities = Capability.REFUND | Capability.PARTIAL_REFUND

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.base = config.env["ACME_API_BASE"].rstrip("/")
        self.key = config.env["ACME_API_KEY"]
        self.notice_secret = config.env["ACME_PAY_SECRET"].encode()

    def begin(self, request: PaymentRequest) -> Beginning:
        """Ask Acme for a payment page. The same key gets the same page, so nothing is ever paid twice."""
        order = {
            "amount": request.amount.minor,
            "currency": request.amount.currency,
            "description": request.description[:200],
            "email": request.payer.email,
            "return_url": request.return_url,
            "cancel_url": request.cancel_url,
        }
        answer = self._call("POST", "/payments", order, key=request.idempotency_key)
        if not answer.ok:
            return Done(Outcome(Verdict.DECLINED, reason=f"refused_{answer.status_code}"))
        page = answer.json()
        return Redirect(page["url"], page["id"])

    def fetch(self, reference: str) -> Outcome:
        """How the payment stands at Acme now. It is asked for, whatever a notice or the buyer's browser says."""
        answer = self._call("GET", f"/payments/{quote(reference, safe='')}")
        if not answer.ok:
            return Outcome(Verdict.UNKNOWN, reason=f"refused_{answer.status_code}")
        return outcome_of(answer.json())

    def refund(self, request: RefundRequest) -> Outcome:
        """Give money back. A lost answer is UNKNOWN: the same key can be sent again."""
        path = f"/payments/{quote(request.payment_reference, safe='')}/refunds"
        amount = {"amount": request.amount.minor, "currency": request.amount.currency}
        try:
            answer = self._call("POST", path, amount, key=request.idempotency_key)
        except VendorUnreachable as problem:
            return Outcome(Verdict.UNKNOWN, reason=str(problem))
        if not answer.ok:
            return Outcome(Verdict.DECLINED, reason=f"refused_{answer.status_code}")
        return Outcome(Verdict.SUCCEEDED, reference=answer.json()["id"], amount=request.amount)

    def open_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Believe a notice only by its signature. It says which payment to ask for, and no more is taken from it."""
        given = {name.lower(): value for name, value in headers.items()}.get("x-acme-signature", "")
        right = hmac.digest(self.notice_secret, body, "sha256").hex()
        if not hmac.compare_digest(given.encode(), right.encode()):
            raise BadNotice("signature is wrong")
        try:
            event = json.loads(body)
            return Notice(str(event["id"]), str(event["type"]), str(event["payment"]), event)
        except (ValueError, LookupError, TypeError, RecursionError):
            raise BadNotice("signed, but not readable") from None

    def _call(self, method: str, path: str, body: Any = None, *, key: str = "") -> requests.Response:
        """Raises VendorUnreachable when there is no answer that says anything about the payment."""
        headers = {"Authorization": f"Bearer {self.key}"} | ({"Idempotency-Key": key} if key else {})
        try:
            answer = requests.request(
                method,
                self.base + path,
                json=body,
                headers=headers,
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise VendorUnreachable(type(error).__name__) from None
        if answer.status_code in SAYS_NOTHING or answer.status_code // 100 in (3, 5):
            raise VendorUnreachable(f"Acme answered {answer.status_code}")
        return answer


def outcome_of(payment: dict[str, Any]) -> Outcome:
    """Acme's words in ours; a status that it did not have yesterday is UNKNOWN, so somebody looks at it."""
    verdict = VERDICTS.get(payment["status"], Verdict.UNKNOWN)
    if verdict == Verdict.SUCCEEDED:
        taken = Money(payment["amount"], payment["currency"])
        return Outcome(verdict, reference=payment["id"], amount=taken)
    if verdict == Verdict.DECLINED:
        message = "Your bank has refused the payment."
        return Outcome(verdict, reference=payment["id"], reason=payment["reason"], message=message)
    return Outcome(verdict, reference=payment["id"], reason=payment["status"])
