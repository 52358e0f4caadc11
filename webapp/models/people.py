"""Who signs in (User) and who pays (Customer)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from flask_login import UserMixin
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from webapp import clock
from webapp.extensions import Model
from webapp.mailboxes import LONGEST, mailbox
from webapp.models.parts import HasAnswers, HasId, HasMeta, HasReference, HasTimes, beginning

if TYPE_CHECKING:
    from webapp.models.membership import Membership


class Role(StrEnum):
    """A customer, or one of the staff; what each of these may do stands in domain/staff.py."""

    CUSTOMER = "customer"
    OWNER = "owner"
    MANAGER = "manager"
    SUPPORT = "support"
    READ_ONLY = "read-only"


STAFF = (Role.OWNER, Role.MANAGER, Role.SUPPORT, Role.READ_ONLY)


class EmailVerification(StrEnum):
    NONE = "none"
    PENDING = "pending"
    VERIFIED = "verified"


class User(HasId, HasTimes, UserMixin, Model):
    """Somebody who signs in. `email` is kept as typed; two that differ only in case are one person."""

    __tablename__ = "users"
    __table_args__ = (beginning("users", "email_key"),)

    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), unique=True)  # in lower case
    username: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(default=Role.CUSTOMER)
    locale: Mapped[str | None] = mapped_column(String(8))
    last_login_at: Mapped[datetime | None]
    two_step_at: Mapped[datetime | None]  # since when a code is asked for after the password
    disabled_at: Mapped[datetime | None]  # since when they cannot sign in

    customer: Mapped[Customer | None] = relationship(back_populates="user", uselist=False)

    @validates("email")
    def _fold(self, _name: str, email: str) -> str:
        self.email_key = email.strip().lower()
        return email

    @property
    def is_operator(self) -> bool:
        """Whether they are one of the staff, in whatever role."""
        return self.role in STAFF


class Customer(HasId, HasTimes, HasReference, HasMeta, HasAnswers, Model):
    """Who pays: one person or business behind one user, with the address invoices go to."""

    __tablename__ = "customers"
    __table_args__ = (Index("ix_customers_name", "display_name", "id"), beginning("customers", "email"))

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    display_name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), index=True)
    mailbox: Mapped[str] = mapped_column(String(LONGEST), index=True)  # the same for each way to write the address
    email_verification: Mapped[EmailVerification] = mapped_column(default=EmailVerification.NONE)
    email_verified_at: Mapped[datetime | None]  # None also where it was before this was kept
    business: Mapped[bool] = mapped_column(default=False)
    company_name: Mapped[str] = mapped_column(String(200), default="")
    tax_id: Mapped[str] = mapped_column(String(40), default="")
    billing_address_line_1: Mapped[str] = mapped_column(String(200), default="")
    billing_address_line_2: Mapped[str] = mapped_column(String(200), default="")
    billing_zip_code: Mapped[str] = mapped_column(String(40), default="")
    billing_city: Mapped[str] = mapped_column(String(200), default="")
    billing_state: Mapped[str] = mapped_column(String(80), default="")
    billing_country: Mapped[str] = mapped_column(String(2), default="")
    locale: Mapped[str] = mapped_column(String(8), default="en")
    signup_form: Mapped[str] = mapped_column(String(80), default="by-admin")
    analytics_consent_at: Mapped[datetime | None]
    news_requested_at: Mapped[datetime | None]
    registered_at: Mapped[datetime] = mapped_column(default=lambda: clock.now(), index=True)
    deleted_at: Mapped[datetime | None]  # the person asked for it: what named them is gone, what was paid is kept

    user: Mapped[User] = relationship(back_populates="customer")
    memberships: Mapped[list[Membership]] = relationship(
        back_populates="customer", order_by="Membership.id", cascade="save-update, merge"
    )

    @validates("email")
    def _know_mailbox(self, _name: str, email: str) -> str:
        self.mailbox = mailbox(email)
        return email

    @property
    def membership(self) -> Membership | None:
        """The newest one: right after a sign-up, the one that was bought."""
        return self.memberships[-1] if self.memberships else None

    @property
    def is_verified(self) -> bool:
        return self.email_verification != EmailVerification.PENDING
