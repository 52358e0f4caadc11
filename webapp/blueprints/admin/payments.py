"""Payments: what was asked for, how it was tried, and the word of an operator who saw the money arrive."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload
from wtforms import HiddenField, StringField

from webapp import bank_transfers
from webapp.blueprints.access import may, needs
from webapp.blueprints.admin import filters, lists, notes, reasons, searches, timeline, words
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.lists import Column, Listing
from webapp.blueprints.admin.related import CUSTOMER_NAME, PLAN, found
from webapp.blueprints.amounts import read_money
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import arrivals, audit, invoices, lifecycle, payments, refunds, sale_holds, tax_names, transfers
from webapp.domain.arrivals import Effect
from webapp.domain.staff import Capability
from webapp.errors import DomainError, Invalid
from webapp.flows import asking
from webapp.formatting import money
from webapp.gateways import beyond, gateways
from webapp.models import Membership, Payment, PaymentStatus, Try
from webapp.money import Money
from webapp.transactions import unit_of_work


def search(text: str, at_most: int | None = None) -> ColumnElement[bool]:
    """By order number, by the beginning of the reference or the whole one of a transfer, by what a gateway calls it, or
    by its customer."""
    return searches.any_of(
        Payment.id,
        select(Payment.id).where(searches.begins_with(Payment.reference, text)),
        *named_by_gateway(text),
        searches.by_customer(Payment.id, Payment.customer_id, text, at_most),
        *searches.by_number(Payment.id, text),
        *by_transfer(text),
    )


def by_transfer(text: str) -> list[Select[Any]]:
    """The payment whose reference stands on a bank statement, however it is spaced there."""
    found = bank_transfers.payment_id(text)
    return [] if found is None else [select(Payment.id).where(Payment.id == found)]


def named_by_gateway(text: str) -> list[Select[Any]]:
    """What a gateway itself calls the money or a try. The indexes begin with the gateway, so it is named."""
    known = list(gateways.all())
    return [
        select(Payment.id).where(Payment.gateway.in_(known), Payment.gateway_reference == text),
        select(Try.payment_id).where(Try.gateway.in_(known), Try.gateway_reference == text),
    ]


PAYMENTS = Listing(
    endpoint="admin.list_payments",
    model=Payment,
    title=_l("Payments"),
    columns=(
        Column(_l("Order number")),
        Column(_l("Customer")),
        Column(_l("Status")),
        Column(_l("Amount"), sort="amount", align="end"),
        Column(_l("Paid with")),
        Column(_l("Created"), sort="-created"),
    ),
    search=search,
    sorts={"created": Payment.created_at, "amount": Payment.total_minor},
    sort="-created",
    filters=(
        filters.by_status(Payment.status, PaymentStatus),
        filters.by_gateway(Payment.gateway),
        *filters.by_day(filters.in_order(Payment.created_at), "created"),
        filters.by_customer(Payment.customer_id),
    ),
    options=(joinedload(Payment.customer).options(CUSTOMER_NAME),),
    actions=("payments.confirm",),
    name=lambda one: f"{one.order_number}: {one.customer.display_name}",
)
list_view = View("admin/payments.html", block="list")
payment_view = View("admin/payment.html")
confirmation_view = View("admin/confirmation.html")


@bp.get("/payments")
@needs(Capability.PAYMENTS_VIEW)
def list_payments() -> ResponseReturnValue:
    return lists.show(PAYMENTS, list_view)


@bp.get("/payments/<int:payment_id>")
@needs(Capability.PAYMENTS_VIEW)
def show_payment(payment_id: int) -> ResponseReturnValue:
    return show(look_at(payment_id))


def look_at(payment_id: int) -> Payment:
    membership = joinedload(Payment.membership).options(PLAN, joinedload(Membership.credential))
    names = joinedload(Payment.customer).options(CUSTOMER_NAME), membership
    payment: Payment = found(Payment, payment_id, *names, joinedload(Payment.meta_rows))
    return payment


def vendors_page(payment: Payment) -> str:
    """Where the vendor shows it to the staff; empty where it has no such page, or its gateway is not there."""
    gateway = gateways.all().get(payment.gateway)
    address = beyond(gateway).address_of(payment.gateway_reference or "") if gateway is not None else ""
    return address if address.startswith("https://") else ""


def charges_next(payment: Payment) -> bool:
    """Whether it asks for the next period of a membership whose saved way to pay can be charged for it now."""
    membership = payment.membership
    if membership is None or payment.is_paid or payment.period_number != membership.periods_paid + 1:
        return False
    return may(Capability.MEMBERSHIPS_STEER) and lifecycle.can_be_charged_now(membership, payment)


def show(payment: Payment, *, problem: str = "", status: int = 200) -> Response:
    """`problem`: why what was just asked for was not done; the page shows how things stand now."""
    history = {
        "payments": [payment.id],
        "tries": [one.id for one in payment.tries],
        "refunds": [one.id for one in payment.refunds],
        "disputes": [one.id for one in payment.disputes],
    }
    people = timeline.people_in(one.reason for one in payment.tries)
    return payment_view.show(
        status=status,
        problem=problem,
        payment=payment,
        vendors_page=vendors_page(payment),
        what_for=words.PAID_FOR[payment.kind],
        can_charge=charges_next(payment),
        quoted=transfers.quoted(payment),
        arrival=ArrivalForm(formdata=None),
        reasons={one.id: reasons.told(timeline.name_people(one.reason, people)) for one in payment.tries},
        refundable=refunds.left(payment),
        taxes=tax_names.of_payment(payment),
        invoices=invoices.of_payment(payment.id),
        taxed_in_doubt=refunds.tax_left(payment) if payment.tax_doubt is not None and payment.is_paid else None,
        history=timeline.of_rows(history),
        notes=notes.shown(payment),
    )


class ArrivalForm(Form):
    """`other`: the button beside the amount was pressed; else it was what was asked for."""

    arrived = StringField(
        _l("Amount that arrived"),
        description=_l(
            "Less than was asked for is credit that pays a part, and the customer is asked for the rest. What is more "
            "than that is their credit."
        ),
    )
    other = HiddenField()


@bp.get("/payments/<int:payment_id>/confirmation")
@needs(Capability.PAYMENTS_CONFIRM)
def confirm_confirmation(payment_id: int) -> ResponseReturnValue:
    """The question on a page of its own, for browsers without script."""
    payment = look_at(payment_id)
    if payment.is_paid:
        return go_to(url_for("admin.show_payment", payment_id=payment_id))
    return ask_of_arrival(payment, ArrivalForm(formdata=None))


def ask_of_arrival(payment: Payment, form: ArrivalForm, *, status: int = 200) -> Response:
    return confirmation_view.show(status=status, payment=payment, arrival=form, errors=form.problems())


@bp.post("/payments/<int:payment_id>/confirmation")
@needs(Capability.PAYMENTS_CONFIRM)
def create_confirmation(payment_id: int) -> ResponseReturnValue:
    """The money arrived: what it was for begins. Another amount than was asked for is noted as what it is."""
    form = ArrivalForm()
    try:
        effect, arrived = note_arrival(payment_id, str(form.arrived.data or "") if form.other.data else None)
    except Invalid as error:
        form.arrived.errors = [error.message]
        return ask_of_arrival(look_at(payment_id), form, status=422)
    except DomainError as error:
        return show(look_at(payment_id), problem=error.message, status=error.status)
    flash(told_of(effect, arrived, look_at(payment_id)), "success")
    return go_to(url_for("admin.show_payment", payment_id=payment_id))


def note_arrival(payment_id: int, typed: str | None) -> tuple[Effect, Money]:
    """`typed`: the amount; None: what was asked for. Raises Invalid, Conflict."""
    who = actor()
    with unit_of_work(who):
        payment = payments.locked(payment_id)
        old = {"status": str(payment.status)}
        if typed is None:
            arrived, effect = payment.asked, Effect.SETTLED
            payments.confirm_by_hand(payment, actor=who)
        else:
            arrived = read_money(typed, payment.currency)
            effect = arrivals.note(payment, arrived, actor=who)
        after = {"status": str(payment.status)} | ({"arrived": str(arrived)} if typed is not None else {})
        audit.note(payment, "payments.confirm", before=old, after=after)
    return effect, arrived


def told_of(effect: Effect, arrived: Money, payment: Payment) -> str:
    if effect == Effect.PART:
        rest = money(payment.asked)
        return _("%(amount)s is noted, and the customer is asked for %(rest)s.", amount=money(arrived), rest=rest)
    if effect == Effect.KEPT:
        return _("The payment stays void. %(amount)s is the customer’s credit.", amount=money(arrived))
    if effect == Effect.SURPLUS:
        return _("The payment is completed. What is more than was asked for is the customer’s credit.")
    return _("The payment is completed.")


@bp.post("/payments/<int:payment_id>/question")
@needs(Capability.NOTICES_PROCESS)
def create_question(payment_id: int) -> ResponseReturnValue:
    """Ask the gateway now about the try that is under way, and act on what it says."""
    attempt = payments.open_try(look_at(payment_id))
    if attempt is None:
        flash(_("Nothing was asked: no try of this payment is under way."), "info")
        return go_to(url_for("admin.show_payment", payment_id=payment_id))
    attempt_id, number = attempt.id, attempt.number
    effect = asking.ask(attempt_id)
    with unit_of_work(actor()):
        audit.note(look_at(payment_id), "payments.ask", before={}, after={"try": number, "effect": effect})
    flash(_("The gateway was asked. This is how the payment stands now."), "success")
    return go_to(url_for("admin.show_payment", payment_id=payment_id))


@bp.post("/payments/<int:payment_id>/voiding")
@needs(Capability.PAYMENTS_REFUND)
def create_voiding(payment_id: int) -> ResponseReturnValue:
    """Nobody shall pay this any more. What credit was to pay of it is there again."""
    try:
        with unit_of_work(actor()):
            payment = payments.locked(payment_id)
            old = {"status": str(payment.status)}
            sale_holds.void(payment, reason="made void by an operator")
            audit.note(payment, "payments.void", before=old, after={"status": str(payment.status)})
    except DomainError as error:
        return show(look_at(payment_id), problem=error.message, status=error.status)
    flash(_("The payment is void."), "success")
    return go_to(url_for("admin.show_payment", payment_id=payment_id))
