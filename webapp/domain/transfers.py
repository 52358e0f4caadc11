"""Money that comes by bank transfer: where it goes, what its payer is told, and how long it is waited for.

A payment knows the next instant at which its payer is reminded (`remind_at`). Renewals have the reminders of their
membership instead.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from webapp import bank_transfers, clock
from webapp.bank_transfers import BankAccount, Terms
from webapp.domain import discounts, network, outbox
from webapp.extensions import db
from webapp.models import Payment, PaymentKind, PaymentStatus, Sale, Try
from webapp.paying import Later

GATEWAY = "manual"  # ours, whose terms are here; what any gateway told is with its try
INSTRUCTIONS = "instructions"
OPEN = (PaymentStatus.PENDING, PaymentStatus.FAILED)
MAILS, TELLS = "webapp.integrations.mailing.transfers", "webapp.integrations.mailing.listeners"  # by a worker


def terms() -> Terms:
    """As they are saved by now. There is one account; others are named in the words beside it."""
    known = network.settings()
    account = None
    if known.manual_iban:
        account = BankAccount(known.manual_account_holder, known.manual_iban, known.manual_bic, known.manual_bank)
    wordings = {"en": known.manual_instructions.strip(), "de": known.manual_instructions_de.strip()}
    return Terms(account, wordings, known.manual_due_days)


# -- what the payer was told -------------------------------------------------------------------------------------------
def kept(later: Later) -> dict[str, object]:
    """As a try keeps it: who pays reads the same on every page and in every mail, whatever is saved meanwhile."""
    more = {"reference": later.reference, "note": later.note}
    account = {"account": later.account.to_json()} if later.account is not None else {}
    return {"type": INSTRUCTIONS, "text": later.instructions, **more, **account}


def told(attempt: Try | None) -> Later | None:
    """None for a try that waits for nothing of the kind."""
    action = attempt.action if attempt is not None else None
    if not action or action.get("type") != INSTRUCTIONS:
        return None
    account = BankAccount.from_json(action.get("account"))
    reference, note = (str(action.get(name) or "") for name in ("reference", "note"))
    return Later(str(action.get("text") or ""), account=account, reference=reference, note=note)


def awaited(payment: Payment) -> Later | None:
    """What its payer was told, while the money is waited for."""
    last = payment.tries[-1] if payment.tries else None
    return told(last) if last is not None and last.is_open and payment.status in OPEN else None


def expected(payment: Payment, language: str) -> Later | None:
    """As well where nobody has chosen it yet, and transferring is how its membership is paid: for a renewal."""
    if payment.tries or payment.gateway != GATEWAY or payment.status not in OPEN or not payment.asked:
        return awaited(payment)
    known = terms()
    if known.account is None or not _is_offered():
        return None
    words, reference = known.wording(language), bank_transfers.reference_of(payment.order_number)
    return Later("", account=known.account, reference=reference, note=words)


def _is_offered() -> bool:
    active = network.settings().active_gateways
    return not active or GATEWAY in active


def quoted(payment: Payment) -> str:
    """The reference that its payer was told to quote; nothing where none was."""
    if not payment.asked:
        return ""
    if not payment.tries:
        return bank_transfers.reference_of(payment.order_number) if payment.gateway == GATEWAY else ""
    later = told(payment.tries[-1])
    return later.reference if later is not None else ""


def due_at(payment: Payment) -> datetime | None:
    """By when the money should be there; of a renewal that nobody has chosen a way for, when its period is over."""
    if payment.due_at is not None or payment.kind != PaymentKind.RENEWAL or payment.membership is None:
        return payment.due_at
    return payment.membership.expires_at


# -- how long it is waited for -----------------------------------------------------------------------------------------
def wait(payment: Payment, due_at: datetime) -> None:
    """Keep address and code of its order: the code until the money is due, the address until the order is given up."""
    payment.due_at = due_at
    payment.remind_at = next_reminder(payment)
    sale = db.session.scalars(select(Sale).where(Sale.payment_id == payment.id)).one_or_none()
    if sale is not None and sale.settled_at is None and sale.abandoned_at is None:
        sale.hold_until = given_up_at(due_at)
        discounts.extend(payment, due_at)


def given_up_at(due_at: datetime) -> datetime:
    return due_at + timedelta(days=network.settings().manual_void_days)


def gives_up_at(payment: Payment) -> datetime | None:
    """When the order becomes void if the money has not come; None for what is not given up by itself."""
    if payment.kind != PaymentKind.FIRST or awaited(payment) is None:
        return None
    return db.session.scalars(select(Sale.hold_until).where(Sale.payment_id == payment.id)).one_or_none()


# -- reminding ---------------------------------------------------------------------------------------------------------
def reminders(payment: Payment) -> list[tuple[datetime, int]]:
    """When its payer is reminded, in order, each with its day: counted from when the money is due."""
    if payment.due_at is None or payment.kind == PaymentKind.RENEWAL:
        return []
    known = network.settings()
    days = sorted([*(-one for one in known.manual_remind_before), *known.manual_remind_after])
    return [(payment.due_at + timedelta(days=one), one) for one in days]


def next_reminder(payment: Payment) -> datetime | None:
    now = clock.now()
    return next((at for at, _day in reminders(payment) if at > now), None)


def remind_due(limit: int = 100) -> int:
    """Have those written to whose reminder is due, the longest due first; how many were looked at.

    Of several that an outage swallowed only the last goes out.
    """
    now = clock.now()
    due = select(Payment).where(Payment.remind_at <= now).order_by(Payment.remind_at, Payment.id).limit(limit)
    taken = due.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    found = list(db.session.scalars(taken))
    for payment in found:
        passed = [day for at, day in reminders(payment) if at <= now]
        payment.remind_at = next_reminder(payment)
        if passed and awaited(payment) is not None:
            write("send_reminder", payment, passed[-1])
    return len(found)


def write(name: str, payment: Payment, *more: int) -> None:
    """Have a worker write to its payer."""
    outbox.add("payment", f"{MAILS}:{name}", TELLS, [payment, *more], customer_id=payment.customer_id)
