"""After a sale: the operator's thanks, and their scripts, which run once.

The scripts stand in a page of their own within the page of thanks. So that page's policy stays as strict as all
others', and what a script may load is said for it alone. A script is filled in and marked as run in one unit before
it is sent: reloading, a second tab or the back button finds none.
"""

from __future__ import annotations

import secrets

from flask import Blueprint, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.blueprints import access
from webapp.blueprints.checkout import shaping
from webapp.blueprints.checkout.account_fields import BY_LINK
from webapp.blueprints.cookies import choice as cookie_choice
from webapp.domain import checkout_forms, form_snippets, network, receivables
from webapp.domain.field_types import ticked
from webapp.errors import NotFound
from webapp.models import Payment, Sale
from webapp.transactions import unit_of_work

bp = Blueprint("conversions", __name__)
bp.before_request(access.public)


def thanks(payment: Payment) -> str:
    """What the form that the sale came by says after it, as HTML."""
    forms = checkout_forms.in_use()
    if not any(one.definition.thanks for one in forms.values()):
        return ""
    sale = form_snippets.sale_of(payment)
    form = forms.get(sale.checkout_form) if sale is not None else None
    return shaping.prose(form.definition.thanks) if form is not None else ""


def chooses_password(payment: Payment) -> bool:
    """Whether its buyer ordered without a password, and was mailed a link to choose one."""
    if not any(ticked(one, "generated") for form in checkout_forms.in_use().values() for one in form.definition.fields):
        return False
    sale = form_snippets.sale_of(payment)
    return sale is not None and bool(sale.form.get(BY_LINK))


def url_of(payment: Payment) -> str | None:
    """Where the scripts of this sale are, if its form has any that may run: its page stays while the thanks are shown
    anew, and is empty for who comes later."""
    if not any(one.definition.snippets for one in checkout_forms.in_use().values()):
        return None
    sale = form_snippets.sale_of(payment)
    if sale is None or not any(is_allowed(sale) or not one.consent for one in form_snippets.of(sale)):
        return None
    return url_for("conversions.run", reference=payment.reference)


def is_allowed(sale: Sale) -> bool:
    """Whether what needs consent may run: the law does not ask for it here, or it was given."""
    if network.settings().consumer_law != "eu":
        return True
    said = cookie_choice.chosen()
    if said == cookie_choice.UNDECIDED:
        return bool(sale.form.get("analytics_consent"))
    return said == cookie_choice.STATISTICS


@bp.get("/thank-you/<reference>/scripts")
def run(reference: str) -> ResponseReturnValue:
    """For the person who ordered, once."""
    payment = receivables.find_by_reference(reference)
    customer_id = access.customer_id()
    if customer_id is None or payment.customer_id != customer_id:
        raise NotFound()
    sale, payment_id = form_snippets.sale_of(payment), payment.id
    consent = sale is not None and is_allowed(sale)
    with unit_of_work(f"customer:{customer_id}"):
        scripts = form_snippets.claim(payment_id, consent=consent)
    nonce = secrets.token_urlsafe(16)
    response = make_response(render_template("checkout/scripts.html", scripts=scripts, nonce=nonce))
    sources = " ".join(sorted({source for one, _code in scripts for source in one.sources}))
    # Scripts by their nonce and from the sources that the operator named, nothing else; no other site may frame it.
    policy = {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce}' {sources}",
        "connect-src": sources or "'none'",
        "img-src": sources or "'none'",
        "frame-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }
    response.headers["Content-Security-Policy"] = "; ".join(f"{name} {one}".strip() for name, one in policy.items())
    response.headers.update({"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})
    return response
