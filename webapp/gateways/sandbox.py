"""A pretend vendor that behaves like a real one: a hosted page, signed notices, cards that can fail.

What is taken is play money, kept in the books of a pretend bank (`flows/sandbox_bank.py`). The gateway knows
it only by the `Bank` protocol, as any other gateway knows its vendor by the vendor's interface.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from flask_babel import lazy_gettext as _l

from webapp.gateways.base import (
    BadNotice,
    Base,
    Beginning,
    Capability,
    ChargeRequest,
    Config,
    Credential,
    DisputeNews,
    Done,
    Notice,
    Outcome,
    PaymentRequest,
    Redirect,
    RefundRequest,
    Verdict,
)
from webapp.gateways.sandbox_notices import check_signature
from webapp.money import Money


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
    refunded: Money | None = None
    disputes: Sequence[DisputeNews] = ()


@dataclass(frozen=True, slots=True)
class GivenBack:
    """How a refund stands: `processing`, `succeeded` or `failed`."""

    reference: str
    status: str
    amount: Money


class BankSilent(Exception):
    """The bank's answer got lost; whether it did what it was asked for is not known."""


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

    def forget(self, credential: str) -> None: ...

    def fetch(self, reference: str) -> Statement: ...

    def decided(self, since: datetime) -> Sequence[str]:
        """References of what was taken or declined since then."""
        ...

    def notice_key(self) -> bytes:
        """What the bank signs its notices with."""
        ...


class Refunds(Protocol):
    """What the gateway needs where money goes back. All of it may raise BankRefusal; `refund` BankSilent as well."""

    def refund(self, reference: str, amount: Money, idempotency_key: str) -> GivenBack:
        """The same refund for the same key."""
        ...

    def fetch_refund(self, reference: str) -> GivenBack: ...

    def changed(self, since: datetime) -> Sequence[Sequence[str]]:
        """Refunds, with their keys and charges, and charges that payers' banks asked back since then."""
        ...


VERDICTS = {
    "open": Verdict.NEEDS_ACTION,
    "processing": Verdict.NEEDS_ACTION,
    "succeeded": Verdict.SUCCEEDED,
    "declined": Verdict.DECLINED,
}

REFUND_PREFIX = "sbr_"
REFUND_VERDICTS = {
    "processing": Verdict.NEEDS_ACTION,
    "succeeded": Verdict.SUCCEEDED,
    "failed": Verdict.DECLINED,
}


class SandboxGateway(Base):
    """Made with its bank: `partial(SandboxGateway, bank=sandbox_bank, refunds=sandbox_refunds)` is registered."""

    id = "sandbox"
    title = _l("Test payment")
    description = _l("Play money, for trying things out. You decide on the next page whether it is approved.")
    capabilities = Capability.STORED_CREDENTIAL | Capability.REFUND | Capability.PARTIAL_REFUND

    def __init__(self, config: Config, *, bank: Bank, refunds: Refunds) -> None:
        super().__init__(config)
        self.bank, self.refunds = bank, refunds

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

    def forget(self, credential: str) -> None:
        self.bank.forget(credential)

    def refund(self, request: RefundRequest) -> Outcome:
        try:
            return outcome_of_refund(
                self.refunds.refund(request.payment_reference, request.amount, request.idempotency_key)
            )
        except BankRefusal as refusal:
            return declined(refusal.code)
        except BankSilent:
            return Outcome(Verdict.UNKNOWN, reason="no_answer")

    def fetch(self, reference: str) -> Outcome:
        """Of a charge that the bank does not know, nothing is known: neither taken nor declined."""
        try:
            if reference.startswith(REFUND_PREFIX):
                return outcome_of_refund(self.refunds.fetch_refund(reference))
            return outcome_of(self.bank.fetch(reference))
        except BankRefusal as refusal:
            return Outcome(Verdict.UNKNOWN, reason=refusal.code)

    def decided(self, since: datetime) -> Iterable[Sequence[str]]:
        return [(one,) for one in self.bank.decided(since)]

    def changed(self, since: datetime) -> Iterable[Sequence[str]]:
        return self.refunds.changed(since)

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
        refunded=statement.refunded if verdict == Verdict.SUCCEEDED else None,
        disputes=statement.disputes if verdict == Verdict.SUCCEEDED else (),
    )


def outcome_of_refund(given: GivenBack) -> Outcome:
    verdict = REFUND_VERDICTS[given.status]
    if verdict == Verdict.DECLINED:
        return Outcome(
            verdict, reference=given.reference, reason="refund_failed", message=sentence_for("refund_failed")
        )
    told = verdict == Verdict.SUCCEEDED
    return Outcome(verdict, given.reference, "" if told else given.status, amount=given.amount if told else None)


def declined(reason: str, reference: str | None = None) -> Outcome:
    return Outcome(Verdict.DECLINED, reference=reference, reason=reason, message=sentence_for(reason))


def sentence_for(reason: str) -> str:
    sentence = SENTENCES.get(reason, _l("The card was declined."))
    return str(sentence)


SENTENCES = {
    "expired": _l("The payment page was open for too long and has been closed."),
    "cancelled": _l("The payment was cancelled."),
    "refund_failed": _l("The money came back to us."),
    "refund_refused": _l("The bank gives nothing back of this payment."),
    "more_than_was_taken": _l("The bank gives no more back than it took."),
}
