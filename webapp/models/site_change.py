"""What another system was asked to change about a site that it made."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, TextClause, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId, HasStatus, HasTimes, new_uuid

if TYPE_CHECKING:
    from webapp.models.membership import Membership
    from webapp.models.site import Site
    from webapp.models.site_transfer import SiteTransfer


class SiteChangeKind(StrEnum):
    """Also the names of the verbs that a provisioner may offer for them."""

    RENAME = "rename"
    TRANSFER = "transfer"


class SiteChangeStatus(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


C = SiteChangeStatus
# Word for word the condition of the partial indexes: with bound values no database knows that it may use them.
WAITS = "status = 'waiting'"
NAMED = f"{WAITS} AND slug <> ''"


def new_key() -> str:
    return str(new_uuid())


class SiteChange(HasId, HasTimes, HasStatus[SiteChangeStatus], Model):
    """Another address or another owner. Here everything stays as it is until the other system says that it is done.

    `key`: what the request is called there, however often and by whichever delivery it is sent.
    """

    __tablename__ = "site_changes"
    __table_args__ = (
        Index(
            "uq_site_changes_waiting", "site_id", unique=True, sqlite_where=text(WAITS), postgresql_where=text(WAITS)
        ),
        Index("uq_site_changes_slug", "slug", unique=True, sqlite_where=text(NAMED), postgresql_where=text(NAMED)),
    )
    MOVES = {C.WAITING: frozenset({C.DONE, C.REFUSED}), C.DONE: frozenset(), C.REFUSED: frozenset()}

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    kind: Mapped[SiteChangeKind]
    key: Mapped[str] = mapped_column(String(36), unique=True, default=new_key)
    slug: Mapped[str] = mapped_column(String(63), default="")  # the address that is wanted; nobody else's meanwhile
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("memberships.id"))  # the one it shall belong to
    transfer_id: Mapped[int | None] = mapped_column(
        ForeignKey("site_transfers.id")
    )  # by whose offer; none: the staff's
    status: Mapped[SiteChangeStatus] = mapped_column(default=SiteChangeStatus.WAITING)
    asked_at: Mapped[datetime | None]  # when it was first sent
    problem: Mapped[str] = mapped_column(String(300), default="")  # why it is not done (yet), for the staff
    code: Mapped[str] = mapped_column(String(40), default="")  # of a refusal that its owner is told in words
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    site: Mapped[Site] = relationship()
    membership: Mapped[Membership | None] = relationship()
    transfer: Mapped[SiteTransfer | None] = relationship()

    @staticmethod
    def waits() -> TextClause:
        """For a query: those that are not answered, found by their index."""
        return text(f"site_changes.{WAITS}")
