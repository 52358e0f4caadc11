"""The pretend bank's payment page, where the buyer decides. Registered only where the sandbox gateway is on.

Like a vendor's page it knows its visitor by nothing but the charge's name, which nobody can guess.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, get_locale

from webapp.blueprints import access
from webapp.blueprints.views import go_to
from webapp.flows import sandbox_bank
from webapp.gateways.sandbox import Statement
from webapp.languages import languages
from webapp.models.sandbox import ChargeStatus, SandboxCharge

bp = Blueprint("sandbox", __name__, url_prefix="/sandbox")
bp.before_request(access.public)


@bp.get("/pay/<reference>")
def show_page(reference: str) -> ResponseReturnValue:
    """What is to be paid, or what was decided. Looking changes nothing."""
    return page(sandbox_bank.find(reference))


@bp.post("/pay/<reference>")
def create_decision(reference: str) -> ResponseReturnValue:
    """Take the buyer's decision and send them back to the shop.

    What was decided before stays decided; whoever wanted otherwise is shown that.
    """
    charge = sandbox_bank.find(reference)
    decision = request.form.get("decision", "")
    if decision not in DECISIONS:
        return page(charge, status=422)
    back = charge.cancel_url if decision == "cancel" else charge.return_url
    ticked = {name: request.form.get(name) is not None for name in ("later_charges_fail", "same_card")}
    statement = DECISIONS[decision](reference, ticked)
    heeded = (statement.status == ChargeStatus.DECLINED) == (decision in ("decline", "cancel"))
    return go_to(back if heeded else address(reference))


DECISIONS: dict[str, Callable[[str, dict[str, bool]], Statement]] = {
    "approve": lambda reference, ticked: sandbox_bank.approve(reference, **ticked),
    "late": lambda reference, ticked: sandbox_bank.approve(reference, tell_late=True, **ticked),
    "decline": lambda reference, _ticked: sandbox_bank.decline(reference),
    "cancel": lambda reference, _ticked: sandbox_bank.decline(reference, "cancelled"),
}


def page(charge: SandboxCharge, status: int = 200) -> Response:
    with chosen_locale():
        text = render_template("sandbox/page.html", charge=charge, url=address(charge.reference), refused=status == 422)
        language = str(get_locale() or "en")
    response = make_response(text, status)
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "no-store"
    return response


def address(reference: str) -> str:
    """The page's own address, in the language it was asked for."""
    return url_for(".show_page", reference=reference, locale=request.args.get("locale"))


def chosen_locale() -> AbstractContextManager[None]:
    """The language that the shop asked for, where we speak it."""
    wanted = request.args.get("locale", "")
    return force_locale(wanted) if wanted in languages() else nullcontext()
