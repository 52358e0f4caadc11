"""One attempt to buy: an order becomes a sale once, however often it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, or_, select

from webapp import clock, new_rows
from webapp.domain import (
    carts,
    customers,
    discounts,
    email_addresses,
    form_answers,
    memberships,
    payments,
    receivables,
    sale_holds,
    site_templates,
    sites,
    trial_claims,
)
from webapp.domain.carts import Cart, CartRequest
from webapp.domain.customers import Profile
from webapp.domain.form_answers import Answer
from webapp.domain.form_definitions import Keep
from webapp.domain.sale_holds import UNSETTLED
from webapp.errors import Invalid
from webapp.extensions import db, dialect_name
from webapp.hooks import do_action
from webapp.models import Customer, Payment, Sale, Try

FREE = "free"
BY_CHECKOUT_ID = select(Sale).where(Sale.checkout_id == bindparam("checkout_id"))
OPEN = and_(Sale.customer_id == bindparam("customer_id"), Sale.cart_key == bindparam("cart_key"), UNSETTLED)
NEWEST_OPEN = select(Sale).where(OPEN).order_by(Sale.id.desc()).limit(1)
BEGUN = select(or_(exists().where(Sale.checkout_id == bindparam("checkout_id")), exists().where(OPEN)))


@dataclass(frozen=True, slots=True)
class Order:
    """Everything a buyer said, checked for shape. `customer_id`: who is signed in. Passwords come as a hash."""

    checkout_id: str
    cart: CartRequest
    profile: Profile
    gateway: str = ""
    email: str = ""
    password_hash: str = ""
    customer_id: int | None = None
    site_title: str = ""
    site_url: str = ""
    template: str = ""
    locale: str = "en"
    analytics: Mapping[str, str] | None = None  # None: no consent was given
    wants_news: bool = False
    form: Mapping[str, Any] = field(default_factory=dict)
    checkout_form: str = "main-form"
    password_by_link: bool = False  # the hash is of none that anybody has; the buyer is mailed a link to choose one
    username: str = ""  # none: it is made of the address
    answers: tuple[Answer, ...] = ()  # to the form's own questions
    saw_trial: bool = False  # the buyer pressed the button below a summary that promised one


def cart_for(order: Order, known: Sale | None = None) -> tuple[Cart, Customer | None]:
    """The cart as the server reckons it now, for this buyer and the sale that the order repeats."""
    customer = customers.find(order.customer_id) if order.customer_id else None
    own = known.payment_id if known is not None else None

    def has_trialed() -> bool:
        return trial_claims.had(customer) if customer else trial_claims.had_by(order.email)

    return carts.build(replace(order.cart, customer=customer, has_trialed=has_trialed, sale_of=own)), customer


def serialise(checkout_id: str) -> None:
    """Let a double click wait for its first half. SQLite has one writer at a time anyway."""
    if dialect_name() == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(checkout_id, 0))))


def find(checkout_id: str) -> Sale | None:
    return db.session.scalars(BY_CHECKOUT_ID, {"checkout_id": checkout_id}).one_or_none()


def find_own(checkout_id: str, customer_id: int | None, email: str) -> tuple[str, Sale | None]:
    """The sale that this buyer's order repeats, and the order's id: another one where somebody else's sale has it.

    A form is found again with the browser's back button, also by the next person at a shared computer.
    """
    sale, key = find(checkout_id), email.strip().lower()
    if sale is None or (sale.customer_id == customer_id if customer_id else sale.customer.user.email_key == key):
        return checkout_id, sale
    own = hashlib.sha256(f"{checkout_id}:{customer_id or key}".encode()).hexdigest()
    return own, find(own)


def find_open(customer: Customer, cart_key: str) -> Sale | None:
    """The same buyer's unsettled sale of the same cart, from another tab or another day."""
    return db.session.scalars(NEWEST_OPEN, {"customer_id": customer.id, "cart_key": cart_key}).first()


def latest_open(customer: Customer) -> Sale | None:
    """The order this buyer began and has not paid: coming back, they find it as they left it.

    One that waits for a transfer is placed for good; a new order must not replace it.
    """
    query = (
        select(Sale)
        .join(Payment)
        .where(Sale.customer_id == customer.id, Sale.settled_at.is_(None), Sale.abandoned_at.is_(None))
        .where(Sale.hold_until > clock.now(), Payment.due_at.is_(None))
        .order_by(Sale.id.desc())
    )
    return db.session.scalars(query.limit(1)).first()


def place(
    order: Order, choose_gateway: Callable[[Cart, str], str], checked: Cart | None = None
) -> tuple[Sale, Try | None]:
    """The sale this order is, made if it is new, and the try to be sent to the gateway now (None: nothing to send).

    `checked`: its cart, when the order was looked over a moment ago and found right. A new one is not looked at again;
    an address that was taken meanwhile is an IntegrityError.
    Raises Invalid for what is wrong with it, Conflict for a sale that is over, and hooks.Reject. Call it in a unit.
    """
    serialise(order.checkout_id)
    if checked is not None and checked.keeps and not _is_begun(order, checked):
        slug, gateway = sites.check_name(order.site_url), choose_gateway(checked, order.gateway)
        return _place_new(order, slug, checked, checked.request.customer, gateway)
    own_id, known = find_own(order.checkout_id, order.customer_id, order.email)
    order = replace(order, checkout_id=own_id)
    if known is not None and known.settled_at is not None:
        return known, None
    cart, customer = cart_for(order, known)
    if cart.errors:
        problem = cart.errors[0]
        raise Invalid(problem.message, code=problem.code, field=problem.param)
    if order.saw_trial and cart.trial_ends_at is None:
        raise trial_claims.taken()
    gateway = choose_gateway(cart, order.gateway)
    if known is None and customer is not None:
        known = find_open(customer, cart.key)
    if known is not None and known.cart_key == cart.key and known.abandoned_at is None:
        return known, _pay_again(known, gateway)
    if known is not None:
        sale_holds.give_up(known, reason="the order was changed")
    return _place_new(order, sites.check_address(order.site_url), cart, customer, gateway)


def _is_begun(order: Order, cart: Cart) -> bool:
    """Whether there is a sale with this order's id, be it somebody else's, or an open one of this buyer's same cart."""
    names = {"checkout_id": order.checkout_id, "customer_id": order.customer_id, "cart_key": cart.key}
    return bool(db.session.scalar(BEGUN, names))


def _pay_again(sale: Sale, gateway: str) -> Try | None:
    """The next try of a sale that is still open; None while one is under way at the same gateway."""
    payment = payments.locked(sale.payment_id)
    sale_holds.hold(sale, payment, gateway)
    running = payments.open_try(payment)
    if running is not None and running.gateway == gateway:
        return running if running.action is None else None
    if running is not None:
        payments.abandon_try(running, reason="the buyer chose another way to pay")
    return payments.begin_try(payment, gateway)


def _place_new(order: Order, slug: str, cart: Cart, customer: Customer | None, gateway: str) -> tuple[Sale, Try | None]:
    do_action("wu_checkout_before_processing", cart)
    if cart.discount is not None:
        discounts.check_use(cart.discount.id)
    buyer = _buyer(order, customer)
    form_answers.keep(order.answers, Keep.CUSTOMER, buyer)
    membership = memberships.create(buyer, cart, gateway)
    form_answers.keep(order.answers, Keep.MEMBERSHIP, membership)
    paid_period = 1 if membership.recurring and cart.trial_ends_at is None else None
    payment = receivables.create(buyer, membership, cart, gateway, period_number=paid_period)
    template = site_templates.check(order.template, membership.plan)
    site = sites.reserve(buyer, membership, slug=slug, title=order.site_title, template=template)
    form_answers.keep(order.answers, Keep.SITE, site)
    sale = Sale(
        checkout_id=order.checkout_id,
        cart_key=cart.key,
        customer=buyer,
        membership=membership,
        payment=payment,
        form=dict(order.form) | form_answers.of_sale(order.answers),
        checkout_form=order.checkout_form,
        snippets_run=[],
        hold_until=sale_holds.held_until(),
    )
    new_rows.keep(sale)
    _note_consent(order, sale)
    if cart.discount is not None:
        discounts.hold(cart.discount, payment, sale.hold_until)
    return sale, _first_step(sale, gateway)


def _buyer(order: Order, customer: Customer | None) -> Customer:
    if customer is not None:
        customers.update(customer, order.profile)
        return customer
    user = customers.create_user(
        order.email, "", order.profile.full_name, password_hash=order.password_hash, username=order.username
    )
    made = customers.create(user, order.profile, signup_form=order.checkout_form, locale=order.locale)
    if order.password_by_link:
        email_addresses.write_first_password(made)
    return made


def _note_consent(order: Order, sale: Sale) -> None:
    if order.analytics is not None:
        sale.customer.analytics_consent_at = clock.now()
        sale.customer.meta["analytics"] = dict(order.analytics)
        sale.payment.meta["analytics"] = dict(order.analytics)
    if order.wants_news:
        sale.customer.news_requested_at = clock.now()


def _first_step(sale: Sale, gateway: str) -> Try | None:
    """Nothing due: settled now. The gateway is still asked when it shall keep a way to charge later."""
    payment = sale.payment
    covered = payment.credit_minor > 0 and not payment.asked
    attempt = payments.begin_try(payment, gateway) if gateway != FREE and not covered else None
    if payment.asked:
        return attempt
    payments.settle_at_once(sale, reason="paid with credit" if covered else "nothing is due today")
    return attempt
