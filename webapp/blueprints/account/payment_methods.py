"""The customer's ways to pay: what is stored, what renews with what, and how one is added or removed (K5)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from webapp.blueprints import access, content_policy
from webapp.blueprints.account.base import bp, changing, customer
from webapp.blueprints.checkout.paying_here import problem
from webapp.blueprints.errors import settings_here
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to, leave_for
from webapp.domain import credential_setups, payment_methods
from webapp.errors import DomainError
from webapp.extensions import db, limiter
from webapp.flows import offering, storing
from webapp.flows.storing import Standing
from webapp.gateways import beyond, gateways
from webapp.gateways.base import VendorUnreachable
from webapp.models import CredentialSetup, Membership, StoredCredential, Try, TryStatus

log = logging.getLogger(__name__)

list_view = View("account/payment_methods.html")
card_view = View("account/card.html")
removal_view = View("account/payment_method_removal.html")


class ChoiceForm(Form):
    method = SelectField(_l("Payment method"), coerce=int, validate_choice=False)


def choice_of(membership: Membership, methods: Sequence[StoredCredential], **given: Any) -> ChoiceForm:
    form = ChoiceForm(prefix=f"contract-{membership.id}-", **given)
    fitting = [one for one in methods if one.usable and (one.agreement is None or one.id == membership.credential_id)]
    form.method.choices = [(one.id, name_of(one)) for one in fitting]
    return form


def name_of(method: StoredCredential) -> str:
    return method.label or _("Payment method")


# -- what there is ---------------------------------------------------------------------------------------------------
@bp.get("/payment-methods")
def list_payment_methods() -> ResponseReturnValue:
    return show()


def show(*, problem: str = "", status: int = 200) -> Response:
    own, contracts = payment_methods.of_customer(customer().id), payment_methods.renewing(customer().id)
    ways = storing.keeping()
    return list_view.show(
        status=status,
        problem=problem,
        methods=[
            {
                "row": one,
                "name": name_of(one),
                "soon": payment_methods.ends_soon(one),
                "used_for": [it for it in contracts if it.credential_id == one.id],
            }
            for one in own
        ],
        contracts=[{"row": one, "form": _choice(one, own)} for one in contracts],
        ticked=_ticked(contracts),
        ways=offering.described(ways),
    )


def _choice(membership: Membership, own: Sequence[StoredCredential]) -> ChoiceForm | None:
    """None where there is nothing else to choose."""
    mine = membership.credential_id if membership.auto_renew else None
    others = [one for one in own if one.usable and one.agreement is None and one.id != mine]
    return choice_of(membership, own, formdata=None, method=membership.credential_id) if others else None


def _ticked(contracts: Sequence[Membership]) -> set[int]:
    """What shall renew with a new one: the contract that one comes from, else all that are charged by themselves."""
    asked = request.args.get("contract", "")
    chosen = [one.id for one in contracts if str(one.id) == asked]
    return set(chosen or [one.id for one in contracts if one.auto_renew])


@bp.post("/memberships/<int:membership_id>/payment-method")
@limiter.limit("20 per minute")
def update_payment_method(membership_id: int) -> ResponseReturnValue:
    """Another one that is stored; what is due is charged to it at once."""
    access.not_acting()
    chosen = request.form.get(f"contract-{membership_id}-method", "")
    number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else 0
    try:
        tries = storing.choose(membership_id, number, customer_id=customer().id, unit=changing)
    except DomainError as error:
        if error.status == 404:
            raise
        return show(problem=error.message, status=error.status)
    tell_of_charges(tries, _("Changes saved."))
    return go_to(url_for(".list_payment_methods"))


def tell_of_charges(tries: Sequence[int], saved: str) -> None:
    """What was saved, and what became of what was due."""
    found = [one for one in (db.session.get(Try, number) for number in tries) if one is not None]
    if any(one.status == TryStatus.DECLINED for one in found):
        flash(_("It is saved. What is due could not be charged to it; use another one, or ask your bank."), "error")
    elif found and all(one.status == TryStatus.SUCCEEDED for one in found):
        flash(_("It is saved, and what was due is paid."), "success")
    else:
        flash(saved, "success")


# -- adding ----------------------------------------------------------------------------------------------------------
@bp.post("/payment-methods")
@limiter.limit("20 per hour")
def create_set_up() -> ResponseReturnValue:
    """On to where it is entered: the gateway's own page, or ours."""
    access.not_acting()
    gateway = request.form.get("gateway", "")
    if gateway not in storing.keeping():
        return show(problem=_("Choose what you want to pay with."), status=422)
    wanted = [int(one) for one in request.form.getlist("contract") if one.isascii() and one.isdigit() and len(one) < 19]
    standing = storing.begin(customer().id, gateway, wanted, settings_here(), changing)
    if standing.on_our_page:
        return go_to(url_for(".show_set_up", reference=standing.reference))
    if standing.url is not None:
        return leave_for(standing.url)
    return after(standing, ())


@bp.get("/payment-methods/set-ups/<reference>")
def show_set_up(reference: str) -> ResponseReturnValue:
    """The card's fields, by the gateway's script."""
    access.not_acting()
    setup = own_set_up(reference)
    page = storing.page_for(setup, settings_here()) if storing.where(setup).on_our_page else None
    if page is None:
        return go_to(url_for(".list_payment_methods"))
    response = card_view.show(
        card=page,
        gateway=setup.gateway,
        reference=reference,
        contracts=setup.membership_ids,
        instead=page.instead if page.instead in storing.keeping() else None,
    )
    policy = content_policy.allowing(settings_here().base_url, page.sources)
    response.headers["Content-Security-Policy"] = policy
    return response


def own_set_up(reference: str) -> CredentialSetup:
    return credential_setups.find(reference, customer_id=customer().id)


@bp.post("/payment-methods/set-ups/<reference>/confirmation")
@limiter.limit("30 per minute")
def confirm_set_up(reference: str) -> ResponseReturnValue:
    """The button was pressed: `step` for the vendor's script, or `go_to`, or a `problem` in words. JSON."""
    access.not_acting()
    setup = own_set_up(reference)
    if not setup.is_open:
        return said_of(storing.where(setup), ())
    if storing.page_for(setup, settings_here()) is None:
        return problem(_("Choose what you want to pay with."), 422)
    try:
        done = storing.confirm(setup, settings_here())
    except VendorUnreachable:
        log.warning("gateway.unreachable", extra={"gateway": setup.gateway, "set_up": reference})
        return problem(_("The payment service did not answer. Nothing was changed; try again in a moment."), 503)
    return {"step": dict(done.step)} if done.step is not None else said_of(done.standing, ())


@bp.post("/payment-methods/set-ups/<reference>/look")
@limiter.limit("60 per minute")
def look_at_set_up(reference: str) -> ResponseReturnValue:
    """The vendor's script is through: what the vendor says now. JSON."""
    access.not_acting()
    standing, tries = looked_at(own_set_up(reference))
    return said_of(standing, tries)


def looked_at(setup: CredentialSetup) -> tuple[Standing, Sequence[int]]:
    tries = storing.ask(setup.id) if setup.is_open and setup.gateway_reference is not None else []
    return storing.where(own_set_up(setup.reference)), tries


def said_of(standing: Standing, tries: Sequence[int]) -> ResponseReturnValue:
    if standing.on_our_page:
        return {"problem": words_of(standing)}
    after(standing, tries)
    return {"go_to": url_for(".list_payment_methods")}


@bp.get("/payment-methods/set-ups/<reference>/return")
def come_back_from_set_up(reference: str) -> ResponseReturnValue:
    """Back from the gateway's page, or from the bank's. What is true is asked of the gateway."""
    access.not_acting()
    standing, tries = looked_at(own_set_up(reference))
    if standing.on_our_page:
        flash(words_of(standing), "error")
        return go_to(url_for(".show_set_up", reference=reference))
    return after(standing, tries)


def after(standing: Standing, tries: Sequence[int]) -> Response:
    """The list, and above it what came of it."""
    if standing.is_kept:
        tell_of_charges(tries, _("The payment method is saved."))
    elif request.args.get("left") == "1":
        flash(_("You came back before anything was saved. Nothing was changed."), "info")
    elif standing.status == TryStatus.NEEDS_ACTION:
        flash(_("It is being checked. It stands here as soon as it can be used."), "info")
    else:
        flash(words_of(standing), "error")
    return go_to(url_for(".list_payment_methods"))


def words_of(standing: Standing) -> str:
    known = gateways.all().get(standing.gateway)
    refused = standing.status == TryStatus.DECLINED or standing.reason not in ("", "requires_payment_method")
    words = beyond(known).sentence(standing.reason) if known is not None and refused else ""
    return words or _("It was not saved, and nothing was changed. Try again, or use another one.")


# -- removing --------------------------------------------------------------------------------------------------------
@bp.get("/payment-methods/<int:credential_id>/removal")
def confirm_removal(credential_id: int) -> ResponseReturnValue:
    return show_removal(credential_id)


def show_removal(credential_id: int, *, problem: str = "", status: int = 200) -> Response:
    """What renews with it, and what happens to that, before anything is done."""
    method = payment_methods.find(credential_id, customer_id=customer().id)
    others = [one for one in payment_methods.of_customer(customer().id) if one.id != method.id and one.usable]
    return removal_view.show(
        status=status, problem=problem, method=method, name=name_of(method), used_for=renewed_by(method), others=others
    )


def renewed_by(method: StoredCredential) -> list[Membership]:
    return [one for one in payment_methods.renewing(method.customer_id) if one.credential_id == method.id]


@bp.post("/payment-methods/<int:credential_id>/removal")
def remove_payment_method(credential_id: int) -> ResponseReturnValue:
    method = payment_methods.find(credential_id, customer_id=customer().id)
    if request.form.getlist("seen") != [str(one.id) for one in renewed_by(method)]:
        changed = _("What renews with it has changed. Look at it once more.")
        return show_removal(credential_id, problem=changed, status=409)
    name = name_of(method)
    try:
        storing.remove(credential_id, customer_id=customer().id, unit=changing)
    except DomainError as error:
        return show_removal(credential_id, problem=error.message, status=error.status)
    flash(_("%(name)s is removed.", name=name), "success")
    return go_to(url_for(".list_payment_methods"))
