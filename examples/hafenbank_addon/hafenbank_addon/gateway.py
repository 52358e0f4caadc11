"""Hafenbank, a way to be paid: the buyer pays at the bank, which keeps a mandate for what is due later.

The bank speaks of orders (money that comes), mandates (by which it comes again) and returns (money that goes back).
This file says what these are in the network's words, and knows nothing of rows, requests or transactions.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from flask_babel import get_locale

from hafenbank_addon.bank import Bank, Refused
from webapp import clock
from webapp.gateways.base import (
    BadNotice,
    Base,
    Beginning,
    Capability,
    ChargeRequest,
    Credential,
    Done,
    Notice,
    Outcome,
    PaymentRequest,
    Redirect,
    RefundRequest,
    Tested,
    Variable,
    VendorUnreachable,
    Verdict,
)
from webapp.money import Money
from webapp.paying import PROCESSING

TOLERANCE = 300  # seconds by which a notice may be late
TEXT_AT_MOST = 140  # as much as fits on a statement of account
RETURN_PREFIX = "ret_"

ORDERS = {
    "open": Verdict.NEEDS_ACTION,
    "underway": Verdict.NEEDS_ACTION,
    "paid": Verdict.SUCCEEDED,
    "refused": Verdict.DECLINED,
    "expired": Verdict.DECLINED,
}
RETURNS = {"underway": Verdict.NEEDS_ACTION, "sent": Verdict.SUCCEEDED, "failed": Verdict.DECLINED}

SENTENCES = {
    "en": {
        "": "The bank has refused the payment.",
        "not_covered": "There is not enough money in the account.",
        "mandate_ended": "The bank may not charge this account any more.",
        "expired": "The bank's page was open for too long. Nothing was charged.",
    },
    "de": {
        "": "Die Bank hat die Zahlung abgelehnt.",
        "not_covered": "Das Konto ist nicht gedeckt.",
        "mandate_ended": "Die Bank darf von diesem Konto nichts mehr abbuchen.",
        "expired": "Die Seite der Bank war zu lange offen. Es wurde nichts abgebucht.",
    },
}


class Hafenbank(Base):
    id = "hafenbank"
    title = "Hafenbank"
    description = "You pay on the next page, at your bank. What is due later is charged to the same account."
    capabilities = Capability.STORED_CREDENTIAL | Capability.REFUND | Capability.PARTIAL_REFUND
    variables = (
        Variable("HAFENBANK_API_BASE", "Address of the bank's interface", "As https://api.hafenbank.example."),
        Variable("HAFENBANK_API_KEY", "Key", "One that begins with live_ moves real money.", secret=True),
        Variable(
            "HAFENBANK_NOTICE_SECRET",
            "Secret of notices",
            "While you change it, enter the new and the old one with a comma between them.",
            secret=True,
        ),
    )

    @property
    def bank(self) -> Bank:
        """Tied to it by what is entered now: that may be another key in the next minute."""
        return Bank(self.config.value("HAFENBANK_API_BASE"), self.config.value("HAFENBANK_API_KEY"))

    # -- what the operator's page shows ------------------------------------------------------------------------------
    @property
    def mode(self) -> str:
        return "live" if self.config.value("HAFENBANK_API_KEY").startswith("live_") else "test"

    def test(self) -> Tested | None:
        try:
            self.bank.ask("GET", "/v1/account")
        except (VendorUnreachable, Refused) as problem:
            return Tested(False, str(problem))
        return Tested(True)

    def address_of(self, reference: str) -> str:
        return f"{self.bank.base}/portal/{quote(reference, safe='')}"

    # -- the buyer is here -------------------------------------------------------------------------------------------
    def takes(self, amount: Money) -> bool:
        """The bank keeps accounts in euros."""
        return amount.currency == "EUR"

    def begin(self, request: PaymentRequest) -> Beginning:
        """Open the bank's page. With nothing due, all that the buyer agrees to there is the mandate."""
        order = {
            "number": request.idempotency_key,
            **amount_of(request.amount),
            "text": line(request.description),
            "payer": request.payer.email,
            "mandate": request.store_credential,
            "return_url": request.return_url,
            "cancel_url": request.cancel_url,
            "language": request.locale,
        }
        try:
            opened = self.bank.ask("POST", "/v1/orders", order)
        except Refused as refusal:
            return Done(self._declined(refusal.code))
        return Redirect(opened["page"], opened["id"])

    # -- the buyer is not here ---------------------------------------------------------------------------------------
    def charge(self, request: ChargeRequest) -> Outcome:
        """Take what is due by the mandate. Of an answer that was lost nobody knows: it is sent again as it is."""
        order = {
            "number": request.idempotency_key,
            **amount_of(request.amount),
            "text": line(request.description),
        }
        try:
            return self._outcome_of(self.bank.ask("POST", f"/v1/mandates/{part(request.credential)}/orders", order))
        except Refused as refusal:
            return self._declined(refusal.code)
        except VendorUnreachable as problem:
            return Outcome(Verdict.UNKNOWN, reason=str(problem))

    def forget(self, credential: str) -> None:
        """End the mandate; one that has ended, or that there never was, is not there either way."""
        try:
            self.bank.ask("DELETE", f"/v1/mandates/{part(credential)}")
        except Refused:
            return

    def refund(self, request: RefundRequest) -> Outcome:
        body = {"number": request.idempotency_key, **amount_of(request.amount), "text": line(request.reason)}
        try:
            given = self.bank.ask("POST", f"/v1/orders/{part(request.payment_reference)}/returns", body)
        except Refused as refusal:
            return self._declined(refusal.code)
        except VendorUnreachable as problem:
            return Outcome(Verdict.UNKNOWN, reason=str(problem))
        return self._outcome_of_return(given)

    # -- what is true now --------------------------------------------------------------------------------------------
    def fetch(self, reference: str) -> Outcome:
        """Of an order or a return. It is asked for whatever a notice, or the buyer's browser, may say."""
        try:
            if reference.startswith(RETURN_PREFIX):
                return self._outcome_of_return(self.bank.ask("GET", f"/v1/returns/{part(reference)}"))
            return self._outcome_of(self.bank.ask("GET", f"/v1/orders/{part(reference)}"))
        except Refused as refusal:
            return Outcome(Verdict.UNKNOWN, reason=refusal.code)

    def decided(self, since: datetime) -> Iterable[Sequence[str]]:
        return self._news("orders", since)

    def changed(self, since: datetime) -> Iterable[Sequence[str]]:
        return self._news("returns", since)

    def _news(self, kind: str, since: datetime) -> Iterable[Sequence[str]]:
        """Page by page, with the bank's own name first."""
        query = {"since": clock.rfc3339(since)}
        while query:
            try:
                page = self.bank.ask("GET", f"/v1/{kind}?{urlencode(query)}")
            except Refused as refusal:
                raise VendorUnreachable(refusal.code) from None
            for one in page["data"]:
                yield one["id"], one["number"], *([one["order"]] if "order" in one else [])
            query = {"since": query["since"], "after": page["after"]} if page["after"] else {}

    # -- what the bank tells -----------------------------------------------------------------------------------------
    def open_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Believe a notice only by its signature. It says what to ask for, and no more is taken from it."""
        given = {name.lower(): value for name, value in headers.items()}
        secrets = self.config.value("HAFENBANK_NOTICE_SECRET").replace(",", " ").split()
        check_signature(secrets, body, given.get("hafenbank-signature", ""))
        try:
            event = json.loads(body)
            return Notice(str(event["id"]), str(event["type"]), str(event["about"]), event)
        except (ValueError, LookupError, TypeError, RecursionError):
            raise BadNotice("signed, but not readable") from None

    def names(self, payload: Mapping[str, Any]) -> Sequence[str]:
        """Our own number, by which it is found where the bank's answer was lost, and we never learnt its name."""
        return [str(payload["number"])] if payload.get("number") else []

    def sentence(self, reason: str) -> str:
        """As the reader speaks; nothing for a code that is not the bank's, so that the network finds words."""
        words = SENTENCES.get(str(get_locale() or "en")[:2], SENTENCES["en"])
        return words.get(reason, "") if reason else ""

    # -- the bank's words in ours ------------------------------------------------------------------------------------
    def _outcome_of(self, order: Mapping[str, Any]) -> Outcome:
        """A status that the bank did not have yesterday is UNKNOWN, so that somebody looks at it."""
        verdict, name = ORDERS.get(order["status"], Verdict.UNKNOWN), order["id"]
        if verdict == Verdict.DECLINED:
            return self._declined(order.get("because") or order["status"], name)
        if verdict != Verdict.SUCCEEDED:
            return Outcome(verdict, name, PROCESSING if order["status"] == "underway" else order["status"])
        currency, mandate = order["currency"], order.get("mandate")
        return Outcome(
            verdict,
            name,
            credential=credential_of(mandate) if mandate else None,
            amount=Money.parse(order["amount"], currency),
            refunded=Money.parse(order["returned"], currency),
        )

    def _outcome_of_return(self, given: Mapping[str, Any]) -> Outcome:
        verdict, name = RETURNS.get(given["status"], Verdict.UNKNOWN), given["id"]
        if verdict == Verdict.DECLINED:
            return self._declined(given.get("because") or "failed", name)
        taken = Money.parse(given["amount"], given["currency"]) if verdict == Verdict.SUCCEEDED else None
        return Outcome(verdict, name, "" if taken else given["status"], amount=taken)

    def _declined(self, code: str, reference: str | None = None) -> Outcome:
        words = SENTENCES.get(str(get_locale() or "en")[:2], SENTENCES["en"])
        return Outcome(Verdict.DECLINED, reference, code, words.get(code, words[""]))


def amount_of(money: Money) -> dict[str, str]:
    """`{"amount": "29.99", "currency": "EUR"}`, as the bank wants it: text, and never a float."""
    return {"amount": str(money.decimal), "currency": money.currency}


def credential_of(mandate: Mapping[str, Any]) -> Credential:
    """`account` is the same for the same account, whoever pays from it: it has one free trial."""
    return Credential(mandate["id"], label=f"Hafenbank •••• {mandate['last4']}", fingerprint=mandate["account"])


def line(text: str) -> str:
    """One line, as long as the bank takes it; it must not be empty."""
    return " ".join(text.split())[:TEXT_AT_MOST] or "–"


def part(name: str) -> str:
    """A name as one part of an address, whatever is in it."""
    return quote(name, safe="")


def check_signature(secrets: Sequence[str], body: bytes, header: str) -> None:
    """`t=<seconds>,v1=<hex>`: HMAC-SHA256 of `<seconds>.<body>`. Raises BadNotice.

    With several secrets, any of them is right: so one can be changed while notices are on their way.
    """
    first, _comma, signature = header.partition(",v1=")
    named, at = first[:2], first[2:]
    if named != "t=" or not (at.isascii() and at.isdigit() and len(at) <= 11):
        raise BadNotice("no signature")
    if abs(clock.now().timestamp() - int(at)) > TOLERANCE:
        raise BadNotice("too old, or from the future")
    signed = at.encode() + b"." + body
    right = [hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets]
    if not any(hmac.compare_digest(one.encode(), signature.encode(errors="replace")) for one in right):
        raise BadNotice("signature is wrong")
