"""PayPal: the buyer agrees on PayPal's page, and once they have, we take the money.

What is sold by subscription PayPal charges by itself from then on (paypal_subscriptions.py). For the rest:
between the two anything may happen: the buyer does not come back, or comes back twice, or has paid otherwise
meanwhile. So the money is taken by `capture`, which the flows ask for as long as it is wanted, and never by looking.
https://developer.paypal.com/docs/api/orders/v2/
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from cryptography import x509
from flask_babel import lazy_gettext as _l

from webapp import clock
from webapp.errors import ConfigurationError
from webapp.gateways import paypal_answers, paypal_notices, paypal_set_up, paypal_subscriptions
from webapp.gateways.base import (
    AgreementState,
    BadNotice,
    Base,
    Beginning,
    Capability,
    ChargeRequest,
    Config,
    Done,
    Notice,
    Outcome,
    PaymentRequest,
    Redirect,
    RefundRequest,
    Tested,
    VendorUnreachable,
    Verdict,
)
from webapp.gateways.paypal_api import (
    API,
    SANDBOX,
    PayPal,
    Refused,
    UnsupportedAmount,
    connect,
    declined,
    from_paypal,
    to_paypal,
)
from webapp.gateways.paypal_certificates import Certificates, NotHad
from webapp.gateways.paypal_orders import link_to, order_of
from webapp.gateways.paypal_plans import Plans, Unsayable
from webapp.gateways.paypal_words import sentence_for
from webapp.money import Money
from webapp.paying import PROCESSING
from webapp.vendors.addresses import checked_address

log = logging.getLogger(__name__)

ORDERS, CAPTURES, REFUNDS = "/v2/checkout/orders", "/v2/payments/captures", "/v2/payments/refunds"
DISPUTES, EVENTS = "/v1/customer/disputes", "/v1/notifications/webhooks-events"
VERIFY = "/v1/notifications/verify-webhook-signature"
ROOMS = {"capture": "activity/payment", "sale": "activity/payment", "refund": "activity/payment"}
DECIDED = ("PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.DE", "CHECKOUT.ORDER.APPROVED")
NAME = re.compile(r"[\w:-]+", re.ASCII)
KEPT = timedelta(days=30)  # so long PayPal keeps its news
AGREED = ("BILLING.SUBSCRIPTION.", "PAYMENT.SALE.COMPLETED")
NEWS = ("PAYMENT.CAPTURE.RE", "PAYMENT.SALE.RE", "CUSTOMER.DISPUTE.")  # kinds of events that money leaves us by
# The buyer has to agree anew, or another call of ours is being worked on; nothing is decided.
UNDECIDED = {"ORDER_NOT_APPROVED": "created", "PAYER_ACTION_REQUIRED": "payer_action_required"}
IN_PROGRESS = frozenset({"PREVIOUS_REQUEST_IN_PROGRESS", "RESOURCE_CONFLICT", "DUPLICATE_REQUEST_ID"})

ValueOf = Callable[[Mapping[str, str], str], str]


class PayPalGateway(Base):
    """Made with `value_of`, which finds a key in the environment or in the network's settings, as it is then.

    `roots`: whose certificates sign notices, in place of the public authorities.
    """

    id = "paypal"
    title = "PayPal"
    description = _l("You agree to the payment at PayPal and come back here.")
    capabilities = Capability.REFUND | Capability.PARTIAL_REFUND | Capability.CAPTURE | Capability.MANAGED_SUBSCRIPTION
    account = "paypal"

    def __init__(self, config: Config, *, value_of: ValueOf, roots: Sequence[x509.Certificate] | None = None) -> None:
        super().__init__(config)
        self._value = partial(value_of, config.env)
        self._base = checked_address("PAYPAL_API_BASE", config.env.get("PAYPAL_API_BASE") or API)
        self._certificates = Certificates(self._base, roots)
        self._plans = Plans()

    @property
    def ready(self) -> bool:
        try:
            return bool(self._value("PAYPAL_CLIENT_ID") and self._value("PAYPAL_CLIENT_SECRET"))
        except ConfigurationError:
            log.exception("paypal.key_not_readable")
            return False

    def takes(self, amount: Money) -> bool:
        """Nothing is no order; but a subscription may begin with a free time."""
        try:
            return bool(to_paypal(amount)) and bool(amount or self._has_subscriptions)
        except UnsupportedAmount:
            return False

    @property
    def mode(self) -> str:
        return paypal_set_up.mode(self._base)

    def test(self) -> Tested | None:
        return paypal_set_up.test(self.api)

    def register_webhook(self, address: str) -> Mapping[str, str]:
        return paypal_set_up.register(self.api, address)

    @property
    def _has_subscriptions(self) -> bool:
        """With `PAYPAL_SUBSCRIPTIONS=0` it takes single payments alone, and each renewal is asked for by mail."""
        return self._value("PAYPAL_SUBSCRIPTIONS") != "0"

    @property
    def api(self) -> PayPal:
        """Raises VendorUnreachable while there are no keys."""
        name, secret = self._value("PAYPAL_CLIENT_ID"), self._value("PAYPAL_CLIENT_SECRET")
        if not name or not secret:
            raise VendorUnreachable("paypal: there are no keys")
        return connect(name, secret, self._base)

    # -- the buyer is here -------------------------------------------------------------------------------------------
    def begin(self, request: PaymentRequest) -> Beginning:
        """Make a subscription or an order at PayPal, and send the buyer there to agree to it."""
        try:
            if request.agreement is not None and self._has_subscriptions:
                return paypal_subscriptions.begin(self.api, self._plans, request, request.agreement)
        except (Unsayable, UnsupportedAmount):
            log.info("paypal.no_subscription", extra={"payment": request.reference})
        except Refused as refused:  # an account that may not have any: then each renewal is asked for
            log.warning("paypal.no_subscription", extra={"payment": request.reference, "issue": refused.issue})
        return self._begin_order(request)

    def _begin_order(self, request: PaymentRequest) -> Beginning:
        if not request.amount:
            return Done(declined("amount_not_supported"))
        try:
            order = self.api.post(ORDERS, order_of(request), request.idempotency_key)
            told = from_paypal(order["purchase_units"][0]["amount"])
        except UnsupportedAmount:
            return Done(declined("amount_not_supported"))
        except Refused as refused:
            return Done(declined(refused.reason))
        if told != request.amount:  # PayPal remembers the key, and not what it was for
            return Done(declined("invalid_request"))
        return Redirect(link_to(order, "payer-action", "approve"), f"order:{order['id']}")

    def capture(self, reference: str) -> Outcome:
        """Take the money of an order that the buyer has agreed to; once, however often it is called."""
        kind, _colon, name = reference.partition(":")
        if kind != "order":
            return self.fetch(reference)
        try:
            return paypal_answers.of_order(self.api.post(f"{ORDERS}/{name}/capture", {}, f"capture-{name}"))
        except Refused as refused:
            return self._not_captured(reference, refused)

    def _not_captured(self, reference: str, refused: Refused) -> Outcome:
        if refused.status == 403:
            raise VendorUnreachable(f"paypal: {refused}")
        if refused.issue in UNDECIDED:
            return Outcome(Verdict.NEEDS_ACTION, reference, UNDECIDED[refused.issue])
        if refused.issue in IN_PROGRESS:
            return Outcome(Verdict.NEEDS_ACTION, reference, PROCESSING)
        if refused.issue == "ORDER_ALREADY_CAPTURED" or refused.status == 404:
            return self.fetch(reference)
        return declined(refused.reason, reference)

    # -- what PayPal charges by itself -------------------------------------------------------------------------------
    def charge(self, request: ChargeRequest) -> Outcome:
        try:
            return paypal_subscriptions.collect(self.api, request)
        except VendorUnreachable as problem:
            return Outcome(Verdict.UNKNOWN, reason=str(problem))
        except Refused as refused:
            if refused.status == 403:
                return Outcome(Verdict.UNKNOWN, reason=refused.reason)
            return declined(refused.reason)

    def agreement(self, reference: str) -> AgreementState:
        try:
            return paypal_subscriptions.state_of(self.api, reference)
        except Refused as refused:
            raise VendorUnreachable(f"paypal: {refused}") from None

    def pause(self, reference: str) -> None:
        paypal_subscriptions.suspend(self.api, reference)

    def resume(self, reference: str) -> None:
        paypal_subscriptions.activate(self.api, reference)

    def forget(self, credential: str) -> None:
        paypal_subscriptions.cancel(self.api, credential)

    # -- money back --------------------------------------------------------------------------------------------------
    def refund(self, request: RefundRequest) -> Outcome:
        """`custom_id` leads the staff from PayPal's pages to our refund; its reason is ours, and not told there."""
        kind, _colon, name = request.payment_reference.partition(":")
        if kind not in ("capture", "sale"):
            return declined("not_refundable")
        try:
            body = {"amount": to_paypal(request.amount), "custom_id": request.idempotency_key[:127]}
            return paypal_answers.of_refund(self.api.post(f"{CAPTURES}/{name}/refund", body, request.idempotency_key))
        except UnsupportedAmount:
            return declined("amount_not_supported")
        except VendorUnreachable as problem:
            return Outcome(Verdict.UNKNOWN, reason=str(problem))
        except Refused as refused:
            if refused.status == 403 or refused.issue in IN_PROGRESS:
                return Outcome(Verdict.UNKNOWN, reason=refused.reason)
            return declined(refused.reason)

    # -- what is true now --------------------------------------------------------------------------------------------
    def fetch(self, reference: str) -> Outcome:
        """Takes nothing: an order that waits for our word is said to be `APPROVED`."""
        kind, _colon, name = reference.partition(":")
        if reference.startswith("I-"):
            kind, name = "subscription", reference
        ask = {
            "order": self._fetch_order,
            "capture": self._fetch_capture,
            "sale": self._fetch_sale,
            "subscription": lambda one: paypal_subscriptions.first_of(self.api, one),
            "cycle": lambda _one: paypal_subscriptions.of_cycle(self.api, reference),
            "refund": lambda one: paypal_answers.of_refund(self.api.get(f"{REFUNDS}/{one}")),
            "dispute": self._fetch_disputed,
        }.get(kind)
        if ask is None or not NAME.fullmatch(name):
            return Outcome(Verdict.UNKNOWN, reason="nothing that can be asked for")
        try:
            return ask(name)
        except Refused as refused:
            if refused.status == 403:
                raise VendorUnreachable(f"paypal: {refused}") from None
            return Outcome(Verdict.UNKNOWN, reason=refused.reason)

    def _fetch_order(self, name: str) -> Outcome:
        """One that nobody agreed to is gone after some hours, and PayPal does not say that it ever was."""
        try:
            return paypal_answers.of_order(self.api.get(f"{ORDERS}/{name}"))
        except Refused as refused:
            if refused.status != 404:
                raise
            return declined("expired", f"order:{name}")

    def _fetch_capture(self, name: str) -> Outcome:
        """How much of it was given back in parts, only its order says."""
        capture = self.api.get(f"{CAPTURES}/{name}")
        related = (capture.get("supplementary_data") or {}).get("related_ids") or {}
        order = None
        if capture.get("status") == "PARTIALLY_REFUNDED" and related.get("order_id"):
            order = self.api.get(f"{ORDERS}/{related['order_id']}")
        return paypal_answers.of_capture(capture, order)

    def _fetch_sale(self, name: str) -> Outcome:
        """PayPal shows what a subscription took among its captures; how much of it went back, only the news say."""
        sale = self.api.get(f"{CAPTURES}/{name}")
        refunds: list[Mapping[str, Any]] = []
        if paypal_answers.is_partly_back(sale):
            since = clock.now() - KEPT
            refunds = [one for one in self._news(since, ("PAYMENT.SALE.REFUNDED",)) if one.get("sale_id") == name]
        return paypal_answers.of_sale(sale, refunds)

    def _fetch_disputed(self, name: str) -> Outcome:
        """The money that a dispute is about, with where that stands. For what it was taken, PayPal does not say."""
        dispute = self.api.get(f"{DISPUTES}/{name}")
        money = self._fetch_capture(paypal_answers.disputed(dispute))
        return Outcome(
            money.verdict,
            amount=money.amount,
            refunded=money.refunded,
            disputes=(paypal_answers.of_dispute(dispute),),
        )

    def decided(self, since: datetime) -> Iterable[Sequence[str]]:
        return self._events(since, (*DECIDED, *AGREED))

    def changed(self, since: datetime) -> Iterable[Sequence[str]]:
        return self._events(since, NEWS)

    def _events(self, since: datetime, kinds: tuple[str, ...]) -> Iterator[Sequence[str]]:
        for event in self._kept_events(since, kinds):
            yield paypal_notices.reference_of(event), *paypal_notices.names(event)

    def _news(self, since: datetime, kinds: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
        """What those events were about, as it was then."""
        return (event.get("resource") or {} for event in self._kept_events(since, kinds))

    def _kept_events(self, since: datetime, kinds: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
        """PayPal keeps what it wanted to tell us for 30 days, also what never arrived."""
        query = {"start_time": _stamp(since), "end_time": _stamp(clock.now()), "page_size": "100"}
        path: str | None = EVENTS
        try:
            while path is not None:
                page = self.api.get(path, query)
                yield from (one for one in page.get("events") or () if str(one.get("event_type")).startswith(kinds))
                path, query = next_page(page), {}
        except Refused as refused:
            raise VendorUnreachable(f"paypal: {refused}") from None

    # -- notices, words, links ---------------------------------------------------------------------------------------
    def open_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Raises BadNotice, and VendorUnreachable when neither the certificate nor PayPal can be had."""
        told, webhook = paypal_notices.transmission(headers), self._value("PAYPAL_WEBHOOK_ID")
        if not webhook:
            raise BadNotice("no webhook is known that it could be for")
        event = paypal_notices.parsed(body)
        try:
            key = self._certificates.key(told.certificate)
        except NotHad as problem:
            self._ask_about(told.question(webhook, body), problem)
        else:
            paypal_notices.check_signature(body, told, webhook, key)
        return paypal_notices.read(event)

    def _ask_about(self, question: bytes, problem: NotHad) -> None:
        """Without a certificate, PayPal itself says whether a notice is its own."""
        log.warning("paypal.notice_asked_about", extra={"problem": str(problem)})
        try:
            self._certificates.spend()
            answer = self.api.post_raw(VERIFY, question)
        except NotHad as much:
            raise VendorUnreachable(f"paypal: {much}") from None
        except Refused as refused:
            raise BadNotice(f"PayPal does not know it: {refused}") from None
        if answer.get("verification_status") != "SUCCESS":
            raise BadNotice("PayPal says it is not its own")

    def names(self, payload: Mapping[str, Any]) -> Sequence[str]:
        return paypal_notices.names(payload)

    def to_ask(self, about: str, known_as: str) -> str:
        """Of a dispute only the dispute itself tells where it stands."""
        return about if about.startswith("dispute:") else known_as

    def sentence(self, reason: str) -> str:
        return sentence_for(reason)

    def address_of(self, reference: str) -> str:
        kind, _colon, name = reference.partition(":")
        site = "https://www.sandbox.paypal.com" if self._base == SANDBOX else "https://www.paypal.com"
        if kind == "dispute":
            return f"{site}/resolutioncenter/view/{name}"
        return f"{site}/{ROOMS[kind]}/{name}" if kind in ROOMS and name else ""


def next_page(page: Mapping[str, Any]) -> str | None:
    """The path of the next page, at the very address that we ask."""
    links = {str(one.get("rel")): str(one.get("href")) for one in page.get("links") or ()}
    _host, _slash, path = links.get("next", "").partition(EVENTS)
    return EVENTS + path if _slash else None


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
