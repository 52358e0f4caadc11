"""A pretend vendor that behaves like a real one: a hosted page, signed notices, cards that can fail.

What is taken is play money, kept in the books of a pretend bank (`flows/sandbox_bank.py`). The gateway knows
it only by the `Bank` protocol, as any other gateway knows its vendor by the vendor's interface.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from flask_babel import lazy_gettext as _l
from standardwebhooks import Webhook

from webapp import clock
from webapp.gateways.base import (
    BadNotice,
    Base,
    Beginning,
    Capability,
    ChargeRequest,
    Config,
    Credential,
    Done,
    Notice,
    Outcome,
    PaymentRequest,
    Redirect,
    RefundRequest,
    Verdict,
)
from webapp.money import Money

TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Order:
    """What the bank is asked to take, and whom it tells."""

    amount: Money
    description: str
    payer: str
    idempotency_key: str
    notify_url: str
    return_url: str = ""
    cancel_url: str = ""
    store_credential: bool = False
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statement:
    """How a charge stands: `open`, `processing`, `succeeded` or `declined`, then with a reason."""

    reference: str
    status: str
    amount: Money
    reason: str = ""
    credential: Credential | None = None


class BankRefusal(Exception):
    """The bank does not do that; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Bank(Protocol):
    """What the gateway needs of the bank. All of it may raise BankRefusal."""

    def open_page(self, order: Order) -> str:
        """The reference of the charge whose page was opened; the same for the same key."""
        ...

    def charge(self, credential: str, order: Order) -> Statement: ...

    def refund(self, reference: str, amount: Money, idempotency_key: str) -> str:
        """The reference of the refund; the same for the same key."""
        ...

    def fetch(self, reference: str) -> Statement: ...

    def notice_key(self) -> bytes:
        """What the bank signs its notices with."""
        ...


VERDICTS = {
    "open": Verdict.NEEDS_ACTION,
    "processing": Verdict.NEEDS_ACTION,
    "succeeded": Verdict.SUCCEEDED,
    "declined": Verdict.DECLINED,
}


class SandboxGateway(Base):
    """Made with its bank: `functools.partial(SandboxGateway, bank=sandbox_bank)` is what gets registered."""

    id = "sandbox"
    title = _l("Test payment")
    description = _l("Play money, for trying things out. You decide on the next page whether it is approved.")
    capabilities = Capability.STORED_CREDENTIAL | Capability.REFUND | Capability.PARTIAL_REFUND

    def __init__(self, config: Config, *, bank: Bank) -> None:
        super().__init__(config)
        self.bank = bank

    def begin(self, request: PaymentRequest) -> Beginning:
        """Send the buyer to the bank's page."""
        order = Order(
            amount=request.amount,
            description=request.description,
            payer=request.payer.reference,
            idempotency_key=request.idempotency_key,
            notify_url=self._notify_url,
            return_url=request.return_url,
            cancel_url=request.cancel_url,
            store_credential=request.store_credential,
            details=request.metadata,
        )
        try:
            reference = self.bank.open_page(order)
        except BankRefusal as refusal:
            return Done(declined(refusal.code))
        query = urlencode({"locale": request.locale})
        shop = urlsplit(request.return_url)  # the page stands beside the shop, under the name the buyer knows it by
        return Redirect(f"{shop.scheme}://{shop.netloc}/sandbox/pay/{reference}?{query}", reference)

    def charge(self, request: ChargeRequest) -> Outcome:
        order = Order(
            amount=request.amount,
            description=request.description,
            payer=request.payer.reference,
            idempotency_key=request.idempotency_key,
            notify_url=self._notify_url,
            details=request.metadata,
        )
        try:
            return outcome_of(self.bank.charge(request.credential, order))
        except BankRefusal as refusal:
            return declined(refusal.code)

    def refund(self, request: RefundRequest) -> Outcome:
        try:
            reference = self.bank.refund(request.payment_reference, request.amount, request.idempotency_key)
        except BankRefusal as refusal:
            return declined(refusal.code)
        return Outcome(Verdict.SUCCEEDED, reference=reference, amount=request.amount)

    def fetch(self, reference: str) -> Outcome:
        """Of a charge that the bank does not know, nothing is known: neither taken nor declined."""
        try:
            return outcome_of(self.bank.fetch(reference))
        except BankRefusal as refusal:
            return Outcome(Verdict.UNKNOWN, reason=refusal.code)

    def open_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        given = {name.lower(): value for name, value in headers.items()}
        check_signature(self.bank.notice_key(), body, given)
        try:
            event = json.loads(body)
            return Notice(given["webhook-id"], str(event["type"]), str(event["data"]["reference"]), event)
        except (ValueError, LookupError, TypeError, RecursionError):
            raise BadNotice("signed, but not readable") from None

    @property
    def _notify_url(self) -> str:
        return f"{self.config.base_url}/webhooks/{self.id}"


def outcome_of(statement: Statement) -> Outcome:
    """The bank's word for a status, in the words of the product."""
    verdict = VERDICTS[statement.status]
    if verdict == Verdict.DECLINED:
        return declined(statement.reason, statement.reference)
    return Outcome(
        verdict,
        reference=statement.reference,
        reason="" if verdict == Verdict.SUCCEEDED else statement.status,
        credential=statement.credential if verdict == Verdict.SUCCEEDED else None,
        amount=statement.amount if verdict == Verdict.SUCCEEDED else None,
    )


def declined(reason: str, reference: str | None = None) -> Outcome:
    return Outcome(Verdict.DECLINED, reference=reference, reason=reason, message=sentence_for(reason))


def sentence_for(reason: str) -> str:
    sentence = SENTENCES.get(reason, _l("The card was declined."))
    return str(sentence)


SENTENCES = {
    "expired": _l("The payment page was open for too long and has been closed."),
    "cancelled": _l("The payment was cancelled."),
}


# -- signatures, as the Standard Webhooks specification has them ---------------------------------------------
def sign(key: bytes, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a signed notice."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(key).sign(message_id, at, body.decode()),
    }


def check_signature(key: bytes, body: bytes, headers: Mapping[str, Any]) -> None:
    """Raises BadNotice unless one of the signatures is right and no older than five minutes.

    The library's own `verify` reads the wall clock by itself and lets a broken header escape as all sorts of
    errors; only its `sign` is used.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        raise BadNotice("headers are missing")
    at = datetime.fromtimestamp(int(timestamp), UTC)
    if abs(clock.now() - at) > TOLERANCE:
        raise BadNotice("too old, or from the future")
    try:
        right = sign(key, message_id, at, body)["webhook-signature"].encode()
    except UnicodeDecodeError:
        raise BadNotice("not UTF-8") from None
    given = str(headers.get("webhook-signature", "")).encode(errors="replace").split(b" ")
    if not any(hmac.compare_digest(right, one) for one in given):
        raise BadNotice("signature is wrong")
