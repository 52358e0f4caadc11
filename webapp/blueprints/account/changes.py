"""Other terms for a membership: what there is to choose, what it would cost, and that it is wanted."""

from __future__ import annotations

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from webapp.blueprints import access, change_choices, change_preview
from webapp.blueprints.account import memberships as membership_pages
from webapp.blueprints.account.base import bp, changing, customer
from webapp.blueprints.change_preview import Refusal
from webapp.blueprints.views import View, go_to, is_fragment_request
from webapp.domain import catalog, memberships
from webapp.errors import DomainError
from webapp.extensions import limiter
from webapp.flows import changing as flow
from webapp.flows.changing import Asked
from webapp.formatting import long_date
from webapp.models import Membership

change_view = View("account/change.html", block="change")


@bp.get("/memberships/<int:membership_id>/change")
def show_change(membership_id: int) -> ResponseReturnValue:
    membership = look_at(membership_id)
    if not memberships.can_be_changed(membership):
        return go_to(url_for(".show_membership", membership_id=membership_id))
    return show(membership, request.args)


def look_at(membership_id: int) -> Membership:
    """One of this customer's. Somebody else's is not found. Raises NotFound."""
    catalog.plans_on_offer()  # with their prices, which the membership's own page leaves out
    return memberships.in_full(membership_id, customer_id=customer().id)


def show(
    membership: Membership, given: MultiDict[str, str], *, problem: str = "", error: Refusal | None = None
) -> Response:
    """`problem`, `error`: why what was just asked for was not done; the choices are still there, at today's price."""
    choices = change_choices.read(membership, given)
    preview = change_preview.of(membership, choices)
    status = 422 if problem else 200
    if error is not None:
        problem, status = change_preview.said(error, preview), error.why.status
    return change_view.show(
        status=status,
        membership=membership,
        choices=choices,
        preview=preview,
        problem=problem,
        is_whole=not is_fragment_request(),
    )


@bp.post("/memberships/<int:membership_id>/change")
@limiter.limit("20 per minute")
def create_change(membership_id: int) -> ResponseReturnValue:
    """What was shown is wanted: done at once, charged, to be paid, or noted for the end of what is paid."""
    access.not_acting()
    membership = look_at(membership_id)
    seen = change_preview.seen(request.form.get("offer", ""), membership_id)
    if seen is None:
        return go_to(url_for(".show_change", membership_id=membership_id))
    wish = change_choices.read(membership, seen.given).request
    if not seen.is_fresh or wish is None:
        return show(membership, seen.given, problem=change_preview.inactive())
    try:
        asked = flow.ask(membership_id, wish, at=seen.at, key=seen.key, unit=changing)
    except DomainError as error:
        return show(look_at(membership_id), seen.given, error=Refusal(error, seen))
    return go_on(membership_id, asked)


def go_on(membership_id: int, asked: Asked) -> Response:
    if asked.to_pay:
        return go_to(url_for("pay.show_payment", reference=asked.to_pay))
    if asked.is_applied:
        flash(_("Your contract has been changed."), "success")
    elif asked.starts_at is not None:
        text = _("The change comes on %(date)s. Until then nothing changes.", date=long_date(asked.starts_at))
        flash(text, "success")
    else:
        flash(_("Your payment is being checked. The change comes as soon as it has arrived."), "info")
    return go_to(url_for(".show_membership", membership_id=membership_id))


@bp.post("/memberships/<int:membership_id>/change/withdrawal")
def withdraw_change(membership_id: int) -> ResponseReturnValue:
    """What waits shall not come after all."""
    memberships.find(membership_id, customer_id=customer().id)
    try:
        flow.withdraw(membership_id, reason="withdrawn by the customer", unit=changing)
    except DomainError as error:
        return membership_pages.refused(membership_id, error)
    flash(_("The change is withdrawn. The contract goes on as before."), "success")
    return go_to(url_for(".show_membership", membership_id=membership_id))
