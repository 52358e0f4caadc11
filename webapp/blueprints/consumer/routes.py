"""Ending a contract and withdrawing from one, without signing in (§ 312k and § 356a BGB).

No page of these says whether there is such a contract: everything is accepted, and the receipt repeats what was sent.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from flask import Blueprint, Response, abort, make_response, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from webapp.blueprints import access
from webapp.blueprints.consumer import telling, words
from webapp.blueprints.consumer.forms import (
    EARLIEST,
    EXTRAORDINARY,
    ON_DATE,
    ORDINARY,
    CancelForm,
    DeclarationForm,
    WithdrawForm,
)
from webapp.blueprints.views import View, go_to
from webapp.domain import declarations, memberships, network
from webapp.domain.declarations import Told
from webapp.extensions import csrf, limiter
from webapp.models import Customer, Declaration, DeclarationKind, DeclarationStatus, Membership
from webapp.transactions import unit_of_work

bp = Blueprint("consumer", __name__)
bp.before_request(access.public)

cancel_view = View("consumer/cancel.html")
withdraw_view = View("consumer/withdraw.html")
confirm_view = View("consumer/withdrawal.html")
receipt_view = View("consumer/receipt.html")
SENT = "declarations"  # in the session: receipts that this browser may read
SENT_AT_MOST = 10


@bp.before_request
def where_the_law_asks() -> None:
    if network.settings().consumer_law != "eu":
        abort(404)


def customer() -> Customer | None:
    return current_user.customer if current_user.is_authenticated else None


def contracts() -> list[Membership]:
    """Those of whoever is signed in that can be ended: told to themself, so that nobody has to look for a number."""
    own = customer()
    return [one for one in memberships.of_customer(own.id) if one.is_served] if own is not None else []


def prefilled(email_field: str) -> dict[str, str]:
    """What we know of who is signed in; the contract, when there is one to end."""
    own = customer()
    known = {"declaration_token": secrets.token_urlsafe(16)}
    if own is None:
        return known
    running = contracts()
    contract = str(running[0].id) if len(running) == 1 else ""
    return known | {"full_name": own.display_name, "contract": contract, email_field: own.email}


@bp.get("/cancel-contract")
def new_cancellation() -> ResponseReturnValue:
    values = prefilled("identity")
    return show_cancellation(CancelForm(formdata=None, data={**values, "confirm_to": values.get("identity", "")}))


def show_cancellation(form: CancelForm, *, status: int = 200) -> Response:
    errors = form.problems() if status != 200 else []
    values = {"ordinary": ORDINARY, "extraordinary": EXTRAORDINARY, "earliest": EARLIEST, "on_date": ON_DATE}
    return cancel_view.show(status=status, form=form, errors=errors, contracts=contracts(), **values)


# The forms check their tokens themselves: nobody's declaration may be lost because a page stood open for a day.
@csrf.exempt
@bp.post("/cancel-contract")
@limiter.limit("20 per hour")
def create_cancellation() -> ResponseReturnValue:
    form = CancelForm()
    if not form.validate():
        return show_cancellation(form, status=422)
    extraordinary = form.termination.data == EXTRAORDINARY
    told = Told(
        kind=DeclarationKind.CANCELLATION,
        name=str(form.full_name.data),
        identity=str(form.identity.data),
        contract=str(form.contract.data),
        confirm_to=str(form.confirm_to.data),
        locale=str(get_locale() or "en"),
        extraordinary=extraordinary,
        reason=str(form.reason.data or "") if extraordinary else "",
        end_date=form.end_date.data if form.end.data == ON_DATE else None,
    )
    return receipt_of(told, form)


@bp.get("/withdraw")
def new_withdrawal() -> ResponseReturnValue:
    return show_withdrawal(WithdrawForm(formdata=None, data=prefilled("email_address")))


def show_withdrawal(form: WithdrawForm, *, status: int = 200, view: View = withdraw_view) -> Response:
    errors = form.problems() if status != 200 else []
    return view.show(status=status, form=form, errors=errors, contracts=contracts())


@csrf.exempt
@bp.post("/withdraw")
@limiter.limit("60 per hour")
def check_withdrawal() -> ResponseReturnValue:
    """The second page: what was entered, once more, before it is declared. Writes nothing."""
    form = WithdrawForm()
    if not form.validate():
        return show_withdrawal(form, status=422)
    return show_withdrawal(form, view=withdraw_view if "change" in request.form else confirm_view)


@csrf.exempt
@bp.post("/withdraw/confirmation")
@limiter.limit("20 per hour")
def create_withdrawal() -> ResponseReturnValue:
    form = WithdrawForm()
    if not form.validate():
        return show_withdrawal(form, status=422)
    email = str(form.email_address.data)
    told = Told(
        kind=DeclarationKind.WITHDRAWAL,
        name=str(form.full_name.data),
        identity=email,
        contract=str(form.contract.data),
        confirm_to=email,
        locale=str(get_locale() or "en"),
    )
    return receipt_of(told, form)


def receipt_of(told: Told, form: DeclarationForm) -> ResponseReturnValue:
    """Record it, and on to the receipt, which this browser may read."""
    token = form.declaration_token.data or secrets.token_urlsafe(16)
    reference = record(told, token)
    session[SENT] = [*[one for one in session.get(SENT, []) if one != reference], reference][-SENT_AT_MOST:]
    return go_to(url_for(".show_receipt", reference=reference))


def record(told: Told, token: str) -> str:
    """In a unit of its own. Of two that came at once with the same token, the slower one finds the other's."""
    try:
        return in_unit(told, token)
    except IntegrityError:
        return in_unit(told, token)


def in_unit(told: Told, token: str) -> str:
    with unit_of_work("consumer") as work:
        declaration = declarations.receive(told, token)
        work.flush()
        telling.tell(declaration)
        return declaration.reference


@bp.get("/declarations/<reference>")
def show_receipt(reference: str) -> ResponseReturnValue:
    """At once, with day and time. A stranger who has the address sees that and nothing more."""
    declaration = declarations.find_by_reference(reference)
    return receipt_view.show(
        declaration=declaration if is_senders(declaration) else None,
        received_at=declaration.received_at,
        heading=words.heading(declaration),
        lines=words.lines(declaration) if is_senders(declaration) else [],
        ends_at=own_end(declaration),
        mailed=telling.is_mailed(declaration),
        download_url=url_for(".download_receipt", reference=reference),
    )


@bp.get("/declarations/<reference>/receipt.txt")
def download_receipt(reference: str) -> ResponseReturnValue:
    declaration = declarations.find_by_reference(reference)
    if not is_senders(declaration):
        abort(404)
    body = words.receipt(declaration, own_end(declaration))
    response = make_response(body, 200, {"Content-Type": "text/plain; charset=utf-8"})
    response.headers["Content-Disposition"] = f'attachment; filename="{words.file_name(declaration)}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def is_senders(declaration: Declaration) -> bool:
    return declaration.reference in session.get(SENT, [])


def own_end(declaration: Declaration) -> datetime | None:
    """When the contract ends, told only to the customer whose contract it is, who is signed in."""
    own = customer()
    is_own = own is not None and declaration.customer_id == own.id
    return declaration.ends_at if is_own and declaration.status == DeclarationStatus.CARRIED_OUT else None
