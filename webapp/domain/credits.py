"""The credit balance: what we owe a customer, by currency. It pays before any gateway is asked.

Credit is a means of payment, not a discount: it changes no line, no tax and no total. Nothing is paid out by itself.
A balance is one row that is changed in place, so two who use it at once wait for each other, and a CHECK of the
database keeps it from going below zero; the movements say how it came about, and add up to it.
"""

from __future__ import annotations

from typing import cast

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Table, bindparam, select, update

from webapp import clock, new_rows, unit
from webapp.domain import audit
from webapp.errors import Conflict, Invalid
from webapp.extensions import db, dialect_name
from webapp.models import CreditBalance, CreditKind, CreditMovement, Customer, Payment, Refund
from webapp.models.inserts import INSERTS
from webapp.money import Money

BALANCES = cast(Table, CreditBalance.__table__)
GATEWAY = "credit"  # stands where a payment names its gateway, when credit paid all of it
AT_MOST = 10**15  # more is a slip of the hand, whatever the currency
# Made once: every renewal asks it.
TO_USE = (
    select(BALANCES.c.balance_minor)
    .where(BALANCES.c.customer_id == bindparam("owner"), BALANCES.c.currency == bindparam("held_in"))
    .with_for_update()
)


# -- reading -----------------------------------------------------------------------------------------------------------
def balance(customer_id: int, currency: str) -> Money:
    query = select(BALANCES.c.balance_minor).where(*_of(customer_id, currency))
    return Money(db.session.execute(query).scalar() or 0, currency)


def balances(customer_id: int) -> list[Money]:
    """Those that are not zero, by currency."""
    query = select(BALANCES.c.balance_minor, BALANCES.c.currency).where(BALANCES.c.customer_id == customer_id)
    found = db.session.execute(query.where(BALANCES.c.balance_minor > 0).order_by(BALANCES.c.currency))
    return [Money(minor, currency) for minor, currency in found]


def movements(customer_id: int, *, limit: int = 25) -> list[CreditMovement]:
    """Newest first."""
    query = select(CreditMovement).where(CreditMovement.customer_id == customer_id)
    return list(db.session.scalars(query.order_by(CreditMovement.id.desc()).limit(limit)))


def _of(customer_id: int, currency: str) -> tuple[ColumnElement[bool], ...]:
    return BALANCES.c.customer_id == customer_id, BALANCES.c.currency == currency


# -- moving ------------------------------------------------------------------------------------------------------------
def add(
    customer_id: int,
    amount: Money,
    kind: CreditKind,
    *,
    reason: str,
    payment: Payment | None = None,
    refund: Refund | None = None,
) -> CreditMovement:
    """The customer has more credit from now on. Raises ValueError for nothing, or less."""
    if amount.minor <= 0:
        raise ValueError("credit is added in amounts above zero")
    insert = INSERTS[dialect_name()](BALANCES)
    row = {"customer_id": customer_id, "currency": amount.currency, "balance_minor": amount.minor}
    more = {"balance_minor": BALANCES.c.balance_minor + insert.excluded.balance_minor}
    keys = ["customer_id", "currency"]
    _run(insert.values(row).on_conflict_do_update(index_elements=keys, set_=more))
    return _keep(customer_id, amount, kind, reason, payment, refund)


def take(
    customer_id: int,
    amount: Money,
    kind: CreditKind,
    *,
    reason: str,
    payment: Payment | None = None,
    refund: Refund | None = None,
) -> CreditMovement:
    """Raises Conflict when there is less than that, and ValueError for nothing, or less."""
    if amount.minor <= 0:
        raise ValueError("credit is taken in amounts above zero")
    if not _taken(customer_id, amount):
        raise Conflict(_("There is less credit than that."), code="not_enough_credit")
    return _keep(customer_id, -amount, kind, reason, payment, refund)


def _taken(customer_id: int, amount: Money) -> bool:
    """Whether there was enough; looked at and taken by one statement."""
    enough = (*_of(customer_id, amount.currency), BALANCES.c.balance_minor >= amount.minor)
    less = {"balance_minor": BALANCES.c.balance_minor - amount.minor}
    return bool(_run(update(BALANCES).where(*enough).values(less)))


def _run(statement: object) -> int:
    with db.session.no_autoflush:
        return int(getattr(db.session.execute(statement), "rowcount", 0))  # type: ignore[call-overload]


def _keep(
    customer_id: int, amount: Money, kind: CreditKind, reason: str, payment: Payment | None, refund: Refund | None
) -> CreditMovement:
    movement = CreditMovement(
        customer_id=customer_id,
        currency=amount.currency,
        amount_minor=amount.minor,
        kind=kind,
        reason=reason[:300],
        actor=unit.current().actor[:64],
        created_at=clock.now(),
        payment=payment,
        refund=refund,
    )
    new_rows.keep(movement)
    return movement


# -- paying with it ----------------------------------------------------------------------------------------------------
def use(payment: Payment, customer: Customer) -> Money:
    """Pay as much of a new payment as there is credit for; how much that is. What is left, a gateway is asked for."""
    nothing = Money(0, payment.currency)
    if payment.total_minor <= 0 or customer.id is None:  # somebody new has none
        return nothing
    whose = {"owner": customer.id, "held_in": payment.currency}
    there = db.session.connection().execute(TO_USE, whose).scalar() or 0  # what is kept in the session can wait
    used = Money(min(there, payment.total_minor), payment.currency)
    if used:
        payment.credit_minor = used.minor
        take(customer.id, used, CreditKind.USED, reason="", payment=payment)
        payment.gateway = payment.gateway if payment.asked else GATEWAY
    return used


def give_back(payment: Payment, *, reason: str) -> None:
    """The payment is void: what it was to take of the credit is there again."""
    if payment.credit_minor:
        add(payment.customer_id, payment.credit, CreditKind.RETURNED, reason=reason, payment=payment)


def use_again(payment: Payment) -> bool:
    """A payment that was void is paid all the same: its credit is used once more. False when it is gone by now."""
    if not payment.credit_minor:
        return True
    if not _taken(payment.customer_id, payment.credit):
        return False
    _keep(payment.customer_id, -payment.credit, CreditKind.USED, "paid after it was void", payment, None)
    return True


# -- an operator's word ------------------------------------------------------------------------------------------------
def adjust(customer: Customer, amount: Money, *, reason: str) -> CreditMovement:
    """Give credit, or with less than zero take some off, and say why. Raises Invalid, and Conflict for too much."""
    if not reason.strip():
        raise Invalid(_("Say why. The customer reads it beside the amount."), field="reason")
    if not amount or abs(amount.minor) > AT_MOST:
        raise Invalid(_("Enter an amount that is not zero, like 10.00 or -10.00."), field="amount")
    before = balance(customer.id, amount.currency)
    if amount.minor > 0:
        movement = add(customer.id, amount, CreditKind.GOODWILL, reason=reason.strip())
    else:
        movement = take(customer.id, -amount, CreditKind.CORRECTION, reason=reason.strip())
    told = {"before": {"credit": str(before)}, "after": {"credit": str(before + amount), "reason": reason.strip()}}
    audit.note(customer, "customers.credit", **told)
    return movement
