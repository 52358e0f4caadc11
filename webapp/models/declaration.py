"""What a consumer declared without signing in: that a contract ends, or that they withdraw from it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Date, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId, HasReference, HasStatus

if TYPE_CHECKING:
    from webapp.models.membership import Membership


class DeclarationKind(StrEnum):
    CANCELLATION = "cancellation"
    WITHDRAWAL = "withdrawal"


class DeclarationStatus(StrEnum):
    OPEN = "open"  # it needs a decision of the operator
    CARRIED_OUT = "carried-out"
    UNDONE = "undone"  # the customer took it back
    SETTLED = "settled"  # the operator decided that nothing is to be done


class Hindrance(StrEnum):
    """Why a declaration was not carried out by itself."""

    NONE = ""
    NO_MATCH = "no-match"
    NOT_SURE = "not-sure"
    EXTRAORDINARY = "extraordinary"
    LATER_DATE = "later-date"
    NO_PERIOD = "no-period"
    OBJECTION = "objection"
    TOO_MANY = "too-many"
    UNDONE_BEFORE = "undone-before"
    WITHDRAWAL = "withdrawal"


D = DeclarationStatus
DECLARATION_MOVES: dict[DeclarationStatus, frozenset[DeclarationStatus]] = {
    D.OPEN: frozenset({D.CARRIED_OUT, D.SETTLED}),
    D.CARRIED_OUT: frozenset({D.UNDONE}),
    D.UNDONE: frozenset(),
    D.SETTLED: frozenset(),
}
WAITING = text("status = 'open'")


class Declaration(HasId, HasReference, HasStatus[DeclarationStatus], Model):
    """Kept word for word, whether it fits a contract or not. `membership` is the one we think it is about."""

    __tablename__ = "declarations"
    __table_args__ = (Index("ix_declarations_open", "id", sqlite_where=WAITING, postgresql_where=WAITING),)
    MOVES = DECLARATION_MOVES

    token: Mapped[str] = mapped_column(String(64), unique=True)  # of the form: sent twice, it is one declaration
    kind: Mapped[DeclarationKind]
    status: Mapped[DeclarationStatus] = mapped_column(default=DeclarationStatus.OPEN)
    why: Mapped[Hindrance] = mapped_column(default=Hindrance.NONE)
    name: Mapped[str] = mapped_column(String(200))
    identity: Mapped[str] = mapped_column(String(254))  # e-mail address, or customer number
    contract: Mapped[str] = mapped_column(String(200))
    extraordinary: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text, default="")
    end_date: Mapped[date | None] = mapped_column(Date)  # None: the earliest possible
    confirm_to: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(8), default="en")
    received_at: Mapped[datetime] = mapped_column(default=lambda: clock.now(), index=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("memberships.id"), index=True)
    ends_at: Mapped[datetime | None]  # when the contract ends by it
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(300), default="")

    membership: Mapped[Membership | None] = relationship()
