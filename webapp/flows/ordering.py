"""From an order to the gateway and back. No transaction stays open while a gateway is asked."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from webapp import formatting, transactions
from webapp.domain import agreements, asked, checkout, payments, receivables, sale_holds
from webapp.domain.carts import Cart
from webapp.domain.checkout import Order
from webapp.errors import Conflict, Invalid
from webapp.extensions import db
from webapp.flows import offering
from webapp.flows.asking import keep_payer, payer_of
from webapp.gateways import beyond, gateways
from webapp.gateways.base import (
    Beginning,
    BrowserStep,
    Capability,
    Done,
    Gateway,
    Later,
    Outcome,
    PaymentRequest,
    Redirect,
    VendorPage,
    Verdict,
)
from webapp.models import Payment, Try
from webapp.paying import Agreement
from webapp.settings import Settings
from webapp.transactions import closing_unit, unit_of_work

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an order stands. `url` is set when the buyer goes on at the gateway's own page."""

    reference: str
    user_id: int
    settled: bool
    url: str | None = None
    declined: bool = False
    on_our_page: bool = False  # the buyer pays there, with the gateway's script


def place(order: Order, settings: Settings, checked: Cart | None = None) -> Placed:
    """Place an order, or go on with the one it repeats, and ask its gateway to take the money.

    `checked`: its cart, when the order was looked over in this very request and found right. What that read is used
    as it was read; when the database objects, the order is looked at afresh.
    Raises errors.Invalid, errors.Conflict and hooks.Reject; then nothing was written.
    """
    try:
        placed, try_id = _place_once(order, checked)
    except (IntegrityError, Invalid) as problem:
        if isinstance(problem, Invalid) and problem.code not in ("email_taken", "site_taken"):
            raise
        # The other half of a double click may have been quicker: then this is its sale.
        placed, try_id = _place_known(order, problem)
    if try_id is None:
        return placed
    begin(try_id, settings)
    return where(receivables.find_by_reference(placed.reference))


def _place_once(order: Order, checked: Cart | None = None) -> tuple[Placed, int | None]:
    """Where the order stands, and the try that the gateway is to be asked about now."""
    begin_unit = unit_of_work if checked is None else closing_unit
    with begin_unit("checkout") as session:
        sale, attempt = checkout.place(order, offering.choose_gateway, checked)
        session.flush()
        return where(sale.payment), attempt.id if attempt is not None else None


def _place_known(order: Order, problem: Exception) -> tuple[Placed, int | None]:
    if checkout.find(order.checkout_id) is not None:
        return _place_once(order)
    if isinstance(problem, IntegrityError):
        return _place_once(order)  # a name taken in this very moment: now the rules see it, and say so
    raise problem


def pay_again(payment_id: int, gateway: str, settings: Settings) -> Placed:
    """Another try for an order that is not paid. Raises Conflict when it cannot be paid any more."""
    with unit_of_work("checkout") as session:
        payment = payments.locked(payment_id)
        attempt = _next_try(payment, gateway)
        session.flush()
        try_id = attempt.id if attempt is not None else None
    if try_id is not None:
        begin(try_id, settings)
    return where(receivables.find(payment_id))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The button on our page was pressed. `step`: what the gateway's script needs; None when it is decided."""

    placed: Placed
    step: Mapping[str, Any] | None = field(default=None, repr=False)


def confirm(payment_id: int, gateway: str, settings: Settings, *, stored: bool = False) -> Confirmation:
    """Have the gateway ready to take the money that the buyer is about to confirm with its script; safe to repeat.

    `stored`: with the way to pay that their membership is charged by. Raises Conflict when it cannot be paid any more,
    and VendorUnreachable: then nothing was taken.
    """
    with unit_of_work("checkout") as session:
        attempt = _running_or_new(payments.locked(payment_id), gateway)
        session.flush()
        try_id, credential = attempt.id, _stored_credential(attempt) if stored else ""
    request = replace(_request_of(db.session.get_one(Try, try_id), settings), credential=credential)
    transactions.end_read()
    beginning = checked(beyond(gateways.get(gateway)).confirm(request))
    step = beginning.data if isinstance(beginning, BrowserStep) else None
    if isinstance(beginning, BrowserStep):
        beginning = replace(beginning, data={})  # secrets of the vendor are for the browser alone
    _record(try_id, gateway, beginning)
    return Confirmation(where(receivables.find(payment_id)), step)


def _stored_credential(attempt: Try) -> str:
    membership = attempt.payment.membership
    credential = membership.credential if membership is not None else None
    chargeable = credential is not None and credential.usable and credential.agreement is None
    if credential is None or not chargeable or credential.gateway not in gateways.sharing(attempt.gateway):
        raise Conflict(_("There is no stored way to pay."), code="nothing_stored")
    return credential.reference


def _running_or_new(payment: Payment, gateway: str) -> Try:
    sale_holds.keep_open(payment, gateway)
    running = payments.open_try(payment)
    if running is not None and running.is_unanswered_charge:
        raise Conflict(_("A payment is already under way."), code="try_open")
    if running is not None and running.gateway == gateway:
        return running
    if running is not None:
        payments.abandon_try(running, reason="the buyer chose another way to pay")
    return payments.begin_try(payment, gateway)


def _next_try(payment: Payment, gateway: str) -> Try | None:
    """None when its gateway knows already; where an answer was lost it is asked again with the same key."""
    attempt = _running_or_new(payment, gateway)
    return attempt if attempt.action is None else None


def begin(try_id: int, settings: Settings) -> None:
    """Ask the gateway of a try to take the money, and note its answer; safe to repeat with the same key."""
    attempt = db.session.get_one(Try, try_id)
    gateway, request = gateways.get(attempt.gateway), _request_of(attempt, settings)
    transactions.end_read()
    beginning = _ask(gateway, request)
    try:
        _record(try_id, attempt.gateway, beginning, request.agreement)
    except IntegrityError:  # a name that another try has already
        log.exception("gateway.name_used_twice", extra={"gateway": gateway.id, "payment": request.reference})
        _record(try_id, attempt.gateway, Done(Outcome(Verdict.UNKNOWN, reason="the name was used before")))


def _ask(gateway: Gateway, request: PaymentRequest) -> Beginning:
    """Whatever goes wrong at a gateway, or is no answer at all, leaves open whether it took the money."""
    try:
        return checked(gateway.begin(request))
    except Exception as error:
        log.exception("gateway.begin_failed", extra={"gateway": gateway.id, "payment": request.reference})
        return Done(Outcome(Verdict.UNKNOWN, reason=type(error).__name__))


def checked(beginning: Beginning) -> Beginning:
    """Raises TypeError for what is no answer, as a gateway without types may give one."""
    told = beginning.outcome if isinstance(beginning, Done) else beginning
    if not isinstance(told, Outcome | Redirect | BrowserStep | Later):
        raise TypeError(f"a gateway began a payment with {type(told).__name__}")
    return beginning


def _record(try_id: int, actor: str, beginning: Beginning, agreement: Agreement | None = None) -> None:
    with unit_of_work(actor) as session:
        attempt = session.get_one(Try, try_id)
        payment = payments.locked(attempt.payment_id)
        keep_payer(payment.customer, attempt.gateway, payer_told(beginning))
        terms = agreements.kept(agreement, payment) if agreement is not None else None
        payments.record_beginning(attempt, beginning, terms)


def payer_told(beginning: Beginning) -> str:
    """What the vendor calls the buyer, where it has said so."""
    told = beginning.outcome if isinstance(beginning, Done) else beginning
    return "" if isinstance(told, Later) else told.payer


def page_for(payment: Payment, gateway: str, settings: Settings) -> VendorPage | None:
    """What our page, in its language, needs to let the buyer pay on it; None for a gateway without a part on it."""
    request = replace(_request(payment, gateway, "", settings), locale=formatting.spoken())
    return beyond(gateways.get(gateway)).page(request)


def _request_of(attempt: Try, settings: Settings) -> PaymentRequest:
    return _request(attempt.payment, attempt.gateway, attempt.key, settings)


def _request(payment: Payment, gateway: str, key: str, settings: Settings) -> PaymentRequest:
    membership = payment.membership
    base, reference = settings.base_url, payment.reference
    can = gateways.get(gateway).capabilities
    return PaymentRequest(
        reference=reference,
        order_number=payment.order_number,
        amount=payment.asked,
        description=membership.plan.name if membership else payment.order_number,
        payer=payer_of(payment.customer, gateway),
        return_url=f"{base}/checkout/return/{reference}",
        cancel_url=f"{base}/checkout/return/{reference}?left=1",
        idempotency_key=key,
        store_credential=Capability.STORED_CREDENTIAL in can and membership is not None and membership.recurring,
        agreement=agreements.wanted(payment) if Capability.MANAGED_SUBSCRIPTION in can else None,
        locale=payment.customer.locale,
        metadata={"payment": reference, "membership": membership.reference if membership else ""},
    )


def where(payment: Payment) -> Placed:
    tries = payment.tries if payment.gateway != checkout.FREE else []  # what is free is settled without any
    last = tries[-1] if tries else None
    action = last.action if last is not None and last.is_open else None
    url = str(action["url"]) if action and action.get("type") == "redirect" else None
    declined = last is not None and not last.is_open and not payment.is_paid
    on_our_page = last is not None and asked.waits_on_our_page(last)
    return Placed(payment.reference, payment.customer.user_id, payment.is_paid, url, declined, on_our_page)
