"""Acting as a customer: beginning it with a reason, and ending it."""

from __future__ import annotations

from flask import Response, flash, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from webapp.blueprints import access
from webapp.blueprints.access import needs
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.forms import ActingForm
from webapp.blueprints.admin.related import found
from webapp.blueprints.auth import signing
from webapp.blueprints.views import View, go_to
from webapp.domain import acting
from webapp.domain.staff import Capability
from webapp.errors import Conflict
from webapp.models import Customer
from webapp.transactions import unit_of_work

acting_view = View("admin/acting.html")


def look_at(customer_id: int) -> Customer:
    """Raises Conflict for one whom nobody may act as."""
    customer: Customer = found(Customer, customer_id, joinedload(Customer.user))
    if not acting.may_be_acted_as(customer):
        raise Conflict(_("Nobody may act as one of the staff, or as a customer whose account is deleted."))
    return customer


@bp.get("/customers/<int:customer_id>/acting")
@needs(Capability.CUSTOMERS_ACT_AS)
def confirm_acting(customer_id: int) -> ResponseReturnValue:
    return ask(look_at(customer_id), ActingForm(formdata=None))


def ask(customer: Customer, form: ActingForm, *, status: int = 200) -> Response:
    return acting_view.show(status=status, customer=customer, form=form, errors=form.problems())


@bp.post("/customers/<int:customer_id>/acting")
@needs(Capability.CUSTOMERS_ACT_AS)
def create_acting(customer_id: int) -> ResponseReturnValue:
    """From now on the account's pages are this customer's, in this browser, for an hour."""
    customer, form = look_at(customer_id), ActingForm()
    if not form.validate():
        return ask(customer, form, status=422)
    session_id = signing.this_session().id
    with unit_of_work(actor()):
        acting.begin(session_id, look_at(customer_id), form.reason.data or "")
    session[access.ACTING] = True
    return go_to(url_for("account.overview"))


@bp.post("/acting/end")
@needs(Capability.CUSTOMERS_ACT_AS)
def end_acting() -> ResponseReturnValue:
    """Back to the customer's page in the admin."""
    own = signing.this_session()
    session_id, customer_id = own.id, own.acting_as_id
    with unit_of_work(actor()):
        acting.end(session_id, acting.ENDED)
    session.pop(access.ACTING, None)
    flash(_("You are yourself again."), "success")
    if customer_id is None:  # its time was over
        return go_to(url_for("admin.list_customers"))
    return go_to(url_for("admin.show_customer", customer_id=customer_id))
