"""One attempt to buy: what was ordered, under the random id that makes a repeated order the same sale."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId, HasTimes

if TYPE_CHECKING:
    from webapp.models.membership import Membership
    from webapp.models.payment import Payment
    from webapp.models.people import Customer


# Most sales are settled, and nobody looks for those here: the indexes hold only the others.
OPEN = text("settled_at IS NULL AND abandoned_at IS NULL")


class Sale(HasId, HasTimes, Model):
    """`checkout_id` was made when the form was rendered; `cart_key` says what is bought and at what price."""

    __tablename__ = "sales"
    __table_args__ = (
        Index("ix_sales_open", "hold_until", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_sales_begun", "customer_id", "cart_key", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    checkout_id: Mapped[str] = mapped_column(String(64), unique=True)
    cart_key: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id"))
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), unique=True)
    form: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)  # what was entered, without the password
    hold_until: Mapped[datetime]  # until then the address and the code are kept for this buyer
    checkout_form: Mapped[str] = mapped_column(String(60), default="main-form")  # the address of the form it came by
    snippets_run: Mapped[list[str]] = mapped_column(JSON, default=list)  # its form's snippets that have run, by id
    settled_at: Mapped[datetime | None]
    abandoned_at: Mapped[datetime | None]

    customer: Mapped[Customer] = relationship()
    membership: Mapped[Membership] = relationship()
    payment: Mapped[Payment] = relationship()
