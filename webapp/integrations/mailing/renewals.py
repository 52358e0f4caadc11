"""What customers are told of the periods to come: announced, asked for, paid. A worker calls each of these."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from webapp import transfer_words
from webapp.domain import agenda, pending_changes, prospects, renewals, transfers, trials
from webapp.extensions import db
from webapp.formatting import long_date, money
from webapp.hooks import idempotency_key
from webapp.integrations.mailing import words
from webapp.integrations.mailing.writing import account, payment_methods, receipt, write
from webapp.models import (
    Change,
    ChangeStatus,
    Membership,
    MembershipStatus,
    Payment,
    PaymentKind,
    PaymentStatus,
    Product,
)

NOT_NEEDED = "not needed any more"


def send_notice(membership: Membership) -> str:
    """Some days before a stored way to pay is charged; other words where it will have expired by then.

    Not when it will not be charged any more.
    """
    ends, credential = membership.renews_at, membership.credential
    if ends is None or credential is None or not renewals.can_be_charged(membership):
        return "it is not charged any more: nothing was written"

    change = pending_changes.scheduled(membership)  # its terms are those of the period that is announced
    charged = prospects.next_charge(membership).asked

    def values(_locale: str) -> dict[str, str]:
        usual = change is None and charged == membership.price
        return {
            "plan": (change or membership).plan.name,
            "contract_number": str(membership.id),
            "price": words.price(membership) if usual else money(charged),
            "charged_on": long_date(ends),
            "paid_by": credential.label,
            "link": account(membership),
        }

    def of_expiry(locale: str) -> dict[str, str]:
        last = f"{credential.expires_on:%m/%Y}" if credential.expires_on else ""
        return {**values(locale), "valid_until": last, "link": payment_methods(membership)}

    once = f"renewal-notice:{membership.id}:{membership.periods_paid + 1}"
    if credential.expires_by(ends):
        return write("card_expiring", membership.customer, once, of_expiry)
    kind = "trial_ending" if membership.status == MembershipStatus.TRIALING else "renewal_notice"
    return write(kind, membership.customer, once, values)


def send_request(payment: Payment) -> str:
    """Where a renewal is to be paid that nobody can charge by itself, or what turned out to be no trial."""
    membership = payment.membership
    if payment.is_paid or payment.period_number is None or membership is None:
        return NOT_NEEDED
    if trials.is_refused(membership):
        what = partial(_to_pay, payment, membership)
        return write("trial_refused", payment.customer, f"renewal-request:{payment.id}", what)
    ends = membership.expires_at

    def values(_locale: str) -> dict[str, str]:
        due = {"due_on": long_date(ends) if ends else "", "switched_off_on": _switched_off_on(payment, membership)}
        return _to_pay(payment, membership, _locale) | due

    return write("renewal_request", payment.customer, f"renewal-request:{payment.id}", values)


def send_reminder(payment: Payment) -> str:
    """The period is over, and what was asked for is not paid."""
    membership = payment.membership
    if payment.status != PaymentStatus.PENDING or membership is None or not membership.is_served:
        return NOT_NEEDED

    def values(_locale: str) -> dict[str, str]:
        return _to_pay(payment, membership, _locale) | {"switched_off_on": _switched_off_on(payment, membership)}

    return write("renewal_reminder", payment.customer, f"renewal-reminder:{payment.id}", values)


def _to_pay(payment: Payment, membership: Membership, locale: str) -> dict[str, str]:
    told = transfers.expected(payment, locale)
    lines = transfer_words.lines(told, payment.asked, transfers.due_at(payment)) if told is not None else []
    return {
        "order_number": payment.order_number,
        "plan": membership.plan.name,
        "lines": words.lines(payment),
        "total": money(payment.asked),
        "tax": words.tax(payment),
        "transfer": "\n".join(lines),
        "link": words.payment_link(payment),
    }


def _switched_off_on(payment: Payment, membership: Membership) -> str:
    until = agenda.ends_at(membership, payment)
    return long_date(until) if until and membership.sites else ""


RECEIPTS = {
    PaymentKind.RENEWAL: "renewal_receipt",
    PaymentKind.CHANGE: "change_receipt",
    PaymentKind.REACTIVATION: "membership_reactivated",
}


def confirm(payment: Payment) -> str:
    """A receipt for each period, change and reactivation that was paid after the first order."""
    membership, kind = payment.membership, RECEIPTS.get(payment.kind)
    if kind is None or membership is None or not payment.total_minor:
        return "no renewal: nothing was written"

    def values(_locale: str) -> dict[str, str]:
        return {
            "order_number": payment.order_number,
            "plan": membership.plan.name,
            "contract_number": str(membership.id),
            "lines": words.lines(payment),
            "total": money(payment.total),
            "tax": words.tax(payment),
            "tax_note": words.tax_note(payment),
            "paid_by": words.paid_by(payment),
            "next_charge": words.next_charge(membership),
            "link": receipt(payment),
        }

    return write(kind, membership.customer, f"renewal:{payment.id}", values)


def tell_of_plan(membership: Membership, old_plan: Product) -> str:
    """Another plan holds. Who paid for that has it on the receipt."""
    newest = select(Change).where(Change.membership_id == membership.id, Change.status == ChangeStatus.APPLIED)
    change = db.session.scalars(newest.order_by(Change.id.desc()).limit(1)).first()
    paid = db.session.get(Payment, change.payment_id) if change is not None and change.payment_id else None
    if paid is not None and paid.total_minor:
        return "on the receipt: nothing was written"

    def values(_locale: str) -> dict[str, str]:
        return {
            "plan": membership.plan.name,
            "old_plan": old_plan.name,
            "contract_number": str(membership.id),
            "price": words.price(membership),
            "next_charge": words.next_charge(membership),
            "link": account(membership),
        }

    return write("plan_changed", membership.customer, f"plan:{idempotency_key()}", values)
