"""Offers to take over a site, from one customer to another."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId, HasStatus, HasTimes

if TYPE_CHECKING:
    from webapp.models.people import Customer
    from webapp.models.site import Site


class TransferStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    MOVING = "moving"  # accepted, and asked for where the site is made
    REFUSED = "refused"  # there


T = TransferStatus
IS_OPEN = text("status = 'open'")


class SiteTransfer(HasId, HasTimes, HasStatus[TransferStatus], Model):
    """Somebody was asked by e-mail to take over a site. Of the link in that mail only the hash is here."""

    __tablename__ = "site_transfers"
    __table_args__ = (
        Index("uq_site_transfers_open", "site_id", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        Index("ix_site_transfers_expiring", "expires_at", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        Index("ix_site_transfers_asked", "from_customer_id", "created_at"),
    )
    MOVES = {
        T.OPEN: frozenset({T.ACCEPTED, T.MOVING, T.DECLINED, T.WITHDRAWN, T.EXPIRED}),
        T.MOVING: frozenset({T.ACCEPTED, T.REFUSED}),
        **dict.fromkeys((T.ACCEPTED, T.DECLINED, T.WITHDRAWN, T.EXPIRED, T.REFUSED), frozenset()),
    }

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    from_customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    to_customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)  # who answered
    email: Mapped[str] = mapped_column(String(254), index=True)  # of who was asked, in lower case
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[TransferStatus] = mapped_column(default=TransferStatus.OPEN)
    expires_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    site: Mapped[Site] = relationship()
    giver: Mapped[Customer] = relationship(foreign_keys=[from_customer_id])
