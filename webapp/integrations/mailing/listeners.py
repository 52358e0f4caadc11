"""The moments at which we write to people. Nearly all of it runs in a worker, so no sale waits for a mail to be worded.

A delivery may be carried out twice: every mail has a key under which it is written once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from webapp import unit
from webapp.domain import customers, dues, email_addresses, mails, network, outbox
from webapp.domain.declarations import BY_DECLARATION
from webapp.extensions import db
from webapp.formatting import long_date, money
from webapp.hooks import add_action, idempotency_key
from webapp.integrations.mailing import domains, renewals, words
from webapp.integrations.mailing.writing import account, payment_methods, receipt, write
from webapp.models import Customer, Mail, Membership, Payment, PaymentKind, Refund, Site, TryStatus
from webapp.paying import TO_CONFIRM
from webapp.transactions import unit_of_work

# Whoever is refused this soon after the beginning of a try sees it on the page.
ON_THE_PAGE = timedelta(minutes=2)


def listen() -> None:
    add_action("wu_event_email_verification_requested", ask_to_confirm, background=True)
    add_action("wu_checkout_completed", confirm_order, background=True)
    add_action("wu_payment_failed", tell_of_failure, background=True)
    add_action("wu_payment_refunded", tell_of_refund, background=True)
    add_action("wu_site_published", tell_of_site, background=True)
    add_action("wu_domain_mapped", domains.tell_of_domain, background=True)
    add_action("wu_payment_completed", renewals.confirm, background=True)
    add_action("wu_membership_plan_changed", renewals.tell_of_plan, background=True)
    add_action("wu_membership_post_cancel", hear_of_cancellation)
    add_action("wu_membership_status_to_cancelled", tell_of_end, background=True)
    add_action("wu_membership_status_to_expired", tell_of_expiry, background=True)


# -- signing up ------------------------------------------------------------------------------------------------------
def ask_to_confirm(payload: dict[str, Any]) -> str:
    """The link by which a customer confirms their address."""
    with unit_of_work("mail"):
        customer = customers.find(payload["customer_id"])
        written = email_addresses.write_confirmation(customer, once=f"confirm:{idempotency_key()}")
    return "written" if written else "confirmed already"


# -- sales -----------------------------------------------------------------------------------------------------------
def confirm_order(payment: Payment, customer: Customer, membership: Membership) -> str:
    """The contract, on a durable medium: what was ordered from whom, what it costs, and how to get out of it."""

    def values(locale: str) -> dict[str, str]:
        site = membership.sites[-1] if membership.sites else None
        return {
            "email": customer.user.email,
            "order_number": payment.order_number,
            "ordered_on": long_date(payment.created_at),
            "contract_number": str(membership.id),
            "plan": membership.plan.name,
            "lines": words.lines(payment),
            "total": money(payment.total),
            "tax": words.tax(payment),
            "tax_note": words.tax_note(payment),
            "paid_by": words.paid_by(payment),
            "price": words.price(membership),
            "next_charge": words.next_charge(membership),
            "trial_ends": long_date(membership.trial_ends_at) if membership.trial_ends_at else "",
            "site_url": words.site_address(site) if site is not None else "",
            "billed_to": words.billed_to(customer, locale),
            "sold_by": words.sold_by(),
            "link": account(membership),
            "terms_url": network.settings().terms_url,
            "terms": words.terms(locale),
            "withdrawal_information": words.withdrawal(customer, locale),
            "asked_to_begin": "yes" if words.asked_to_begin(payment) else "",
        }

    kind = "trial_started" if membership.trial_ends_at is not None else "order_confirmation"
    return write(kind, customer, f"order:{payment.id}", values)


def tell_of_failure(payment: Payment) -> str:
    """With a link to pay. Not to whoever sat before the page when it failed."""
    declined = [one for one in payment.tries if one.status == TryStatus.DECLINED]
    last = declined[-1] if declined else None
    if payment.is_paid or last is None or last.settled_at is None:
        return "not needed any more"
    if payment.kind == PaymentKind.FIRST and last.settled_at - last.created_at < ON_THE_PAGE:
        return "seen on the page: nothing was written"
    due = dues.due_of(payment)

    def values(_locale: str) -> dict[str, str]:
        return {
            "order_number": payment.order_number,
            "plan": payment.membership.plan.name if payment.membership else "",
            "total": money(payment.asked),
            "switched_off_on": long_date(due.until) if due.until and due.sites else "",
            "next_try_on": long_date(due.next_try_at) if due.next_try_at else "",
            "to_confirm": "yes" if last.reason == TO_CONFIRM and last.credential_reference is not None else "",
            "methods_link": payment_methods(payment.membership) if due.is_renewal and payment.membership else "",
            "link": words.payment_link(payment),
        }

    return write("payment_failed", payment.customer, f"failed:{last.id}", values)


def tell_of_refund(payment: Payment, refund: Refund) -> str:
    def values(_locale: str) -> dict[str, str]:
        return {"order_number": payment.order_number, "amount": money(refund.amount), "link": receipt(payment)}

    return write("refund_made", payment.customer, f"refund:{refund.id}", values)


def tell_of_site(site: Site, membership: Membership) -> str:
    def values(_locale: str) -> dict[str, str]:
        return {"title": site.title, "site_url": words.site_address(site), "link": account(membership)}

    return write("site_ready", membership.customer, f"site:{site.id}", values)


# -- the end ---------------------------------------------------------------------------------------------------------
def hear_of_cancellation(membership: Membership) -> None:
    """Customers are told where they cancel; when somebody of the staff does it for them, they are told by this."""
    by_staff = unit.current().actor.startswith("operator:")
    if by_staff and membership.cancel_at is not None and membership.cancellation_reason != BY_DECLARATION:
        module = __name__
        outbox.add(
            "wu_membership_post_cancel",
            f"{module}:tell_of_cancellation",
            module,
            [membership],
            customer_id=membership.customer_id,
        )


def tell_of_cancellation(membership: Membership) -> str:
    ends = membership.cancel_at
    if ends is None or not membership.is_served:
        return "not to end any more, or ended: nothing was written"

    def values(_locale: str) -> dict[str, str]:
        return {
            "plan": membership.plan.name,
            "contract_number": str(membership.id),
            "ends_on": long_date(ends),
            "link": account(membership),
        }

    return write("cancellation_confirmed", membership.customer, f"cancelled:{idempotency_key()}", values)


def tell_of_end(membership: Membership) -> str:
    """It is over. Not for an order that never began, nor where the confirmation has just said so."""
    if membership.activated_at is None or membership.cancelled_at is None:
        return "it had never begun: nothing was written"
    said = select(Mail.id).where(
        Mail.customer_id == membership.customer_id,
        Mail.kind == "cancellation_confirmed",
        Mail.created_at >= membership.cancelled_at - timedelta(minutes=1),
    )
    if db.session.scalars(said.limit(1)).first() is not None:
        return "said already: nothing was written"

    def values(_locale: str) -> dict[str, str]:
        link = mails.url("/register")
        return {"plan": membership.plan.name, "contract_number": str(membership.id), "link": link}

    return write("membership_ended", membership.customer, f"ended:{idempotency_key()}", values)


def tell_of_expiry(membership: Membership) -> str:
    """Not of a trial that was none: what it costs instead is asked for by a message of its own."""
    if membership.activated_at is None:
        return "it had never begun: nothing was written"

    def values(_locale: str) -> dict[str, str]:
        link = account(membership)
        return {"plan": membership.plan.name, "contract_number": str(membership.id), "link": link}

    return write("membership_expired", membership.customer, f"expired:{idempotency_key()}", values)
