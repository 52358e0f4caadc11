"""A customer who has lost their authenticator app and the recovery codes: the staff takes the second step away."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from webapp.blueprints.access import needs
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.forms import LettingInForm
from webapp.blueprints.admin.related import found
from webapp.blueprints.auth.security import proof_first
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, credentials
from webapp.domain.sessions import Origin
from webapp.domain.staff import Capability
from webapp.errors import Conflict
from webapp.models import Customer
from webapp.transactions import unit_of_work

removal_view = View("admin/customer_two_step.html")


def look_at(customer_id: int) -> Customer:
    """Raises Conflict for one of the staff, whom only owners let in."""
    customer: Customer = found(Customer, customer_id, joinedload(Customer.user))
    if customer.user.is_operator:
        raise Conflict(_("This is one of the staff: an owner removes it, under Staff."))
    return customer


@bp.get("/customers/<int:customer_id>/two-step/removal")
@needs(Capability.CUSTOMERS_LET_IN)
def confirm_customer_two_step_removal(customer_id: int) -> ResponseReturnValue:
    return proof_first() or ask(look_at(customer_id), LettingInForm(formdata=None))


def ask(customer: Customer, form: LettingInForm, *, status: int = 200) -> Response:
    return removal_view.show(status=status, customer=customer, form=form, errors=form.problems())


@bp.post("/customers/<int:customer_id>/two-step/removal")
@needs(Capability.CUSTOMERS_LET_IN)
def create_customer_two_step_removal(customer_id: int) -> ResponseReturnValue:
    """From where the staff works is none of the customer's business: their mail does not say."""
    if (first := proof_first(url_for(".confirm_customer_two_step_removal", customer_id=customer_id))) is not None:
        return first
    customer, form = look_at(customer_id), LettingInForm()
    if not form.validate():
        return ask(customer, form, status=422)
    with unit_of_work(actor()):
        customer = look_at(customer_id)
        credentials.remove_two_step(customer.user, Origin())
        after = {"two_step": False, "reason": form.reason.data}
        audit.note(customer, "customers.remove-two-step", before={"two_step": True}, after=after)
    flash(_("Their two-step sign-in is removed. They were told by mail."), "success")
    return go_to(url_for("admin.show_customer", customer_id=customer_id))
