"""The books of the pretend bank behind the sandbox gateway: nothing here is money of the product's."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId
from webapp.money import Money

# A page that nobody decided on is closed after this time, as a vendor's checkout session is.
PAGE_OPEN_FOR = timedelta(hours=24)


class ChargeStatus(StrEnum):
    OPEN = "open"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"


class Decision(StrEnum):
    NONE = "none"
    APPROVED = "approved"
    DECLINED = "declined"


class RefundManner(StrEnum):
    """How the bank answers when it is asked to give money of a charge back.

    `lost`: it does, and its answer gets lost. `late`: it works on it first. `bounced`: so it says, and then it fails.
    """

    AT_ONCE = "at-once"
    REFUSED = "refused"
    LOST = "lost"
    LATE = "late"
    BOUNCED = "bounced"


class SandboxRefundStatus(StrEnum):
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


def new_name(kind: str) -> str:
    """What the bank calls a thing, like `sb_…`: whoever has a charge's name may open its page."""
    return f"{kind}_{secrets.token_hex(16)}"


CARDS_ARE_GOOD_FOR = 5  # years


def end_of_a_card() -> date:
    """The last day of this month, in some years."""
    today = clock.now().date()
    month = today.replace(day=1, year=today.year + CARDS_ARE_GOOD_FOR)
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


# The one card of the bank's that may be used again and again; all the others have never been seen before.
SAME = {"fingerprint": "sbf_same", "label": "Sandbox •••• 1881"}


class SandboxCredential(HasId, Model):
    """A card the bank may charge again. `fails`: every later charge of it is declined.

    One that was removed stays in the books, beside the charges that were made with it.
    `fingerprint`: what the bank knows the card by, whoever pays with it; each is a new one, but for `SAME`.
    """

    __tablename__ = "sandbox_credentials"

    reference: Mapped[str] = mapped_column(String(40), default=partial(new_name, "sbc"), unique=True)
    label: Mapped[str] = mapped_column(String(80), default="Sandbox •••• 4242")
    fingerprint: Mapped[str] = mapped_column(String(40), default=partial(new_name, "sbf"))
    payer: Mapped[str] = mapped_column(String(80), default="")
    fails: Mapped[bool] = mapped_column(default=False)
    expires_on: Mapped[date | None] = mapped_column(default=end_of_a_card)
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class SandboxCharge(HasId, Model):
    """A sum the bank was asked to take. What was decided is stored; `status` follows from it and the time."""

    __tablename__ = "sandbox_charges"
    __table_args__ = (CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="refunded"),)

    reference: Mapped[str] = mapped_column(String(40), default=partial(new_name, "sb"), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(255), unique=True)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    description: Mapped[str] = mapped_column(String(500), default="")
    payer: Mapped[str] = mapped_column(String(80), default="")
    return_url: Mapped[str] = mapped_column(String(2000), default="")
    cancel_url: Mapped[str] = mapped_column(String(2000), default="")
    notify_url: Mapped[str] = mapped_column(String(2000), default="")  # empty: nobody wants to be told
    store_credential: Mapped[bool] = mapped_column(default=False)
    decision: Mapped[Decision] = mapped_column(default=Decision.NONE)
    decline_reason: Mapped[str] = mapped_column(String(80), default="")
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("sandbox_credentials.id"), index=True)
    refunded_minor: Mapped[int] = mapped_column(default=0)
    refunds: Mapped[RefundManner] = mapped_column(default=RefundManner.AT_ONCE)
    details: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # the request's metadata, as it came
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    settled_at: Mapped[datetime | None] = mapped_column(index=True)  # ahead while an approved one is worked on

    credential: Mapped[SandboxCredential | None] = relationship()

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def status(self) -> ChargeStatus:
        """How it stands at this instant, by the bank's own clock."""
        if self.decision == Decision.APPROVED:
            late = self.settled_at is not None and self.settled_at > clock.now()
            return ChargeStatus.PROCESSING if late else ChargeStatus.SUCCEEDED
        closed = self.decision == Decision.DECLINED or self.is_expired
        return ChargeStatus.DECLINED if closed else ChargeStatus.OPEN

    @property
    def is_expired(self) -> bool:
        """Its page was left alone for too long; nothing can be decided on it any more."""
        return self.decision == Decision.NONE and clock.now() >= self.created_at + PAGE_OPEN_FOR

    @property
    def reason(self) -> str:
        """Why it was declined, in the bank's code; empty when it was not."""
        return "expired" if self.is_expired else self.decline_reason


class SandboxRefund(HasId, Model):
    """Money given back of a charge: once per key, however often it is asked for."""

    __tablename__ = "sandbox_refunds"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount"),)

    reference: Mapped[str] = mapped_column(String(40), default=partial(new_name, "sbr"), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(255), unique=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("sandbox_charges.id"), index=True)
    amount_minor: Mapped[int]
    bounces: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    settled_at: Mapped[datetime | None] = mapped_column(index=True)  # lies ahead while it is being worked on

    charge: Mapped[SandboxCharge] = relationship()

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.charge.currency)

    @property
    def status(self) -> SandboxRefundStatus:
        """How it stands at this instant, by the bank's own clock."""
        if self.settled_at is not None and self.settled_at > clock.now():
            return SandboxRefundStatus.PROCESSING
        return SandboxRefundStatus.FAILED if self.bounces else SandboxRefundStatus.SUCCEEDED


class SandboxDisputeStatus(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class SandboxDispute(HasId, Model):
    """The payer's bank wants money of a charge back. Like at real ones, it may change its mind."""

    __tablename__ = "sandbox_disputes"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount"),)

    reference: Mapped[str] = mapped_column(String(40), default=partial(new_name, "sbd"), unique=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("sandbox_charges.id"), index=True)
    amount_minor: Mapped[int]
    reason: Mapped[str] = mapped_column(String(80), default="")
    status: Mapped[SandboxDisputeStatus] = mapped_column(default=SandboxDisputeStatus.OPEN)
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    changed_at: Mapped[datetime] = mapped_column(default=lambda: clock.now(), index=True)

    charge: Mapped[SandboxCharge] = relationship()
