"""The story of a membership for the staff: every step with reason and actor, every payment with why it is so much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import and_

from webapp.blueprints import story_words
from webapp.blueprints.access import may
from webapp.blueprints.admin import timeline
from webapp.blueprints.admin.timeline import Entry
from webapp.domain import reckonings, stories
from webapp.domain.staff import Capability
from webapp.domain.stories import Page, Place
from webapp.formatting import money
from webapp.models import AuditEntry, Change, CreditMovement, Event, Invoice, Mail, Membership, Move, Payment

# What is told by the rows themselves, or by the steps of their status.
TOLD = {*timeline.OF_STATUS, "membership.created", "payment.created", "renewal.created"}

WORDS: dict[str, Callable[..., Entry]] = {
    "change": story_words.of_change,
    "credit": story_words.of_credit,
    "invoice": story_words.of_invoice,
}


def of_membership(membership: Membership, before: Place | None) -> tuple[list[Entry], Place | None]:
    """Newest first; and where older ones begin."""
    page = stories.of_membership(_wanted(membership), before)
    moves = [one for source, one in page.rows if source == "move"]
    audits = [one for source, one in page.rows if source == "audit"]
    people = timeline.people_in([*(f"{one.actor} {one.reason}" for one in moves), *(one.actor for one in audits)])
    told = [_told(source, row, page, people, moves) for source, row in page.rows]
    return [one for one in told if one is not None], page.older


def _wanted(membership: Membership) -> dict[str, Any]:
    wanted = {
        "audit": and_(
            stories.about(AuditEntry, membership, "memberships", "payments"), AuditEntry.action.not_like("notes.%")
        ),
        "change": Change.membership_id == membership.id,
        "credit": stories.of_its_payments(CreditMovement.payment_id, membership),
        "event": and_(stories.about(Event, membership, "memberships", "payments", "sites"), Event.type.not_in(TOLD)),
        "invoice": stories.of_its_payments(Invoice.payment_id, membership),
        "move": stories.about(Move, membership),
        "payment": Payment.membership_id == membership.id,
    }
    if may(Capability.EMAILS_VIEW):
        wanted["mail"] = and_(Mail.customer_id == membership.customer_id, Mail.created_at >= membership.created_at)
    return wanted


def _told(source: str, row: Any, page: Page, people: dict[int, str], moves: list[Move]) -> Entry | None:
    if source == "audit":
        is_told = "status" in row.after and timeline.is_told(row, row.at, moves, row.actor)
        return None if is_told else timeline.of_audit(row, people)
    if source == "move":
        return _of_move(row, page, people)
    if source == "event":
        return timeline.of_event(row, named=row.object_type != "memberships")
    if source == "payment":
        return _of_payment(page.payments[row.id])
    if source == "mail":
        return Entry(
            row.created_at, _("E-mail to the customer"), row.subject, url=url_for("admin.show_email", mail_id=row.id)
        )
    entry: Entry = WORDS[source](Entry, row)
    return entry


def _of_payment(payment: Payment) -> Entry:
    title = _("Asked for %(amount)s", amount=money(payment.asked))
    for_what = _("Payment %(number)s", number=payment.order_number)
    if payment.period_number:
        for_what = _("%(payment)s, period %(number)s", payment=for_what, number=payment.period_number)
    url = url_for("admin.show_payment", payment_id=payment.id)
    return Entry(payment.created_at, title, for_what, url=url, reckoning=reckonings.of_payment(payment))


def _of_move(move: Move, page: Page, people: dict[int, str]) -> Entry:
    entry = timeline.of_move(move, people, named=move.object_type != "memberships")
    refund = page.refunds.get(move.object_id) if move.object_type == "refunds" else None
    if refund is None:
        return entry
    text = ", ".join(filter(None, (money(refund.amount), refund.reason, entry.text)))
    return Entry(entry.when, entry.title, text, entry.actor, entry.tone)
