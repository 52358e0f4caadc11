"""Giving money back: how much, where to, why; and what an operator knows of a refund that no gateway tells of."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, StringField
from wtforms.validators import Length

from webapp.blueprints.access import needs
from webapp.blueprints.admin import payments as pages
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.amounts import read_money, written
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, payments, refund_moves, refunds
from webapp.domain.refunds import Wish
from webapp.domain.staff import Capability
from webapp.errors import DomainError, Invalid
from webapp.flows import refunding
from webapp.models import Payment, Refund, RefundKind, RefundStatus
from webapp.transactions import unit_of_work

WHOLE, UNUSED, TAX, OTHER = "whole", "unused", "tax", "other"
refund_view = View("admin/refund.html")


class RefundForm(Form):
    share = RadioField(_l("How much"), choices=[WHOLE, UNUSED, TAX, OTHER], default=WHOLE)
    amount = StringField(_l("Amount"), validators=[Length(max=40)])
    reason = StringField(
        _l("Reason"), validators=[Length(max=300, message=_l("Use at most 300 characters."))], default=""
    )
    to_credit = BooleanField(_l("Keep it as credit instead of sending it back"))
    end_membership = BooleanField(_l("End the membership once the money has gone"))


@bp.get("/payments/<int:payment_id>/refund")
@needs(Capability.PAYMENTS_REFUND)
def confirm_refund(payment_id: int) -> ResponseReturnValue:
    """What is to go back, with what can still go filled in."""
    payment = pages.look_at(payment_id)
    if not refunds.left(payment):
        return go_to(url_for("admin.show_payment", payment_id=payment_id))
    return ask(payment, RefundForm(formdata=None, amount=written(refunds.left(payment))))


def ask(payment: Payment, form: RefundForm, *, problem: str = "", status: int = 200) -> Response:
    amounts = {WHOLE: refunds.left(payment), UNUSED: refunds.unused(payment), TAX: refunds.tax_left(payment)}
    return refund_view.show(
        status=status,
        payment=payment,
        form=form,
        problem=problem,
        errors=form.problems(),
        amounts=amounts,
        at_gateway=refunds.left_at_gateway(payment),
        may_end=refunds.pays_now(payment),
    )


@bp.post("/payments/<int:payment_id>/refunds")
@needs(Capability.PAYMENTS_REFUND)
def create_refund(payment_id: int) -> ResponseReturnValue:
    """Note the wish, then ask the gateway; its answer may come later."""
    form, payment = RefundForm(), pages.look_at(payment_id)
    if not form.validate():
        return ask(payment, form, status=422)
    try:
        with unit_of_work(actor()):
            refund = refunding.begin(payment_id, wished(payments.locked(payment_id), form))
            facts = {"amount": str(refund.amount), "credit": str(refund.credit), "reason": refund.reason}
            audit.note(refund.payment, "payments.refund", before={}, after={"refund": refund.id, **facts})
    except DomainError as error:
        if error.field == "amount":
            form.amount.errors = [error.message]
        return ask(pages.look_at(payment_id), form, problem="" if error.field else error.message, status=error.status)
    refunding.send(refund.id)
    return told(refunds.find(refund.id))


def wished(payment: Payment, form: RefundForm) -> Wish:
    """What was chosen, as it stands now. Raises Invalid."""
    reason = str(form.reason.data or "")
    if form.share.data == TAX:
        return refunds.tax_of(payment, reason=reason)
    amounts = {WHOLE: refunds.left(payment), UNUSED: refunds.unused(payment)}
    try:
        chosen = amounts.get(str(form.share.data))
        amount = chosen if chosen is not None else read_money(str(form.amount.data or ""), payment.currency)
    except Invalid as problem:
        raise Invalid(problem.message, field="amount") from None
    return Wish(
        amount,
        reason,
        RefundKind.AMOUNT,
        to_credit=bool(form.to_credit.data),
        end_membership=bool(form.end_membership.data),
    )


def told(refund: Refund) -> Response:
    if refund.status == RefundStatus.SUCCEEDED:
        flash(_("The money has been given back."), "success")
    elif refund.status == RefundStatus.FAILED:
        flash(_("The money was not given back: %(why)s", why=refund.problem), "error")
    elif refund.by_hand:
        flash(_("Send the money now, and confirm it below when it is done."), "info")
    else:
        flash(_("The gateway is working on it. You are told here when it is done."), "info")
    return go_to(url_for("admin.show_payment", payment_id=refund.payment_id))


@bp.post("/payments/<int:payment_id>/refunds/<int:refund_id>/settlement")
@needs(Capability.PAYMENTS_REFUND)
def create_settlement(payment_id: int, refund_id: int) -> ResponseReturnValue:
    """An operator knows what became of it: sent, or not."""
    form, who = SettlementForm(), actor()
    try:
        with unit_of_work(who):
            payment = payments.locked(payment_id)
            refund = refunds.find(refund_id, payment_id=payment_id)
            old = {"status": str(refund.status)}
            refund_moves.confirm_by_hand(refund, sent=bool(form.sent.data), actor=who)
            new = {"refund": refund.id, "status": str(refund.status)}
            audit.note(payment, "payments.refund-settle", before=old, after=new)
    except DomainError as error:
        return pages.show(pages.look_at(payment_id), problem=error.message, status=error.status)
    return told(refunds.find(refund_id))


class SettlementForm(Form):
    sent = BooleanField(false_values=("", "0"))


@bp.post("/payments/<int:payment_id>/refunds/<int:refund_id>/question")
@needs(Capability.NOTICES_PROCESS)
def create_refund_question(payment_id: int, refund_id: int) -> ResponseReturnValue:
    """Ask the gateway now what became of it."""
    refunds.find(refund_id, payment_id=payment_id)
    effect = refunding.send(refund_id)
    with unit_of_work(actor()):
        payment = pages.look_at(payment_id)
        audit.note(payment, "payments.refund-ask", before={}, after={"refund": refund_id, "effect": effect})
    return told(refunds.find(refund_id))
