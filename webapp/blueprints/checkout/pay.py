"""What became of an order: coming back from the gateway, paying what is open, and the thank-you page."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp.blueprints import access, content_policy, transfers
from webapp.blueprints.auth.resets import later
from webapp.blueprints.checkout import conversions, tax_words
from webapp.blueprints.checkout.forms import EmailForm
from webapp.blueprints.checkout.page import term_of
from webapp.blueprints.checkout.placing import go_on
from webapp.blueprints.errors import settings_here
from webapp.blueprints.site_addresses import site_address
from webapp.blueprints.views import View, go_to, leave_for
from webapp.domain import asked, customers, email_addresses, network, payments, receivables, sites, throttles, trials
from webapp.domain.transfers import awaited
from webapp.errors import DomainError, Invalid, NotFound
from webapp.extensions import limiter
from webapp.flows import asking, offering, ordering
from webapp.formatting import money, per_period
from webapp.gateways import beyond, gateways
from webapp.gateways.base import VendorPage
from webapp.models import Payment, PaymentKind, PaymentStatus, SiteStatus, Try, TryStatus
from webapp.transactions import unit_of_work

bp = Blueprint("pay", __name__)
bp.before_request(access.public)
bp.before_request(access.no_order_while_acting)

pay_view = View("checkout/pay.html")
thanks_view = View("checkout/thank_you.html", block="state")


@bp.get("/checkout/return/<reference>")
def come_back(reference: str) -> ResponseReturnValue:
    """The buyer is back from the gateway's page. What is true is asked of the gateway, never read from the address."""
    payment = receivables.find_by_reference(reference)
    attempt = payments.open_try(payment)
    if attempt is None and payment.status == PaymentStatus.CANCELLED:  # given up while the buyer was still there
        attempt = last_try(payment)
    if attempt is not None and attempt.gateway_reference is not None:
        asking.ask(attempt.id)
    payment = receivables.find_by_reference(reference)
    last = last_try(payment)
    left = request.args.get("left") == "1"
    waits = last is not None and asked.waits_on_our_page(last)
    instead = trials.asked_instead(payment)
    if instead is not None:
        return go_to(url_for("pay.show_payment", reference=instead.reference))
    if not waits and (payment.is_paid or (last is not None and last.is_open and not left)):
        return go_to(url_for("pay.thank_you", reference=reference))
    return go_to(url_for("pay.show_payment", reference=reference, left=1 if left else None))


def is_owner(payment: Payment) -> bool:
    return access.customer_id() == payment.customer_id


@bp.get("/pay/<reference>")
def show_payment(reference: str) -> ResponseReturnValue:
    payment = receivables.find_by_reference(reference)
    if payment.is_paid and not stores_only(payment):
        return go_to(url_for("pay.thank_you", reference=reference))
    return show(payment)


def stores_only(payment: Payment) -> bool:
    """Nothing is due now, and what is charged later is still asked for."""
    last = last_try(payment)
    return payment.is_paid and last is not None and asked.waits_on_our_page(last)


@bp.post("/pay/<reference>")
@limiter.limit("20 per minute")
def pay(reference: str) -> ResponseReturnValue:
    """Another try, at the gateway that is chosen now; the same order, nothing typed again."""
    payment = receivables.find_by_reference(reference)
    if payment.is_paid:
        return go_to(url_for("pay.thank_you", reference=reference))
    gateway = request.form.get("gateway", "")
    if gateway not in offering.payable_by(payment):
        return show(payment, errors=[("gateway", _("Choose how you want to pay."))], status=422)
    try:
        placed = ordering.pay_again(payment.id, gateway, settings_here())
    except DomainError as problem:
        payment = receivables.find_by_reference(reference)
        return show(payment, errors=[("", problem.message)], status=problem.status)
    if not current_user.is_authenticated and not is_owner(payment):
        return leave_for(placed.url or url_for("pay.thank_you", reference=reference))
    return go_on(placed)


def show(payment: Payment, *, errors: list[tuple[str, str]] | None = None, status: int = 200) -> Response:
    last = last_try(payment)
    running = last if last is not None and last.is_open else None
    declined = last is not None and last.status == TryStatus.DECLINED and request.args.get("left") is None
    page, chosen, ways = page_of(payment), chosen_way(payment), offering.payable_by(payment)
    response = pay_view.show(
        status=status,
        payment=payment if is_owner(payment) else None,
        order_number=payment.order_number,
        total=payment.asked,
        tax=tax_words.beside_payment(payment),
        gateways=offering.described(ways),
        chosen=chosen,
        card=page,
        reference=payment.reference,
        stores_only=stores_only(payment),
        stored=stored_way(payment) if page is not None else None,
        instead=page.instead if page is not None and page.instead in ways else None,
        declined=declined,
        problem=_words_of(last) if declined else None,
        left=request.args.get("left") == "1",
        running=_go_on_url(running),
        closed=payment.status == PaymentStatus.CANCELLED,
        errors=errors or [],
        action=url_for("pay.pay", reference=payment.reference),
        register_url=order_again_url(payment),
        terms=terms_of(payment),
    )
    if page is not None:
        response.headers["Content-Security-Policy"] = content_policy.allowing(settings_here().base_url, page.sources)
    return response


def order_again_url(payment: Payment) -> str:
    """Where the same is ordered anew, at what it costs by then, while it is on sale."""
    membership = payment.membership
    if payment.status != PaymentStatus.CANCELLED or membership is None or not membership.plan.active:
        return url_for("checkout.register")
    period = membership.period
    return url_for("checkout.register", plan=membership.plan.slug, duration=period.count, unit=period.unit)


def terms_of(payment: Payment) -> list[str]:
    """What is ordered by paying what turned out to be no trial: the price of each period, and how long it runs."""
    membership = payment.membership
    if membership is None or payment.is_paid or not trials.is_refused(membership):
        return []
    price = f"{money(membership.price)} {per_period(membership.period)}"
    return [price, term_of(membership.period)] if membership.recurring else [_("Paid once, no renewal.")]


def chosen_way(payment: Payment) -> str:
    """What the buyer asks to pay with here, else what they chose before."""
    asked = request.args.get("gateway", "")
    return asked if asked in offering.payable_by(payment) and not payment.is_paid else payment.gateway


def page_of(payment: Payment) -> VendorPage | None:
    """What the vendor's part of our page needs, if what is chosen has one and something is to be paid or stored."""
    gateway = chosen_way(payment)
    if gateway not in offering.payable_by(payment) or payment.status == PaymentStatus.CANCELLED:
        return None
    return ordering.page_for(payment, gateway, settings_here())


def stored_way(payment: Payment) -> str | None:
    """What a renewal is charged by, for its owner to confirm when the bank asks for it."""
    membership = payment.membership
    credential = membership.credential if membership is not None and is_owner(payment) else None
    if credential is None or not credential.usable or credential.agreement or payment.kind == PaymentKind.FIRST:
        return None
    return credential.label or _("your stored card")


def _words_of(last: Try | None) -> str:
    known = gateways.all().get(last.gateway) if last is not None else None
    return beyond(known).sentence(last.reason) if known is not None and last is not None else ""


def _go_on_url(attempt: Try | None) -> str | None:
    action = attempt.action if attempt is not None else None
    return str(action["url"]) if action and action.get("type") == "redirect" else None


@bp.get("/thank-you/<reference>")
def thank_you(reference: str) -> ResponseReturnValue:
    """What is true now, as the database has it. Strangers who have the address see only the state."""
    payment = receivables.find_by_reference(reference)
    instead = trials.asked_instead(payment)
    if instead is not None:
        return go_to(url_for("pay.show_payment", reference=instead.reference))
    last = last_try(payment)
    if state_of(payment) == "declined" or (last is not None and not payment.is_paid and asked.waits_on_our_page(last)):
        return go_to(url_for("pay.show_payment", reference=reference))
    return thank(payment, EmailForm(formdata=None, email_address=payment.customer.email))


@bp.post("/thank-you/<reference>/email-address")
@limiter.limit("10 per hour")
def change_email(reference: str) -> ResponseReturnValue:
    """The buyer mistyped their address: put it right, soon and while nobody has confirmed the other one."""
    payment = receivables.find_by_reference(reference)
    if not is_owner(payment) or not email_addresses.may_be_mistyped(payment.customer):
        raise NotFound()
    form, customer_id = EmailForm(), payment.customer_id
    if form.validate_on_submit():
        try:
            wait = correct_address(customer_id, str(form.email_address.data))
        except Invalid as problem:
            form.email_address.errors = [problem.message]
        else:
            if wait:
                form.email_address.errors = [later(wait)]
                return thank(receivables.find_by_reference(reference), form, status=429)
            address = form.email_address.data
            flash(_("Your address is saved. We sent everything to %(email)s.", email=address), "success")
            return go_to(url_for("pay.thank_you", reference=reference))
    return thank(receivables.find_by_reference(reference), form, status=422)


def correct_address(customer_id: int, email: str) -> timedelta:
    """How long to wait when it was done too often: each time, all that was written goes out again. Raises Invalid."""
    with unit_of_work(f"customer:{customer_id}"):
        customer = customers.find(customer_id)
        wait = throttles.attempt("mail", str(customer.user_id))
        if not wait:
            email_addresses.correct(customer, email)
    return wait


def thank(payment: Payment, email_form: EmailForm, *, status: int = 200) -> Response:
    membership, owner = payment.membership, is_owner(payment)
    site = membership.sites[-1] if membership is not None and membership.sites else None
    ready = site is not None and site.status == SiteStatus.PUBLISHED
    state = state_of(payment)
    site_waits = site is not None and not ready and sites.waits_for_confirmation(site)
    return thanks_view.show(
        status=status,
        state=state,
        payment=payment if owner else None,
        order_number=payment.order_number,
        tax=tax_words.beside_payment(payment) if owner else "",
        membership=membership if owner else None,
        site=site if owner else None,
        site_url=site_address(site) if owner and site else None,
        site_ready=ready,
        site_failed=site is not None and site.status == SiteStatus.FAILED,
        transfer=transfers.shown(payment) if owner else None,
        unconfirmed=payment.customer.email if owner and site_waits else None,
        thanks=conversions.thanks(payment) if owner and state == "paid" else "",
        chooses_password=owner and conversions.chooses_password(payment),
        conversion_url=conversions.url_of(payment) if owner and state == "paid" else None,
        settled=state == "paid" and (site is None or ready or site_waits),
        poll_url=url_for("pay.thank_you", reference=payment.reference),
        sign_in_url=url_for("auth.sign_in", next=url_for("pay.thank_you", reference=payment.reference)),
        support_email=network.settings().support_email,
        register_url=order_again_url(payment),
        email_form=email_form,
        email_url=url_for("pay.change_email", reference=payment.reference)
        if owner and email_addresses.may_be_mistyped(payment.customer)
        else None,
        errors=[("email_address", one) for one in email_form.email_address.errors or ()],
    )


def last_try(payment: Payment) -> Try | None:
    return payment.tries[-1] if payment.tries else None


def state_of(payment: Payment) -> str:
    """paid, transfer, pending, unknown, declined or void."""
    last = last_try(payment)
    if payment.is_paid:
        return "paid"
    if payment.status == PaymentStatus.CANCELLED:
        return "void"
    if last is None:
        return "declined"
    if last.status == TryStatus.NEEDS_ACTION:
        return "transfer" if awaited(payment) is not None else "pending"
    return "unknown" if last.is_open else "declined"
