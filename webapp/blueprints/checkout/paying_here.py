"""Paying on our own page with a gateway's script: what our script asks for when the button is pressed, and afterwards.

Answers are JSON. Whatever the vendor's script says in the browser, what is true is asked of the vendor here.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints import access
from webapp.blueprints.checkout.pay import is_owner, last_try
from webapp.blueprints.errors import settings_here
from webapp.domain import payments, receivables, trials
from webapp.errors import DomainError, NotFound
from webapp.extensions import limiter
from webapp.flows import asking, offering, ordering
from webapp.flows.ordering import Placed
from webapp.gateways import beyond, gateways
from webapp.gateways.base import VendorUnreachable
from webapp.models import Payment, Try, TryStatus

log = logging.getLogger(__name__)

bp = Blueprint("paying_here", __name__)
bp.before_request(access.public)
bp.before_request(access.no_order_while_acting)


@bp.post("/pay/<reference>/confirmation")
@limiter.limit("30 per minute")
def confirm(reference: str) -> ResponseReturnValue:
    """The button was pressed: `step` for the vendor's script, or `go_to`, or a `problem` in words (then 4xx or 503)."""
    payment = receivables.find_by_reference(reference)
    gateway, stored = request.form.get("gateway", ""), request.form.get("stored") == "1"
    if stored and not is_owner(payment):
        raise NotFound()
    if gateway not in offering.payable_by(payment):
        return problem(_("Choose how you want to pay."), 422)
    if payment.is_paid and payments.open_try(payment) is None:
        return {"go_to": thanks(reference)}
    if ordering.page_for(payment, gateway, settings_here()) is None:
        return problem(_("Choose how you want to pay."), 422)
    try:
        done = ordering.confirm(payment.id, gateway, settings_here(), stored=stored)
    except DomainError as refusal:
        return problem(refusal.message, refusal.status)
    except VendorUnreachable:
        log.warning("gateway.unreachable", extra={"gateway": gateway, "payment": reference})
        return problem(_("The payment service did not answer. You have not been charged; try again in a moment."), 503)
    return {"step": dict(done.step)} if done.step is not None else said_of(done.placed)


@bp.post("/pay/<reference>/look")
@limiter.limit("60 per minute")
def look(reference: str) -> ResponseReturnValue:
    """The vendor's script is through: what the vendor says now. `go_to`, or a `problem` with what to do."""
    attempt = last_try(receivables.find_by_reference(reference))
    if attempt is not None and attempt.is_open and attempt.gateway_reference is not None:
        asking.ask(attempt.id)
    payment = receivables.find_by_reference(reference)
    return said_of(ordering.where(payment))


def said_of(placed: Placed) -> ResponseReturnValue:
    """Where an order stands, for our script: where to go on, or why nothing was charged."""
    payment = receivables.find_by_reference(placed.reference)
    attempt, instead = last_try(payment), trials.asked_instead(payment)
    if instead is not None:
        return {"go_to": url_for("pay.show_payment", reference=instead.reference)}
    if attempt is None or (not placed.declined and not placed.on_our_page):
        return {"go_to": thanks(placed.reference)}
    return {"problem": words_of(payment, attempt)}


def words_of(payment: Payment, attempt: Try) -> str:
    known = gateways.all().get(attempt.gateway)
    refused = attempt.status == TryStatus.DECLINED or attempt.reason not in UNDECIDED
    words = beyond(known).sentence(attempt.reason) if known is not None and refused else ""
    return words or _("The payment was not confirmed, and nothing was charged. Try again.")


UNDECIDED = ("", "requires_payment_method", "requires_confirmation", "requires_action", "open")


def problem(words: str, status: int) -> tuple[dict[str, Any], int]:
    return {"problem": words}, status


def thanks(reference: str) -> str:
    return url_for("pay.thank_you", reference=reference)
