"""The customer's data: all of it to take along, and the end of the account."""

from __future__ import annotations

import json

from flask import Response, flash, make_response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import logout_user

from webapp import clock
from webapp.blueprints import access
from webapp.blueprints.account.base import bp, changing, customer
from webapp.blueprints.auth.forms import ProofForm
from webapp.blueprints.auth.security import check_own_password
from webapp.blueprints.views import View, go_to
from webapp.domain import customers, erasure, own_data
from webapp.errors import Conflict
from webapp.extensions import limiter

data_view = View("account/data.html")
deletion_view = View("account/deletion.html")


@bp.get("/data")
def show_data() -> ResponseReturnValue:
    access.not_acting()
    return data_view.show()


@bp.get("/data/export.json")
@limiter.limit("20 per hour")
def export_data() -> ResponseReturnValue:
    """Everything that is theirs, as one file."""
    access.not_acting()
    body = json.dumps(own_data.of(customer()), indent=2, ensure_ascii=False)
    response = make_response(body, 200, {"Content-Type": "application/json; charset=utf-8"})
    response.headers["Content-Disposition"] = f'attachment; filename="my-data-{clock.now():%Y-%m-%d}.json"'
    return response


@bp.get("/deletion")
def confirm_deletion() -> ResponseReturnValue:
    """What it does, that it does it at once, and what must be ended before."""
    access.not_acting()
    return show(ProofForm(formdata=None))


def show(form: ProofForm, *, problem: str = "", status: int = 200) -> Response:
    """`problem`: why it was not done, if a running contract is not the reason."""
    running = erasure.running(customer().id)
    return deletion_view.show(
        status=status, problem=problem, form=form, errors=form.problems(), running=running, years=erasure.KEPT_YEARS
    )


@bp.post("/deletion")
def create_deletion() -> ResponseReturnValue:
    """For good. It asks for the password: a browser that was left open must not be enough."""
    access.not_acting()
    form, status = ProofForm(), 422
    if form.validate():
        status = check_own_password(form)
    if form.problems():
        return show(form, status=status)
    customer_id = customer().id
    try:
        with changing():
            erasure.delete_account(customers.find(customer_id))
    except Conflict as error:
        return show(form, problem=error.message if error.code == "is_staff" else "", status=error.status)
    logout_user()
    flash(_("Your account is deleted."), "success")
    return go_to(url_for("checkout.front"))
