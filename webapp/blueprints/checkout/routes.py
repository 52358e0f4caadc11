"""Buying: the front page, the order form, paying, and what became of it."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints import access, visitors
from webapp.blueprints.checkout import (
    account_fields,
    cards,
    drafts,
    field_checks,
    shapes,
    shaping,
    tax_words,
)
from webapp.blueprints.checkout.forms import TEXT, CheckoutForm
from webapp.blueprints.checkout.looking_over import begun_order, known_sale, looked_over
from webapp.blueprints.checkout.order_page import body_of, register_view, show
from webapp.blueprints.checkout.placing import has_token, leave_step, place, problems_here, show_refused, sign_in
from webapp.blueprints.checkout.requests import new_token, period_from, prefilled
from webapp.blueprints.checkout.same_look import same_looks
from webapp.blueprints.checkout.shapes import Shape
from webapp.blueprints.views import View, go_to, is_fragment_request
from webapp.domain import catalog, checkout_forms, email_typos, taxes
from webapp.domain.form_definitions import MAIN
from webapp.domain.taxes import Place
from webapp.extensions import csrf, limiter

bp = Blueprint("checkout", __name__)
# Where a draft is found, these still are what the address says.
SAID_BY_ADDRESS = ("products", "period")
bp.before_request(access.public)
bp.before_request(access.no_order_while_acting)

front_view = View("checkout/front.html")
summary_view = View("checkout/register.html", block="live")
email_view = View("checkout/_email_checked.html")


@bp.get("/")
def front() -> ResponseReturnValue:
    plans = catalog.plans_on_offer()
    wanted, currencies = period_from(request.args.get("period")), cards.all_currencies(plans)
    asked = request.args.get("currency", "")
    currency = asked if any(one.value == asked for one in currencies) else ""
    shown = [cards.plan_card(plan, wanted, None, currency) for plan in plans]
    return front_view.show(
        plans=shown,
        periods=cards.all_periods(plans, currency),
        taxes=tax_words.beside_prices(plans, taxes.decide(Place(visitors.first_country()))),
        untaxed_note=tax_words.untaxed_note() if any(not one.is_free for one in shown) else "",
        period=str(wanted or ""),
        currencies=currencies,
        currency=currency,
    )


@bp.get("/register", defaults={"plan": None})
@bp.get("/register/<plan>")
@bp.get("/register/<plan>/<int:duration>")
@bp.get("/register/<plan>/<int:duration>/<unit>")
def register(plan: str | None, duration: int | None = None, unit: str = "month") -> ResponseReturnValue:
    return shown_first(MAIN, plan, duration, unit)


@bp.get("/checkout/<form_slug>")
def show_form(form_slug: str) -> ResponseReturnValue:
    """Another of the network's order forms."""
    if form_slug == MAIN:
        return go_to(url_for("checkout.register"))
    return shown_first(form_slug, request.args.get("products"), None, "month")


def shown_first(slug: str, plan: str | None, duration: int | None, unit: str) -> ResponseReturnValue:
    checkout_forms.shown(slug)
    return register_view.answer(same_looks.show(lambda: first_page(slug, plan, duration, unit)), 200)


def first_page(slug: str, plan: str | None, duration: int | None, unit: str) -> tuple[str, CheckoutForm]:
    """The order form before anything was sent, or as its visitor left it, and the form on it."""
    values = prefilled(plan, duration, unit)
    kept = drafts.kept(slug)
    begun = begun_order(values.get("products"))
    values |= begun.form if begun is not None else {}
    said = {name: values[name] for name in SAID_BY_ADDRESS if values.get(name)} if plan else {}
    values |= kept | said
    shape = shape_here(slug, request.args.get("step") if kept or begun is not None else None, plan)
    form = shaping.shape(CheckoutForm(formdata=None, data=values), shape, values)
    form.filled = values
    form.order_token.data = begun.checkout_id if begun is not None else new_token()
    return body_of(form, notices=[("info", _("You have not been charged."))] if begun is not None else []), form


# The form checks its token itself, so that one that has run out costs the buyer nothing that was typed.
@csrf.exempt
@bp.post("/register", defaults={"plan": None})
@bp.post("/register/<plan>")
@bp.post("/register/<plan>/<int:duration>")
@bp.post("/register/<plan>/<int:duration>/<unit>")
def place_order(plan: str | None, duration: int | None = None, unit: str = "month") -> ResponseReturnValue:
    return receive(MAIN, plan)


@csrf.exempt  # as above
@bp.post("/checkout/<form_slug>")
def place_form_order(form_slug: str) -> ResponseReturnValue:
    return receive(form_slug, None)


def receive(slug: str, plan: str | None) -> ResponseReturnValue:
    """An order; by one of the form's other buttons only another look at it, or the way to another step of it."""
    form = filled_in(slug, plan)
    if "email_meant" in request.form and form.email_address:
        form.email_address.data = request.form["email_meant"][:TEXT]
        return show(form)
    if "refresh" in request.form or "apply_code" in request.form:
        return show(form)
    if form.email_address and account_fields.is_sent(form.shape):
        return sign_in(form)
    if request.form.get("go") == "back" and form.shape.at > 0:
        return leave_step(form, form.shape.at - 1)
    if not form.shape.is_last:
        looked_over(form, None)
        return leave_step(form, form.shape.at + 1) if not problems_here(form) else show_refused(form)
    cart = looked_over(form, None)
    if cart is not None:
        return place(form, cart, cart)
    known = known_sale(form)  # what is in the way may be the order's own first half
    if known is not None and known.settled_at is not None:
        return go_to(url_for("pay.thank_you", reference=known.payment.reference))
    if known is None:
        return show_refused(form)
    form = filled_in(slug, plan, form.order_token.data)
    cart = looked_over(form, known)
    return place(form, cart) if cart is not None else show_refused(form)


def filled_in(slug: str, plan: str | None = None, order_token: str | None = None) -> CheckoutForm:
    """The form as it was sent; the plan of the address is chosen where the form says none."""
    shape = shape_here(slug, request.form.get("step"), plan)
    form = shaping.shape(CheckoutForm(), shape, {**request.form.to_dict(), "_sent": True})
    form.products.data = form.products.data or plan
    form.order_token.data = order_token or form.order_token.data
    form.has_account = "account_password" in request.form
    return form


@csrf.exempt  # writes at most that a VAT id is to be looked up
@bp.post("/checkout/summary")
@limiter.limit("1200 per minute")
def show_summary() -> ResponseReturnValue:
    """The live part of the form, for what is chosen now. Has a VAT id looked up, and waits for nothing."""
    return summarised(MAIN)


@csrf.exempt  # as above
@bp.post("/checkout/<form_slug>/summary")
@limiter.limit("1200 per minute")
def show_form_summary(form_slug: str) -> ResponseReturnValue:
    return summarised(form_slug)


def summarised(slug: str) -> Response:
    return show(filled_in(slug), view=summary_view if is_fragment_request() else register_view)


@csrf.exempt  # it looks at the form's token itself: one that has run out is no news while somebody types
@bp.post("/checkout/<form_slug>/draft")
@limiter.limit("120 per minute")
def keep_draft(form_slug: str) -> ResponseReturnValue:
    """What was typed so far, while it is being typed; never the password."""
    form = filled_in(form_slug)
    if has_token(form):
        drafts.keep(form)
    return Response(status=204)


@csrf.exempt  # writes nothing
@bp.post("/checkout/check")
@limiter.limit("300 per minute")
def check_field() -> ResponseReturnValue:
    """One field, after it was left: a sentence, or nothing when it is right. Says nothing about who has an account."""
    name = request.form.get("field", "")
    problem = field_checks.problem_of(name, request.values)
    if name == "email_address":
        return email_view.show(
            problem=problem, email_meant="" if problem else email_typos.meant(request.form.get(name, ""))
        )
    return problem or available(name)


def available(name: str) -> ResponseReturnValue:
    if name != "site_url":
        return ""
    said = _("This address is available.")
    return f'<span id="site_url-status" hx-swap-oob="innerHTML:#site_url-status">{said}</span>'


def shape_here(slug: str, step: str | None, plan: str | None = None) -> Shape:
    """The form for who looks. Raises NotFound where there is none."""
    form = checkout_forms.shown(slug)
    template = str(request.values.get("template") or "")[:80]
    return shapes.shape_of(form, is_member=access.customer_id() is not None, step=step, plan=plan, template=template)
