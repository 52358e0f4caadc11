"""The credit of a customer: an operator gives some, or takes some off, and says why."""

from __future__ import annotations

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import Length

from webapp.blueprints import credit_words
from webapp.blueprints.access import needs
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.related import found
from webapp.blueprints.amounts import read_money
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.currencies import currencies
from webapp.domain import credits, network
from webapp.domain.staff import Capability
from webapp.errors import DomainError
from webapp.formatting import money
from webapp.models import Customer
from webapp.transactions import unit_of_work

credit_view = View("admin/credit.html")


def all_currencies() -> list[SelectChoice]:
    return [SelectChoice(code, name) for code, name in currencies(str(get_locale() or "en")).items()]


class CreditForm(Form):
    amount = StringField(
        _l("Amount"),
        validators=[Length(max=40)],
        description=_l("With a minus it is taken off. The next payments use it before any gateway is asked."),
    )
    currency = SelectField(_l("Currency"), choices=all_currencies)
    reason = StringField(
        _l("Reason"),
        validators=[Length(max=300, message=_l("Use at most 300 characters."))],
        description=_l("The customer reads it beside the amount."),
    )


@bp.get("/customers/<int:customer_id>/credit")
@needs(Capability.CUSTOMERS_VIEW)
def show_credit(customer_id: int) -> ResponseReturnValue:
    return show(customer_id, CreditForm(formdata=None, currency=network.settings().currency))


def show(customer_id: int, form: CreditForm, *, status: int = 200) -> ResponseReturnValue:
    customer: Customer = found(Customer, customer_id)
    return credit_view.show(
        status=status,
        customer=customer,
        form=form,
        errors=form.problems(),
        **credit_words.standing(customer.id),
    )


@bp.post("/customers/<int:customer_id>/credit")
@needs(Capability.CUSTOMERS_CREDIT)
def create_credit(customer_id: int) -> ResponseReturnValue:
    form = CreditForm()
    if not form.validate():
        return show(customer_id, form, status=422)
    try:
        amount = read_money(str(form.amount.data or ""), str(form.currency.data))
        with unit_of_work(actor()):
            customer: Customer = found(Customer, customer_id)
            credits.adjust(customer, amount, reason=str(form.reason.data or ""))
    except DomainError as error:
        beside = form.reason if error.field == "reason" else form.amount
        beside.errors = [error.message]
        return show(customer_id, form, status=error.status)
    there = money(credits.balance(customer_id, amount.currency))
    flash(_("The credit is now %(amount)s.", amount=there), "success")
    return go_to(url_for("admin.show_credit", customer_id=customer_id))
