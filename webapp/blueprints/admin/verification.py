"""A customer who has yet to confirm their address: the link once more, or the staff knows it is theirs."""

from __future__ import annotations

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints.access import needs
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.related import found
from webapp.blueprints.views import go_to
from webapp.domain import audit, email_addresses
from webapp.domain.staff import Capability
from webapp.errors import Conflict
from webapp.models import Customer
from webapp.transactions import unit_of_work


def unconfirmed(customer_id: int) -> Customer:
    """Raises Conflict when there is nothing to confirm (any more)."""
    customer: Customer = found(Customer, customer_id)
    if customer.is_verified:
        raise Conflict()
    return customer


@bp.post("/customers/<int:customer_id>/confirmation-link")
@needs(Capability.CUSTOMERS_CONFIRM)
def create_confirmation_link(customer_id: int) -> ResponseReturnValue:
    with unit_of_work(actor()):
        customer = unconfirmed(customer_id)
        email_addresses.request_confirmation(customer)
        audit.note(customer, "customers.ask-to-confirm", before={}, after={"to": customer.email})
    flash(_("The link is sent again."), "success")
    return go_to(url_for("admin.show_customer", customer_id=customer_id))


@bp.post("/customers/<int:customer_id>/confirmed")
@needs(Capability.CUSTOMERS_CONFIRM)
def create_confirmed(customer_id: int) -> ResponseReturnValue:
    """What waited for it goes on, as if the link had been followed."""
    with unit_of_work(actor()):
        customer = unconfirmed(customer_id)
        before = {"email_verification": str(customer.email_verification)}
        email_addresses.confirm(customer.user)
        after = {"email_verification": str(customer.email_verification)}
        audit.note(customer, "customers.confirm", before=before, after=after)
    flash(_("The address counts as confirmed."), "success")
    return go_to(url_for("admin.show_customer", customer_id=customer_id))
