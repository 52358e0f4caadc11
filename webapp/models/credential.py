"""Ways to charge a customer again, which a gateway keeps, and how one comes to be kept without a payment."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId, HasReference, HasStatus, HasTimes
from webapp.models.payment import OPEN_TRY, TRY_MOVES, TryStatus
from webapp.models.people import Customer


class StoredCredential(HasId, HasTimes, Model):
    """A way to charge a customer again that a gateway keeps; we hold only its name for it."""

    __tablename__ = "stored_credentials"
    __table_args__ = (Index("uq_stored_credentials_gateway_reference", "gateway", "reference", unique=True),)

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    gateway: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(255))
    label: Mapped[str] = mapped_column(String(80), default="")  # "Visa •••• 4242"
    expires_on: Mapped[date | None]  # its last day; None: not known, or never
    usable: Mapped[bool] = mapped_column(default=True)
    # What the gateway takes by itself (domain/agreements.py), and whether it was told to rest. None: we charge it.
    agreement: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    rests: Mapped[bool] = mapped_column(default=False)

    @property
    def is_expired(self) -> bool:
        return self.expires_by(clock.now())

    def expires_by(self, instant: datetime) -> bool:
        """Whether it is over on that day, wherever its bank is."""
        return self.expires_on is not None and self.expires_on < instant.date()


class CredentialSetup(HasId, HasTimes, HasReference, HasStatus[TryStatus], Model):
    """A customer adds a way to charge them, and pays nothing. It goes as a try does, and is asked about like one."""

    __tablename__ = "credential_setups"
    __table_args__ = (
        UniqueConstraint("gateway", "gateway_reference"),
        Index("ix_credential_setups_unsettled", "status", "ask_at"),
    )
    MOVES = TRY_MOVES

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    membership_ids: Mapped[list[int]] = mapped_column(JSON, default=list)  # those that shall renew with it
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[TryStatus] = mapped_column(default=TryStatus.STARTED)
    gateway: Mapped[str] = mapped_column(String(40))
    gateway_reference: Mapped[str | None] = mapped_column(String(255))
    action: Mapped[dict[str, object] | None] = mapped_column(JSON)  # what the customer has to do next
    reason: Mapped[str] = mapped_column(String(300), default="")
    ask_at: Mapped[datetime | None]  # when the gateway is asked, should nobody have told us by then
    asked: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime | None]

    customer: Mapped[Customer] = relationship()

    @property
    def key(self) -> str:
        """The idempotency key towards the vendor."""
        return f"card-{self.reference}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_TRY
