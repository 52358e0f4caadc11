"""What happened (Event), whom we tell (Delivery, Attempt), and what we were told (InboundEvent)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp import clock
from webapp.extensions import Model
from webapp.models.parts import HasId, HasTimes, beginning, new_uuid


def new_event_id() -> str:
    """Without a full stop, as a signed `webhook-id` must be."""
    return f"evt_{new_uuid().hex}"


class Event(HasId, Model):
    """Something that happened, as it was told: never changed afterwards."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_object", "object_type", "object_id", "id"),
        Index("ix_events_type", "type", "id"),
        beginning("events", "type"),
    )

    # A sentinel lets SQLite, too, insert a sale's events by one statement.
    public_id: Mapped[str] = mapped_column(String(40), default=new_event_id, unique=True, insert_sentinel=True)
    type: Mapped[str] = mapped_column(String(64))
    timestamp: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[int]
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)

    def envelope(self) -> dict[str, Any]:
        """What goes over the wire."""
        return {
            "id": self.public_id,
            "type": self.type,
            "timestamp": clock.rfc3339(self.timestamp),
            "data": self.data,
        }


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


# Nothing is to be done for most rows, ever again: the indexes of the others hold only those. Not `IN` the two
# others, or SQLite would rather take the index by status, and sort all that waits.
UNFINISHED = "status NOT IN ('done', 'dead')"
WAITING = text(UNFINISHED)


class Delivery(HasId, Model):
    """One thing one handler must be told. Its `key` is the idempotency key over all attempts and replays.

    `handler` is the module of the callback: what goes to one destination for one `ordering_key` goes in order.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_due", "handler", "next_at", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        Index(
            "ix_deliveries_order",
            "handler",
            "ordering_key",
            "id",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        Index("ix_deliveries_status", "status", "id"),
    )

    key: Mapped[str] = mapped_column(String(36), default=lambda: str(new_uuid()), unique=True, insert_sentinel=True)
    handler: Mapped[str] = mapped_column(String(160))
    callback: Mapped[str] = mapped_column(String(200))  # package.module:function
    hook: Mapped[str] = mapped_column(String(80))
    ordering_key: Mapped[str | None] = mapped_column(String(80))
    arguments: Mapped[list[Any]] = mapped_column(JSON)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    status: Mapped[DeliveryStatus] = mapped_column(default=DeliveryStatus.PENDING)
    attempts_made: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    lease: Mapped[str | None] = mapped_column(String(36))  # of the claim that holds it
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    done_at: Mapped[datetime | None]

    attempts: Mapped[list[Attempt]] = relationship(back_populates="delivery", order_by="Attempt.id")


class Attempt(HasId, Model):
    """One try to hand a delivery over: when, how long, and what came back."""

    __tablename__ = "attempts"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[datetime]
    milliseconds: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(16))  # done, retry, dead, lost
    http_status: Mapped[int | None]
    answer: Mapped[str] = mapped_column(Text, default="")

    delivery: Mapped[Delivery] = relationship(back_populates="attempts")


class InboundStatus(StrEnum):
    RECEIVED = "received"
    DONE = "done"
    IGNORED = "ignored"
    FAILED = "failed"


class InboundEvent(HasId, HasTimes, Model):
    """A notice that a gateway sent, kept before it is acted on. Unique: the same notice is taken once."""

    __tablename__ = "inbound_events"
    __table_args__ = (
        UniqueConstraint("gateway", "external_id"),
        Index("ix_inbound_events_due", "status", "next_at"),
        Index("ix_inbound_events_object", "gateway", "object_reference"),
    )

    gateway: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(120))
    object_reference: Mapped[str] = mapped_column(String(255), default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[InboundStatus] = mapped_column(default=InboundStatus.RECEIVED)
    effect: Mapped[str] = mapped_column(String(300), default="")
    attempts_made: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    handled_at: Mapped[datetime | None]
