"""Buying: the front page, the order form, paying, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp.blueprints import access
from webapp.blueprints.auth import signing
from webapp.blueprints.auth.signing import begin_session
from webapp.blueprints.checkout import field_checks, first_look, forms, page
from webapp.blueprints.checkout.forms import CheckoutForm
from webapp.blueprints.checkout.looking_over import known_sale, looked_over, reckon
from webapp.blueprints.checkout.requests import PROFILE, new_token, order_from, period_from
from webapp.blueprints.errors import settings, settings_here
from webapp.blueprints.views import View, go_to, is_fragment_request, leave_for
from webapp.domain import catalog, checkout, customers, network
from webapp.domain.carts import Cart
from webapp.domain.checkout import Order
from webapp.errors import DomainError, Invalid
from webapp.extensions import csrf, limiter
from webapp.flows import offering, ordering
from webapp.flows.ordering import Placed
from webapp.models import Sale

bp = Blueprint("checkout", __name__)
bp.before_request(access.public)
bp.before_request(access.no_order_while_acting)

front_view = View("checkout/front.html")
register_view = View("checkout/register.html", block="checkout")
summary_view = View("checkout/register.html", block="live")


@bp.get("/")
def front() -> ResponseReturnValue:
    plans = catalog.plans_on_offer()
    wanted = period_from(request.args.get("period"))
    cards = [page.plan_card(plan, wanted, None) for plan in plans]
    return front_view.show(plans=cards, periods=page.all_periods(plans), period=str(wanted or ""))


@bp.get("/register", defaults={"plan": None})
@bp.get("/register/<plan>")
@bp.get("/register/<plan>/<int:duration>")
@bp.get("/register/<plan>/<int:duration>/<unit>")
def register(plan: str | None, duration: int | None = None, unit: str = "month") -> ResponseReturnValue:
    values = prefilled(plan, duration, unit)
    begun = begun_order(values.get("products"))
    form = CheckoutForm(formdata=None, data={**values, **(begun.form if begun is not None else {})})
    form.order_token.data = begun.checkout_id if begun is not None else new_token()
    return show(form, notices=[("info", _("You have not been charged."))] if begun is not None else [])


def begun_order(plan: str | None) -> Sale | None:
    """The unpaid order of this plan that the buyer has come back from."""
    customer = current_user.customer if current_user.is_authenticated else None
    sale = checkout.latest_open(customer) if customer is not None else None
    return sale if sale is not None and plan in (None, sale.form.get("products")) else None


def prefilled(plan: str | None, duration: int | None, unit: str) -> dict[str, Any]:
    """What the address says, by path and by query; any field can be filled in by its name."""
    known = {name: value[:200] for name, value in request.args.items() if name not in ("password", "csrf_token")}
    values: dict[str, Any] = dict(known)
    values.setdefault("billing_country", network.settings().default_country)
    if plan:
        values["products"] = plan
    if duration:
        values["period"] = f"{duration}-{unit}"
    elif "duration" in known or "duration_unit" in known:
        values["period"] = f"{known.get('duration', '1')}-{known.get('duration_unit', 'month')}"
    customer = current_user.customer if current_user.is_authenticated else None
    if customer is not None:
        values |= {name: getattr(customer, name) for name in PROFILE if getattr(customer, name)}
        values["full_name"] = customer.display_name
        values["customer_type"] = forms.BUSINESS if customer.business else forms.PERSON
    return values


# The form checks its token itself, so that one that has run out costs the buyer nothing that was typed.
@csrf.exempt
@bp.post("/register", defaults={"plan": None})
@bp.post("/register/<plan>")
@bp.post("/register/<plan>/<int:duration>")
@bp.post("/register/<plan>/<int:duration>/<unit>")
def place_order(plan: str | None, duration: int | None = None, unit: str = "month") -> ResponseReturnValue:
    """An order; or, by one of the form's other buttons, only another look at it."""
    form = filled_in(plan)
    if "refresh" in request.form or "apply_code" in request.form:
        return show(form)
    cart = looked_over(form, None)
    if cart is not None:
        return place(form, cart)
    known = known_sale(form)  # what is in the way may be the order's own first half
    if known is not None and known.settled_at is not None:
        return go_to(url_for("pay.thank_you", reference=known.payment.reference))
    if known is None:
        return show_refused(form)
    form = filled_in(plan, form.order_token.data)
    return place(form) if looked_over(form, known) is not None else show_refused(form)


@limiter.limit("60 per minute")  # guessing who has an account; what is placed does not count, and need not wait for it
def show_refused(form: CheckoutForm, status: int = 422) -> Response:
    return show(form, status=status)


def filled_in(plan: str | None, order_token: str | None = None) -> CheckoutForm:
    """The form as it was sent; the plan of the address is chosen where the form says none."""
    form = CheckoutForm()
    form.products.data = form.products.data or plan
    form.order_token.data = order_token or form.order_token.data
    return form


def place(form: CheckoutForm, checked: Cart | None = None) -> ResponseReturnValue:
    order = order_from(form, settings(), access.customer_id())
    try:
        placed = ordering.place(order, settings_here(), checked)
    except Invalid as problem:
        return refused(form, problem)
    except DomainError as problem:
        form.refuse("", problem.message)
        return show_refused(form, problem.status)
    return go_on(placed)


def refused(form: CheckoutForm, problem: Invalid) -> ResponseReturnValue:
    """Known customers who typed their own password are not sent away: they are signed in and their order placed."""
    if problem.code == "email_taken":
        user, _wait = signing.try_password(form.email_address.data, form.password.data)
        if user is not None and user.customer is not None and user.two_step_at is None:
            customer_id = user.customer.id
            signing.enter(user)
            return place_as(form, customer_id)
    form.refuse(problem.field or "", problem.message)
    return show_refused(form)


def place_as(form: CheckoutForm, customer_id: int) -> ResponseReturnValue:
    order: Order = order_from(form, settings(), customer_id)
    try:
        return go_on(ordering.place(order, settings_here()))
    except DomainError as problem:
        form.refuse(getattr(problem, "field", None) or "", problem.message)
        return show_refused(form, problem.status)


def go_on(placed: Placed) -> ResponseReturnValue:
    """To the gateway's page, to another try, or to the result; the buyer is signed in from here on."""
    if not current_user.is_authenticated:
        begin_session(customers.find_user(placed.user_id))
    if placed.url is not None:
        return leave_for(placed.url)
    if placed.declined:
        return go_to(url_for("pay.show_payment", reference=placed.reference))
    return go_to(url_for("pay.thank_you", reference=placed.reference))


@csrf.exempt  # writes nothing
@bp.post("/checkout/summary")
@limiter.limit("1200 per minute")
def show_summary() -> ResponseReturnValue:
    """The live part of the form, for what is chosen now. Writes nothing."""
    return show(CheckoutForm(), view=summary_view if is_fragment_request() else register_view)


@csrf.exempt  # writes nothing
@bp.post("/checkout/check")
@limiter.limit("300 per minute")
def check_field() -> ResponseReturnValue:
    """One field, after it was left: a sentence, or nothing when it is right. Says nothing about who has an account."""
    name = request.form.get("field", "")
    return field_checks.problem_of(name, request.form) or available(name)


def available(name: str) -> ResponseReturnValue:
    if name != "site_url":
        return ""
    return (
        f'<span id="site_url-status" hx-swap-oob="innerHTML:#site_url-status">{_("This address is available.")}</span>'
    )


def show(
    form: CheckoutForm,
    *,
    cart: Cart | None = None,
    status: int = 200,
    view: View = register_view,
    notices: Sequence[tuple[str, str]] = (),
) -> Response:
    """The order form as it stands, with everything that depends on what is chosen."""
    plans, network_settings = catalog.plans_on_offer(), network.settings()
    form.offer(plans=plans, allowed_countries=network_settings.allowed_countries)
    form.products.data = form.products.data or (plans[0].slug if len(plans) == 1 else None)
    cart = cart or reckon(form)
    form.period.data = str(cart.period) if cart.period else None
    form.quoted.data = page.quote(cart)
    errors = form.problems() if status != 200 else []
    if status == 200:
        errors = say_early(form, cart)
    gateways = [
        {"id": name, "title": one.title, "description": one.description}
        for name, one in offering.available_gateways(cart).items()
    ]
    if len(gateways) == 1 or (gateways and form.gateway.data not in [one["id"] for one in gateways]):
        form.gateway.data = gateways[0]["id"]
    shown = {
        "errors": errors,
        "notices": notices,
        "summary": page.summary_of(cart),
        "plans": [page.plan_card(plan, cart.period, cart.plan.slug if cart.plan else None) for plan in plans],
        "periods": page.period_choices(cart.plan),
        "gateways": gateways,
        "is_business": form.is_business,
        "country": form.billing_country.data,
        "site_suffix": f".{settings().network_domain}",
        "withdrawal_ends": page.withdrawal_ends(),
        "action": request.path if request.path.startswith("/register") else url_for("checkout.register"),
    }
    customer = current_user.customer if current_user.is_authenticated else None
    key = first_look.key_of(form, cart, shown) if status == 200 else None
    body = first_look.pages.show(
        key, first_look.tokens_of(form), lambda: view.render(form=form, cart=cart, customer=customer, **shown)
    )
    return view.answer(body, status)


def say_early(form: CheckoutForm, cart: Cart) -> list[tuple[str, str]]:
    """A code that does not fit, or a plan that is gone, is said at once; what is merely empty yet is not."""
    asked = {"discount_code": bool(form.discount_code.data), "products": bool(form.products.data), "period": True}
    for problem in cart.errors:
        if asked.get(problem.param, False):
            form.refuse(problem.param, problem.message)
    return []
