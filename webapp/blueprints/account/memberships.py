"""One membership: how it stands, what comes next, and how its customer ends it or keeps it after all."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from webapp.blueprints import access, prospect_words
from webapp.blueprints.account import words
from webapp.blueprints.account.base import bp, changing, customer
from webapp.blueprints.consumer import telling
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import (
    declarations,
    entitlements,
    lifecycle,
    locks,
    memberships,
    pending_changes,
    reactivations,
    receivables,
    site_room,
)
from webapp.domain.limits import Limit, Use
from webapp.domain.stories import Place
from webapp.errors import Conflict, DomainError
from webapp.formatting import long_date
from webapp.models import Membership

membership_view = View("account/membership.html")
cancellation_view = View("account/cancellation.html")
PAYMENTS_SHOWN = 10
BY_CUSTOMER = "cancelled by the customer"

# Asked once, after the receipt (X7); systems that count reasons know them by these names.
REASONS = (
    ("too_expensive", _l("It costs too much")),
    ("missing_feature", _l("Something I need is missing")),
    ("not_needed", _l("I no longer need it")),
    ("too_difficult", _l("It is too difficult to use")),
    ("other", _l("Another reason")),
)


class CancellationForm(Form):
    version = IntegerField("", validators=[Optional()], widget=HiddenInput())


class ReasonForm(Form):
    reason = RadioField(
        _l("Why did you cancel?"), choices=[SelectChoice(*one) for one in REASONS], validate_choice=False
    )


@bp.get("/memberships/<int:membership_id>")
def show_membership(membership_id: int) -> ResponseReturnValue:
    return show(memberships.in_full(membership_id, customer_id=customer().id))


def show(membership: Membership, *, problem: str = "", status: int = 200) -> Response:
    """`problem`: why what was just asked for was not done; the page shows how things stand now."""
    return membership_view.show(
        status=status,
        problem=problem,
        membership=membership,
        sites=[site for site in membership.sites if site.is_kept],
        rooms=site_room.look(membership),
        uses=limited_uses(membership) if membership.is_served else [],
        payments=receivables.of_customer(membership.customer_id, membership_id=membership.id, limit=PAYMENTS_SHOWN),
        ahead=prospect_words.steps(membership, lifecycle.next_payment(membership)),
        **told(membership),
        can_be_cancelled=memberships.can_be_cancelled(membership),
        can_be_kept=memberships.can_be_kept(membership),
        can_be_taken_up=reactivations.is_possible(membership),
        can_be_changed=memberships.can_be_changed(membership),
        change=pending_changes.of(membership),
        reasons=REASONS,
        reason_form=ReasonForm(formdata=None) if membership.cancellation_reason == BY_CUSTOMER else None,
    )


def limited_uses(membership: Membership) -> list[Use]:
    """Of what has a limit; that a contract is for one site goes without saying. Counts nothing where none has."""
    entitled = entitlements.of(membership)
    limits = (Limit.SITES, Limit.CUSTOM_DOMAINS)
    limited = [
        one for one in limits if entitled.limits[one] is not None and (one, entitled.limits[one]) != (limits[0], 1)
    ]
    return [use for use in entitlements.uses(membership, entitled) if use.limit in limited] if limited else []


def told(membership: Membership) -> dict[str, Any]:
    """What happened, from where `?before=` says on."""
    before = Place.parse(request.args.get("before", ""))
    history, older = words.history_of(membership, before)
    here = partial(url_for, ".show_membership", membership_id=membership.id, _anchor="history-title")
    return {
        "history": history,
        "older_url": here(before=str(older)) if older else None,
        "newer_url": here() if before else None,
    }


@bp.get("/memberships/<int:membership_id>/cancellation")
def confirm_cancellation(membership_id: int) -> ResponseReturnValue:
    """What it does and when, before it is done."""
    membership = memberships.in_full(membership_id, customer_id=customer().id)
    if not memberships.can_be_cancelled(membership):
        return go_to(url_for(".show_membership", membership_id=membership_id))
    return cancellation_view.show(
        membership=membership,
        form=CancellationForm(formdata=None, version=membership.version),
        effect=words.effect_of_cancelling(membership),
        waits=memberships.can_wait(membership),
        sites=[site for site in membership.sites if site.is_kept],
    )


@bp.post("/memberships/<int:membership_id>/cancellation")
def create_cancellation(membership_id: int) -> ResponseReturnValue:
    """Stop renewing; access lasts to the end of the paid period."""
    form, customer_id = CancellationForm(), customer().id
    try:
        with changing():
            membership = locks.membership(membership_id, customer_id=customer_id)
            is_first = memberships.can_be_cancelled(membership)
            if is_first and form.version.data != membership.version:
                raise Conflict()
            memberships.cancel(membership, reason=BY_CUSTOMER)
            if is_first and access.acted_as() is None:  # else the mail about what the staff cancels goes out
                telling.tell_owner(membership, f"cancellation-{membership.id}-{membership.version}")
    except DomainError as error:
        return refused(membership_id, error)
    flash(said(membership), "success")
    return go_to(url_for(".show_membership", membership_id=membership_id))


def refused(membership_id: int, error: DomainError) -> Response:
    """The page as it is now, and why nothing was changed. Raises NotFound for somebody else's."""
    membership = memberships.in_full(membership_id, customer_id=customer().id)
    return show(membership, problem=error.message, status=error.status)


def said(membership: Membership) -> str:
    if membership.cancelled_at is not None or membership.cancel_at is None:
        return _("Your contract has ended.")
    return _("Your contract ends on %(date)s. Until then nothing changes.", date=long_date(membership.cancel_at))


@bp.post("/memberships/<int:membership_id>/cancellation/undo")
def undo_cancellation(membership_id: int) -> ResponseReturnValue:
    """It goes on as before."""
    customer_id = customer().id
    try:
        with changing():
            membership = locks.membership(membership_id, customer_id=customer_id)
            memberships.undo_cancellation(membership)
            declarations.note_undone(membership)
    except DomainError as error:
        return refused(membership_id, error)
    flash(_("Your cancellation is undone. The contract goes on as before."), "success")
    return go_to(url_for(".show_membership", membership_id=membership_id))


@bp.post("/memberships/<int:membership_id>/reactivation")
def create_reactivation(membership_id: int) -> ResponseReturnValue:
    """Take up again what has ended: its customer goes on to the page where a period is paid."""
    customer_id = customer().id
    try:
        with changing() as session:
            membership = locks.membership(membership_id, customer_id=customer_id)
            payment = reactivations.ask(membership)
            session.flush()
            reference = payment.reference
    except DomainError as error:
        return refused(membership_id, error)
    return go_to(url_for("pay.show_payment", reference=reference))


@bp.post("/memberships/<int:membership_id>/cancellation/reason")
def create_reason(membership_id: int) -> ResponseReturnValue:
    """One of the reasons we offer; none, or anything else, is no answer, and that is fine."""
    form, customer_id = ReasonForm(), customer().id
    if form.validate() and form.reason.data in dict(REASONS):
        with changing():
            memberships.note_reason(memberships.find(membership_id, customer_id=customer_id), form.reason.data)
        flash(_("Thank you for telling us."), "success")
    return go_to(url_for(".show_membership", membership_id=membership_id))
