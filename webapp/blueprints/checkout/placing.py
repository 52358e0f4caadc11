"""An order that was sent: placed, refused with the form again, or left for another step or to sign in."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp.blueprints import access
from webapp.blueprints.auth import signing
from webapp.blueprints.auth.routes import too_many
from webapp.blueprints.auth.signing import begin_session
from webapp.blueprints.checkout import drafts, shaping
from webapp.blueprints.checkout.forms import TEXT, CheckoutForm
from webapp.blueprints.checkout.looking_over import reckon
from webapp.blueprints.checkout.order_page import show
from webapp.blueprints.checkout.requests import order_from
from webapp.blueprints.errors import settings, settings_here
from webapp.blueprints.views import go_to, leave_for
from webapp.domain import customers, trial_claims
from webapp.domain.carts import Cart
from webapp.domain.checkout import Order
from webapp.errors import DomainError, Invalid
from webapp.extensions import limiter
from webapp.flows import ordering
from webapp.flows.ordering import Placed
from webapp.formatting import money
from webapp.models import User


def place(form: CheckoutForm, seen: Cart, checked: Cart | None = None) -> ResponseReturnValue:
    """`seen`: the cart as the form's summary had it, so that nobody is charged who was promised a trial."""
    order = replace(order_from(form, settings(), access.customer_id()), saw_trial=seen.trial_ends_at is not None)
    try:
        return go_on(ordering.place(order, settings_here(), checked))
    except Invalid as problem:
        if problem.code == "email_taken":
            user = known_by_password(form)
            # Known customers who typed their own password are not sent away: they are signed in and their order placed.
            if user is not None and user.customer is not None and user.two_step_at is None:
                signing.enter(user)
                return place_as(form, order, user.customer.id)
            form.has_account = True
        return refused(form, problem)
    except DomainError as problem:
        return refused(form, problem)


def place_as(form: CheckoutForm, order: Order, customer_id: int) -> ResponseReturnValue:
    own = replace(order_from(form, settings(), customer_id), saw_trial=order.saw_trial)
    try:
        return go_on(ordering.place(own, settings_here()))
    except DomainError as problem:
        return refused(form, problem)


def known_by_password(form: CheckoutForm) -> User | None:
    """Whose account it is, where the form asked for a password and it is theirs."""
    if not form.password or not form.password.data:
        return None
    return signing.try_password(form.email_address.data, form.password.data)[0]


def sign_in(form: CheckoutForm) -> ResponseReturnValue:
    """Who has an account goes on with it here; what was entered stays. Says no more than the page to sign in."""
    if not has_token(form):
        return show_refused(form)
    user, wait = signing.try_password(str(form.email_address.data or ""), str(form["account_password"].data or ""))
    form.has_account = True
    if wait or user is None:
        said = (
            too_many(wait)
            if wait
            else _("E-mail address and password do not match. Check both, or reset your password.")
        )
        form.refuse("account_password", said)
        return show_refused(form, 429 if wait else 422)
    drafts.keep(form)
    onward = f"{shaping.action_of(form.shape)}?{urlencode({'step': form.shape.step.id})}"
    if user.two_step_at is not None:
        signing.wait_for_code(user, onward)
        return go_to(url_for("auth.ask_code"))
    signing.enter(user)
    return go_to(onward)


def refused(form: CheckoutForm, problem: DomainError) -> ResponseReturnValue:
    """The form again; without the trial that it promised, where this person has had one: nobody pays what they have not
    seen."""
    if problem.code == trial_claims.TAKEN:
        form.without_trial.data = request.form.get("email_address", "")[:TEXT]
        form.refuse("", without_trial(reckon(form)))
    else:
        form.refuse(problem.field or "", problem.message)
    return show_refused(form, problem.status)


def without_trial(cart: Cart) -> str:
    price = money(cart.due_today)
    return _(
        "There was a free trial for you before, so this order costs %(price)s today. You have not ordered yet.",
        price=price,
    )


def go_on(placed: Placed) -> ResponseReturnValue:
    """To the gateway's page, to another try, or to the result; the buyer is signed in from here on."""
    if not current_user.is_authenticated:
        begin_session(customers.find_user(placed.user_id))
    drafts.forget()
    if placed.url is not None:
        return leave_for(placed.url)
    if placed.declined or placed.on_our_page:
        return go_to(url_for("pay.show_payment", reference=placed.reference))
    return go_to(url_for("pay.thank_you", reference=placed.reference))


@limiter.limit("60 per minute")  # guessing who has an account; what is placed does not count, and need not wait for it
def show_refused(form: CheckoutForm, status: int = 422) -> Response:
    """At the first step where something is wrong. What was typed is kept, in case it is left now."""
    shape = form.shape
    if status == 422 and problems_at(form) and not problems_here(form):
        form.shape = replace(shape, at=min(shape.place_of(name) for name in problems_at(form)))
    if has_token(form):
        drafts.keep(form)
    return show(form, status=status)


def leave_step(form: CheckoutForm, to: int) -> Response:
    """What was entered is kept, and the other step shown; nothing is sent again when it is loaded anew."""
    if not has_token(form):
        return show(form, status=422)
    drafts.keep(form)
    address = shaping.action_of(form.shape)
    return go_to(f"{address}?{urlencode({'step': form.shape.steps[to].id})}")


def has_token(form: CheckoutForm) -> bool:
    """Whether it came from a page of ours, shown a while ago at most."""
    return "csrf_token" not in form or bool(form.csrf_token.validate(form))


def problems_at(form: CheckoutForm) -> list[str]:
    """The names of the controls of which something is wrong."""
    return [name for name, one in shaping.named_fields(form) if one.errors]


def problems_here(form: CheckoutForm) -> list[str]:
    """Those of the step that was sent, and what is wrong with all of the form."""
    here = [name for name in problems_at(form) if form.shape.place_of(name) == form.shape.at]
    return [*here, *(["csrf_token"] if "csrf_token" in form and form.csrf_token.errors else [])]
