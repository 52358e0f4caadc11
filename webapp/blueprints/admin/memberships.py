"""Memberships: how they stand, what they were paid, and how an operator ends one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select, union_all
from sqlalchemy.orm import joinedload

from webapp.blueprints import prospect_words
from webapp.blueprints.access import needs
from webapp.blueprints.admin import filters, lists, notes, searches, story
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.forms import CancellationForm
from webapp.blueprints.admin.lists import Column, Listing
from webapp.blueprints.admin.related import CUSTOMER_NAME, PLAN, SHOWN_AT_MOST, Newest, found, newest
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, form_answers, locks, memberships, pending_changes, steering
from webapp.domain.staff import Capability
from webapp.domain.stories import Place
from webapp.errors import Conflict, DomainError
from webapp.extensions import db
from webapp.formatting import long_date
from webapp.models import (
    Membership,
    MembershipItem,
    MembershipStatus,
    Payment,
    PaymentStatus,
    Product,
    Site,
    SiteStatus,
)
from webapp.transactions import unit_of_work


def search(text: str, at_most: int | None = None) -> ColumnElement[bool]:
    """By number, by the beginning of the reference, or by its customer."""
    return searches.any_of(
        Membership.id,
        select(Membership.id).where(searches.begins_with(Membership.reference, text)),
        searches.by_customer(Membership.id, Membership.customer_id, text, at_most),
        *searches.by_number(Membership.id, text),
    )


MEMBERSHIPS = Listing(
    endpoint="admin.list_memberships",
    model=Membership,
    title=_l("Memberships"),
    columns=(
        Column(_l("Number")),
        Column(_l("Customer")),
        Column(_l("Plan")),
        Column(_l("Status")),
        Column(_l("Price"), align="end"),
        Column(_l("Renews or ends")),
        Column(_l("Created"), sort="-created"),
    ),
    search=search,
    sorts={"created": Membership.created_at},
    sort="-created",
    filters=(
        filters.by_status(Membership.status, MembershipStatus),
        filters.by_plan(Membership.plan_id),
        filters.by_gateway(Membership.gateway),
        *filters.by_day(filters.in_order(Membership.created_at)),
        filters.by_customer(Membership.customer_id),
    ),
    options=(joinedload(Membership.customer).options(CUSTOMER_NAME), PLAN),
    actions=("memberships.cancel",),
    name=lambda one: f"{one.id}: {one.plan.name} – {one.customer.display_name}",
)
list_view = View("admin/memberships.html", block="list")
membership_view = View("admin/membership.html")
cancellation_view = View("admin/cancellation.html")


@bp.get("/memberships")
@needs(Capability.MEMBERSHIPS_VIEW)
def list_memberships() -> ResponseReturnValue:
    return lists.show(MEMBERSHIPS, list_view)


@bp.get("/memberships/<int:membership_id>")
@needs(Capability.MEMBERSHIPS_VIEW)
def show_membership(membership_id: int) -> ResponseReturnValue:
    return show(look_at(membership_id))


def look_at(membership_id: int) -> Membership:
    shown = (
        joinedload(Membership.customer),  # whose address decides the tax of the next charge
        joinedload(Membership.plan).lazyload(Product.variations),
        joinedload(Membership.credential),
        joinedload(Membership.meta_rows),
        joinedload(Membership.items).joinedload(MembershipItem.product).lazyload(Product.variations),
    )
    membership: Membership = found(Membership, membership_id, *shown)
    return membership


def show(membership: Membership, *, problem: str = "", status: int = 200) -> Response:
    """`problem`: why what was just asked for was not done; the page shows how things stand now."""
    payments, asked, unpaid = payments_of(membership)
    happened = told(membership)  # before what is ahead: it reads what that needs of the payments
    return membership_view.show(
        status=status,
        problem=problem,
        membership=membership,
        answers=form_answers.shown(membership),
        items=membership.items,
        payments=payments,
        ahead=prospect_words.steps(membership, asked),
        **happened,
        notes=notes.shown(membership),
        endings=endings(membership),
        steps=steering.possible(membership, asked),
        can_be_changed=memberships.can_be_changed(membership),
        change=pending_changes.of(membership),
        sites=sites_of(membership),
        unpaid=unpaid,
    )


def payments_of(membership: Membership) -> tuple[Newest, Payment | None, Newest]:
    """The newest, the one for its next period, and those that are still open; in one statement."""
    mine, is_open = Payment.membership_id == membership.id, Payment.status == PaymentStatus.PENDING
    number = membership.periods_paid + 1
    lists = (select(Payment.id).where(mine), select(Payment.id).where(mine, is_open))
    firsts = (one.order_by(Payment.id.desc()).limit(SHOWN_AT_MOST + 1).subquery() for one in lists)
    ids = (select(Payment.id).where(mine, Payment.period_number == number), *(select(one.c.id) for one in firsts))
    query = select(Payment).where(Payment.id.in_(union_all(*ids))).order_by(Payment.id.desc())
    found = db.session.scalars(query).all()
    asked = next((one for one in found if one.period_number == number), None)
    unpaid = [one for one in found if one.status == PaymentStatus.PENDING]
    return _first(found), asked, _first(unpaid)


def _first(rows: Sequence[Payment]) -> Newest:
    return Newest(rows[:SHOWN_AT_MOST], len(rows) > SHOWN_AT_MOST)


def told(membership: Membership) -> dict[str, Any]:
    """What happened, from where `?before=` says on."""
    before = Place.parse(request.args.get("before", ""))
    history, older = story.of_membership(membership, before)
    here = partial(url_for, "admin.show_membership", membership_id=membership.id, _anchor="history-title")
    return {
        "history": history,
        "older_url": here(before=str(older)) if older else None,
        "newer_url": here() if before else None,
    }


def endings(membership: Membership) -> list[dict[str, Any]]:
    """The ways to end it that are left: each with its form, at the end of the period first."""
    if membership.status in (MembershipStatus.CANCELLED, MembershipStatus.EXPIRED):
        return []
    ways = [False, True] if memberships.can_wait(membership) else [True]
    return [ending(membership, CancellationForm(formdata=None), at_once=at_once) for at_once in ways]


def ending(membership: Membership, form: CancellationForm, *, at_once: bool) -> dict[str, Any]:
    """What admin/_cancellation.html asks. Two forms may stand on one page, so their fields' ids differ."""
    form.reason.id = "reason-at-once" if at_once else "reason"
    return {"at_once": at_once, "form": form, "version": membership.version}


def losses(membership: Membership) -> dict[str, Any]:
    """What an end takes away: sites that are shown, payments that are still open."""
    unpaid = (Payment.membership_id == membership.id, Payment.status == PaymentStatus.PENDING)
    return {"sites": sites_of(membership), "unpaid": newest(Payment, *unpaid)}


def sites_of(membership: Membership) -> Newest:
    return newest(Site, Site.membership_id == membership.id, Site.status != SiteStatus.DELETED)


@bp.get("/memberships/<int:membership_id>/cancellation")
@needs(Capability.MEMBERSHIPS_CANCEL)
def confirm_cancellation(membership_id: int) -> ResponseReturnValue:
    """The question on a page of its own, for browsers without script."""
    membership = look_at(membership_id)
    at_once = request.args.get("at_once") == "1" or not memberships.can_wait(membership)
    return ask(membership, CancellationForm(formdata=None), at_once=at_once)


def ask(membership: Membership, form: CancellationForm, *, at_once: bool, status: int = 200) -> Response:
    return cancellation_view.show(
        status=status,
        membership=membership,
        errors=form.problems(),
        **ending(membership, form, at_once=at_once),
        **losses(membership),
    )


@bp.post("/memberships/<int:membership_id>/cancellation")
@needs(Capability.MEMBERSHIPS_CANCEL)
def create_cancellation(membership_id: int) -> ResponseReturnValue:
    """End it: with `at_once=1` now, else with the paid period."""
    form, membership = CancellationForm(), look_at(membership_id)
    at_once = form.at_once.data == "1"
    if not form.validate():
        return ask(membership, form, at_once=at_once, status=422)
    reason = form.reason.data or _("cancelled by an operator")
    try:
        with unit_of_work(actor()):
            membership = locks.membership(membership_id)
            if form.version.data not in (None, membership.version):
                raise Conflict()
            old = {"status": str(membership.status)}
            memberships.cancel(membership, reason=reason, at_once=at_once)
            new = {"status": str(membership.status), "reason": reason, "at_once": at_once}
            audit.note(membership, "memberships.cancel", before=old, after=new)
    except DomainError as error:
        return show(look_at(membership_id), problem=error.message, status=error.status)
    flash(said(membership), "success")
    return go_to(url_for("admin.show_membership", membership_id=membership_id))


def said(membership: Membership) -> str:
    if membership.status == MembershipStatus.CANCELLED or membership.cancel_at is None:
        return _("The membership is cancelled.")
    ends = long_date(membership.cancel_at)
    return _("The membership ends on %(date)s. Until then nothing changes.", date=ends)
