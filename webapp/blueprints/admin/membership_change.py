"""Other terms for a membership, given by the staff: what there is to choose, what it would cost, that it is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import StringField
from wtforms.validators import Length

from webapp import clock
from webapp.blueprints import change_choices, change_preview
from webapp.blueprints.access import needs
from webapp.blueprints.admin import memberships as pages
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.change_preview import Refusal
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to, is_fragment_request
from webapp.domain import audit, catalog, locks, memberships, pending_changes, renewals
from webapp.domain.staff import Capability
from webapp.errors import DomainError
from webapp.extensions import db
from webapp.flows import changing as flow
from webapp.flows.changing import Asked
from webapp.formatting import long_date
from webapp.models import Change, LineType, Membership
from webapp.transactions import unit_of_work

change_view = View("admin/membership_change.html", block="change")


class ReasonForm(Form):
    reason = StringField(_l("Reason"), validators=[Length(max=300, message=_l("Use at most 300 characters."))])


@bp.get("/memberships/<int:membership_id>/change")
@needs(Capability.MEMBERSHIPS_STEER)
def show_membership_change(membership_id: int) -> ResponseReturnValue:
    membership = look_at(membership_id)
    if not memberships.can_be_changed(membership):
        return go_to(url_for(".show_membership", membership_id=membership_id))
    return show(membership, request.args, ReasonForm(formdata=None))


def look_at(membership_id: int) -> Membership:
    """With the prices of what it has, which its own page leaves out. Raises NotFound."""
    catalog.all_plans()
    return pages.look_at(membership_id)


def show(
    membership: Membership,
    given: MultiDict[str, str],
    reason_form: ReasonForm,
    *,
    problem: str = "",
    error: Refusal | None = None,
) -> Response:
    """`problem`, `error`: why what was just asked for was not done; the choices are still there, at today's price."""
    choices = change_choices.read(membership, given, by_staff=True)
    preview = change_preview.of(membership, choices)
    status = 422 if problem or reason_form.errors else 200
    if error is not None:
        problem, status = change_preview.said(error, preview, by_staff=True), error.why.status
    card = membership.credential if renewals.can_be_charged(membership) else None
    return change_view.show(
        status=status,
        membership=membership,
        choices=choices,
        preview=preview,
        problem=problem or " ".join(reason_form.reason.errors),
        is_whole=not is_fragment_request(),
        reason_form=reason_form,
        charged_to=card.label if card is not None else None,
    )


@bp.post("/memberships/<int:membership_id>/change")
@needs(Capability.MEMBERSHIPS_STEER)
def create_membership_change(membership_id: int) -> ResponseReturnValue:
    """What was shown is wanted: done at once, charged, to be paid, or noted for the end of what is paid."""
    form, membership = ReasonForm(), look_at(membership_id)
    seen = change_preview.seen(request.form.get("offer", ""), membership_id, by_staff=True)
    if seen is None:
        return go_to(url_for(".show_membership_change", membership_id=membership_id))
    wish = change_choices.read(membership, seen.given, by_staff=True).request
    if not form.validate():
        return show(membership, seen.given, form)
    if not seen.is_fresh or wish is None:
        return show(membership, seen.given, form, problem=change_preview.inactive())
    unit = partial(changing, membership_id, str(form.reason.data or "").strip())
    try:
        asked = flow.ask(membership_id, wish, at=seen.at, key=seen.key, unit=unit)
    except DomainError as error:
        return show(look_at(membership_id), seen.given, form, error=Refusal(error, seen))
    flash(said(asked), "success" if asked.is_applied or asked.starts_at is not None else "info")
    return go_to(url_for(".show_membership", membership_id=membership_id))


def said(asked: Asked) -> str:
    if asked.is_applied:
        return _("The membership is changed.")
    if asked.starts_at is not None:
        return _("The change comes on %(date)s. Until then nothing changes.", date=long_date(asked.starts_at))
    if asked.to_pay:
        return _("The change comes once it is paid. The link for the customer is on this page.")
    return _("The payment is being checked. The change comes as soon as it has arrived.")


@bp.post("/memberships/<int:membership_id>/change/withdrawal")
@needs(Capability.MEMBERSHIPS_STEER)
def withdraw_membership_change(membership_id: int) -> ResponseReturnValue:
    """What waits shall not come after all."""
    pages.look_at(membership_id)
    try:
        flow.withdraw(membership_id, reason="withdrawn by the staff", unit=partial(withdrawing, membership_id))
    except DomainError as error:
        return pages.show(pages.look_at(membership_id), problem=error.message, status=error.status)
    flash(_("The change is withdrawn. The membership goes on as before."), "success")
    return go_to(url_for(".show_membership", membership_id=membership_id))


# -- the audit log ---------------------------------------------------------------------------------------------------
@contextmanager
def changing(membership_id: int, reason: str) -> Iterator[Session]:
    """A unit of work with an entry in the log: how it was, how it is to be, from when, and why."""
    with unit_of_work(actor()) as session:
        membership = locks.membership(membership_id)
        before = of_membership(membership)
        yield session
        session.flush()
        change = newest(membership)
        after = of_change(change) if change is not None else {}
        audit.note(
            membership, "memberships.change", before=before, after=after | ({"reason": reason} if reason else {})
        )


@contextmanager
def withdrawing(membership_id: int) -> Iterator[Session]:
    """The same for what shall not come: how it was to be, and how it stays."""
    with unit_of_work(actor()) as session:
        membership = locks.membership(membership_id)
        waiting = pending_changes.of(membership)
        before = of_change(waiting) if waiting is not None else None
        yield session
        if before is not None:
            audit.note(membership, "memberships.withdraw-change", before=before, after=of_membership(membership))


def newest(membership: Membership) -> Change | None:
    query = select(Change).where(Change.membership_id == membership.id).order_by(Change.id.desc()).limit(1)
    return db.session.scalars(query).one_or_none()


def of_membership(one: Membership) -> dict[str, str]:
    return facts(one, [(item.product_id, item.quantity) for item in one.items if item.type == LineType.PRODUCT])


def of_change(one: Change) -> dict[str, str]:
    told = facts(one, [(item["product_id"], item["quantity"]) for item in one.items])
    return {**told, "begins": clock.rfc3339(one.starts_at)} if one.starts_at else told


def facts(terms: Membership | Change, items: Sequence[tuple[int, int]]) -> dict[str, str]:
    names = {one.id: one.name for one in catalog.find_by_ids([number for number, _quantity in items])}
    return {
        "plan": terms.plan.name,
        "period": str(terms.period),
        "products": ", ".join(f"{quantity} × {names.get(number, number)}" for number, quantity in sorted(items)),
        "price": f"{terms.price.decimal} {terms.currency}",
    }
