"""Taking money: one try at a time, and one function that every answer goes through.

Whoever hears first that a try went one way or the other (the buyer's return, a notice, the hourly question, an
operator) calls `record_answer`; only the first call that settles it has an effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from webapp import clock
from webapp.domain import (
    agreements,
    asked,
    changes,
    credits,
    form_answers,
    locks,
    memberships,
    outbox,
    payment_methods,
    reactivations,
    receivables,
    renewals,
    transfers,
    trial_claims,
    trials,
)
from webapp.errors import Conflict, IllegalMove
from webapp.extensions import db
from webapp.hooks import do_action
from webapp.models import (
    Membership,
    MembershipStatus,
    Payment,
    PaymentKind,
    PaymentStatus,
    Sale,
    Try,
    TryStatus,
)
from webapp.paying import Beginning, BrowserStep, Credential, Done, Later, Outcome, Redirect, Verdict

TELLING = "webapp.flows.telling"  # called by a worker, by its name
TRIES_AT_MOST = 20


def locked(payment_id: int) -> Payment:
    """The payment, locked with its membership until the unit ends: two answers are recorded one after the other.

    Raises NotFound.
    """
    return locks.payment(payment_id)


def open_try(payment: Payment) -> Try | None:
    """The try that is under way, if there is one."""
    return next((one for one in payment.tries if one.is_open), None)


def begin_try(payment: Payment, gateway: str) -> Try:
    """Note that the money is about to be asked for. Raises Conflict while another try is open, or when paid."""
    if payment.is_paid:
        raise Conflict(_("This order is complete."), code="already_paid")
    if open_try(payment) is not None:
        raise Conflict(_("A payment is already under way."), code="try_open")
    if payment.total_minor and not payment.asked:
        raise Conflict(_("Credit pays all of it, so no gateway is asked."), code="paid_with_credit")
    if payment.status not in (PaymentStatus.PENDING, PaymentStatus.FAILED) or len(payment.tries) >= TRIES_AT_MOST:
        raise Conflict(_("This order can no longer be paid."), code="not_payable")
    if payment.kind == PaymentKind.CHANGE and payment.membership is not None:
        memberships.check_not_charged(payment.membership)
    payment.gateway = gateway
    payment.due_at = payment.remind_at = None  # a transfer that was chosen before is waited for no more
    attempt = Try(number=len(payment.tries) + 1, gateway=gateway, ask_at=clock.now() + asked.LEASE)
    payment.tries.append(attempt)
    if payment.membership is not None and payment.kind == PaymentKind.FIRST:
        payment.membership.gateway = gateway
    return attempt


def record_beginning(attempt: Try, beginning: Beginning, terms: Mapping[str, Any] | None = None) -> None:
    """What the gateway answered when it was asked to take the money. `terms`: what it was asked to take by itself."""
    if isinstance(beginning, Done):
        record_answer(attempt, beginning.outcome)
    elif isinstance(beginning, Redirect):
        more = {"agreement": dict(terms)} if terms is not None else {}
        asked.await_buyer(attempt, beginning.reference, {"type": "redirect", "url": beginning.url, **more})
    elif isinstance(beginning, BrowserStep):
        asked.await_buyer(attempt, beginning.reference or None, {"type": "client", **beginning.data})
    else:
        _await_transfer(attempt, beginning)


def _await_transfer(attempt: Try, later: Later) -> None:
    attempt.action = transfers.kept(later)
    attempt.ask_at = None  # nobody can be asked: an operator confirms it
    transfers.wait(attempt.payment, clock.now() + timedelta(days=later.due_days))
    attempt.move_to(TryStatus.NEEDS_ACTION, reason="waiting for the transfer")
    transfers.write("send_instructions", attempt.payment)


def record_answer(attempt: Try, outcome: Outcome) -> str:
    """What is true at the gateway about a try; what follows from it happens once. Returns the effect in words.

    A late, doubled or backward answer changes nothing. The payment's row must be locked (`locked`).
    """
    if outcome.verdict == Verdict.SUCCEEDED:
        return _succeeded(attempt, outcome)
    if outcome.verdict == Verdict.DECLINED:
        return _declined(attempt, outcome)
    return asked.undecided(attempt, outcome)


def _succeeded(attempt: Try, outcome: Outcome) -> str:
    if attempt.status == TryStatus.SUCCEEDED:
        return "known already"
    payment = attempt.payment
    name = outcome.reference or attempt.gateway_reference
    if payment.is_paid and name is not None and name == payment.gateway_reference:
        return "known already"  # by a try that was given up: it stays so, whatever it paid
    if outcome.amount is not None and outcome.amount != payment.asked:
        puzzle(attempt, f"the gateway took {outcome.amount}, asked for {payment.asked}")
        _want_no_more(attempt, outcome.credential)
        return "the amount differs: needs a decision"
    if payment.status == PaymentStatus.CANCELLED and not credits.use_again(payment):
        puzzle(attempt, "it was void, and the credit that paid a part of it is used up")
        _want_no_more(attempt, outcome.credential)
        return "its credit is gone: needs a decision"
    if attempt.status == TryStatus.DECLINED and payment.is_paid:
        puzzle(attempt, "the money came after all, and the payment was paid otherwise")
        _want_no_more(attempt, outcome.credential)
        return "paid twice: needs a decision"
    if attempt.is_open:  # a try that was given up stays so; its late money is accepted all the same
        _close(attempt, TryStatus.SUCCEEDED, outcome)
    if payment.membership is not None:
        _leave_agreement(attempt, payment.membership)
    if outcome.credential is not None and payment.membership is not None:
        _keep_credential(attempt, payment.membership, outcome.credential)
    payment.gateway_reference = name
    effect = settle(payment, reason=f"{attempt.gateway} try {attempt.number}")
    if outcome.credential is not None:
        trials.check_card(payment, outcome.credential)
    if effect == renewals.NOTHING_RENEWED:
        puzzle(attempt, effect)
    return effect


def _keep_credential(attempt: Try, membership: Membership, credential: Credential) -> None:
    """Unless it was charged without the buyer, and they have chosen another one, or removed it, since then."""
    charged, chosen = attempt.credential_reference, membership.credential
    if charged is None or (chosen is not None and (chosen.gateway, chosen.reference) == (attempt.gateway, charged)):
        terms = _terms(attempt) if credential.is_agreement else None
        memberships.keep_credential(membership, attempt.gateway, credential, terms)


def _terms(attempt: Try) -> dict[str, Any]:
    """As the buyer was asked to agree to; as they would be asked now where the answer to that was lost."""
    asked_for = (attempt.action or {}).get("agreement")
    if isinstance(asked_for, dict):
        return asked_for
    agreement = agreements.wanted(attempt.payment)
    return agreements.kept(agreement, attempt.payment) if agreement is not None else agreements.NOTHING


def _leave_agreement(attempt: Try, membership: Membership) -> None:
    """What its gateway would have taken by itself was paid otherwise: then it must not be taken as well."""
    credential = agreements.held_by(membership)
    is_renewal = attempt.payment.kind == PaymentKind.RENEWAL
    if credential is not None and is_renewal and attempt.credential_reference != credential.reference:
        agreements.end(membership, reason="paid otherwise")


def _want_no_more(attempt: Try, credential: Credential | None) -> None:
    """Somebody agreed at a gateway to what is not taken for it here: then it must not go on taking."""
    if credential is not None and credential.is_agreement:
        kept = payment_methods.keep(attempt.payment.customer_id, attempt.gateway, credential)
        if kept.agreement is None:  # and not ended already
            kept.agreement = agreements.NOTHING
            payment_methods.forget(kept)


def puzzle(attempt: Try, reason: str) -> None:
    """Only a person can say what is right; the staff is shown it, and nobody asks any more."""
    attempt.reason, attempt.ask_at = reason, None
    attempt.puzzles_since = attempt.puzzles_since or clock.now()


def _declined(attempt: Try, outcome: Outcome) -> str:
    if not attempt.is_open:
        return "known already"
    _close(attempt, TryStatus.DECLINED, outcome)
    if attempt.payment.is_paid:  # nothing was due: only a way to charge later was asked for
        return "no way to charge later was kept"
    receivables.report_failed_try(attempt.payment, outcome.message or outcome.reason or "declined")
    renewals.report_failure(attempt.payment)
    return "declined"


def _close(attempt: Try, status: TryStatus, outcome: Outcome) -> None:
    attempt.puzzles_since = None
    asked.close(attempt, status, outcome)


def settle(payment: Payment, *, reason: str) -> str:
    """The payment's money has arrived: complete it and give what it was for. Once, whoever asks."""
    if payment.is_paid:
        return "paid already"
    overshoot = payment.status == PaymentStatus.CANCELLED
    receivables.complete(payment, reason=reason)
    effect = _give(payment, payment.membership, reason) if payment.membership is not None else "completed"
    return "completed, although it had been void" if overshoot and effect == "completed" else effect


def _give(payment: Payment, membership: Membership, reason: str) -> str:
    """What the money was for; in words what that was."""
    if payment.kind == PaymentKind.RENEWAL:
        return renewals.renew(payment, membership, reason=reason)
    if payment.kind == PaymentKind.REACTIVATION:
        return reactivations.settle(payment, membership, reason=reason)
    if payment.kind == PaymentKind.CHANGE:
        return changes.settle(payment, membership, reason=reason)
    _begin_membership(payment, membership, reason)
    return "completed"


def settle_at_once(sale: Sale, *, reason: str) -> None:
    """A sale that nothing is due for: completed with its placing. Raises Invalid when somebody else's order has just
    taken the trial that it is for."""
    receivables.complete(sale.payment, reason=reason)
    memberships.begin(sale.membership, sale.payment, reason=reason)
    if sale.membership.trial_ends_at is not None and not trial_claims.claim(sale.membership):
        raise trial_claims.taken()
    complete_sale(sale.payment, sale.membership, sale)


def _begin_membership(payment: Payment, membership: Membership, reason: str) -> None:
    if membership.status == MembershipStatus.CANCELLED:  # given up as abandoned before the money came
        membership.move_to(MembershipStatus.PENDING, reason="paid after it was given up")
        membership.cancel_at = membership.cancelled_at = None
        outbox.record("membership.reactivated", membership)
    if membership.status != MembershipStatus.PENDING:
        return
    memberships.begin(membership, payment, reason=reason)
    sale = db.session.scalars(select(Sale).where(Sale.payment_id == payment.id)).one_or_none()
    complete_sale(payment, membership, sale)
    if membership.trial_ends_at is not None:
        trials.check_person(membership)


def complete_sale(payment: Payment, membership: Membership, sale: Sale | None) -> None:
    """Tell that the sale is settled: once, guarded by its own row."""
    if sale is not None:
        if sale.settled_at is not None:
            return
        sale.settled_at = clock.now()
    told = form_answers.told(sale) if sale is not None else {}
    outbox.record("checkout.completed", payment, **told)
    do_action("wu_checkout_completed", payment, payment.customer, membership)


def confirm_by_hand(payment: Payment, *, actor: str) -> str:
    """An operator saw the money arrive: exactly what a gateway's success does. Raises Conflict when paid."""
    if payment.is_paid:
        raise Conflict(_("This payment is completed already."), code="already_paid")
    if payment.status == PaymentStatus.CANCELLED and not credits.use_again(payment):
        words = _("The credit that was to pay a part of it is used up. Note the amount that arrived instead.")
        raise Conflict(words, code="credit_gone")
    attempt = open_try(payment)
    if attempt is not None:
        _close(attempt, TryStatus.SUCCEEDED, Outcome(Verdict.SUCCEEDED, reason=f"confirmed by {actor}"))
    if payment.membership is not None and payment.kind == PaymentKind.RENEWAL:
        agreements.end(payment.membership, reason="paid otherwise")
    return settle(payment, reason=f"confirmed by {actor}")


def abandon_try(attempt: Try, *, reason: str) -> None:
    """The buyer left the gateway's page and wants to pay otherwise; what it says later still counts.

    The gateway is told to close it, so that nobody pays twice by a page that is still open somewhere.
    """
    if not attempt.is_open:
        return
    if attempt.gateway_reference is not None and (attempt.action or {}).get("type") in ("redirect", "client"):
        arguments = [attempt.gateway, attempt.gateway_reference]
        outbox.add("payment", f"{TELLING}:close", TELLING, arguments, customer_id=attempt.payment.customer_id)
    try:
        attempt.move_to(TryStatus.DECLINED, reason=reason)
    except IllegalMove:
        return
    attempt.settled_at, attempt.ask_at, attempt.reason = clock.now(), None, reason[:300]


def tries_to_ask(limit: int = 100) -> list[tuple[int, int]]:
    """(try, payment) whose gateway should be asked now, oldest first."""
    query = (
        select(Try.id, Try.payment_id)
        .where(Try.status.in_((TryStatus.STARTED, TryStatus.NEEDS_ACTION, TryStatus.UNKNOWN)))
        .where(Try.ask_at <= clock.now())
        .order_by(Try.ask_at, Try.id)
        .limit(limit)
    )
    return list(db.session.execute(query))
