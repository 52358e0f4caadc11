"""A payment's own moves: asked for, completed, failed, void. What follows from them is in `payments.py`."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from webapp import clock, new_rows
from webapp.domain import credits, discounts, invoices, outbox, tax_id_checks
from webapp.domain.cart_lines import CartLine
from webapp.domain.carts import Cart
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.hooks import do_action
from webapp.models import Customer, LineItem, LineType, Membership, Payment, PaymentKind, PaymentStatus, TaxDoubt


def find(payment_id: int, *, customer_id: int | None = None) -> Payment:
    """Somebody else's is not found. Raises NotFound."""
    payment = db.session.get(Payment, payment_id)
    if payment is None or (customer_id is not None and payment.customer_id != customer_id):
        raise NotFound()
    return payment


def of_customer(
    customer_id: int, *, membership_id: int | None = None, before: int | None = None, limit: int = 25
) -> list[Payment]:
    """Newest first. `before`: only those older than the payment with this id; `membership_id`: only those for it."""
    query = select(Payment).where(Payment.customer_id == customer_id)
    if membership_id is not None:
        query = query.where(Payment.membership_id == membership_id)
    if before is not None:
        query = query.where(Payment.id < before)
    return list(db.session.scalars(query.order_by(Payment.id.desc()).limit(limit)))


def in_full(reference: str, *, customer_id: int) -> Payment:
    """One of this customer's, with all that its receipt shows. Somebody else's is not found. Raises NotFound."""
    shown = (
        joinedload(Payment.customer),
        joinedload(Payment.membership).options(joinedload(Membership.plan), selectinload(Membership.sites)),
        *(selectinload(one) for one in (Payment.line_items, Payment.tries, Payment.refunds)),
    )
    query = select(Payment).where(Payment.reference == reference, Payment.customer_id == customer_id)
    payment = db.session.scalars(query.options(*shown)).one_or_none()
    if payment is None:
        raise NotFound()
    return payment


def find_by_reference(reference: str) -> Payment:
    """By the random reference of its addresses. Raises NotFound."""
    payment = db.session.scalars(select(Payment).where(Payment.reference == reference)).one_or_none()
    if payment is None:
        raise NotFound()
    return payment


def create(
    customer: Customer,
    membership: Membership | None,
    cart: Cart,
    gateway: str,
    *,
    kind: PaymentKind = PaymentKind.FIRST,
    period_number: int | None = None,
    use_credit: bool = True,
) -> Payment:
    """Ask for what is due of a cart now, less what the customer's credit pays. Fires wu_payment_post_create.

    `period_number`: the paid period of the membership that it is for; the database has room for one payment each.
    """
    due = [_due_now(line) for line in cart.line_items if not line.later or line.type == LineType.PRODUCT]
    tax_minor = sum(line.tax_minor for line in due)
    doubted = cart.tax.number if cart.tax is not None and cart.tax.doubt and tax_minor > 0 else ""
    payment = Payment(
        customer=customer,
        membership=membership,
        kind=kind,
        period_number=period_number,
        currency=cart.currency,
        subtotal_minor=sum(line.subtotal_minor for line in due),
        discount_minor=sum(line.discount_minor for line in due),
        tax_minor=tax_minor,
        total_minor=cart.due_today.minor,
        discount_code=cart.discount.code if cart.discount else "",
        tax_evidence=cart.tax.evidence(cart.line_items) if cart.tax is not None else None,
        tax_doubt=TaxDoubt.OPEN if doubted else None,
        tax_check_id=tax_id_checks.wait_for(doubted) if doubted else None,
        gateway=gateway,
        line_items=due,
    )
    for position, line in enumerate(due, 1):
        line.position = position
    new_rows.keep(payment, *due)
    if use_credit:
        credits.use(payment, customer)
    outbox.record("payment.created", payment)
    do_action("wu_payment_post_create", payment)
    return payment


def _due_now(line: CartLine) -> LineItem:
    """The line as it is charged now: a product whose trial begins is listed, and costs nothing yet."""
    free = line.later
    return LineItem(
        type=line.type,
        product_id=line.product_id,
        title=line.title,
        quantity=line.quantity,
        unit_price_minor=0 if free else line.price_each.minor,
        subtotal_minor=0 if free else line.subtotal.minor,
        discount_minor=0 if free else line.discount_total.minor,
        tax_minor=0 if free else line.tax_total.minor,
        total_minor=0 if free else line.total.minor,
        tax_category=line.tax_category,
        taxes=[] if free else [tax.to_json() for tax in line.taxes],
        recurring=line.recurring,
        currency=line.unit_price.currency,
    )


def move(payment: Payment, status: PaymentStatus, *, reason: str) -> None:
    old = payment.move_to(status, reason=reason)
    if status != PaymentStatus.PENDING:
        payment.remind_at = None
    do_action(f"wu_payment_status_to_{status}", payment, str(old))


def complete(payment: Payment, *, reason: str) -> None:
    """Its money has arrived. Fires wu_payment_status_to_completed, then wu_payment_completed."""
    payment.completed_at = clock.now()
    move(payment, PaymentStatus.COMPLETED, reason=reason)
    outbox.record("payment.completed", payment)
    invoices.issue(payment)
    do_action("wu_payment_completed", payment)
    discounts.count_use(payment)


def report_failed_try(payment: Payment, error_message: str) -> None:
    """A try did not take the money; the payment stays open for the next one."""
    outbox.record("payment.failed", payment, error_message=error_message)
    do_action("wu_payment_failed", payment, error_message)


def void(payment: Payment, *, reason: str) -> None:
    """Nobody shall pay this any more. Money that comes all the same is still accepted."""
    payment.period_number = payment.retry_at = None  # its period can be asked for anew
    move(payment, PaymentStatus.CANCELLED, reason=reason)
    credits.give_back(payment, reason=reason)
    discounts.release(payment)
