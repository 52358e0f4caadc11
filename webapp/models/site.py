"""What the customer gets for the money."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, String, TextClause, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasAnswers, HasId, HasMeta, HasStatus, HasTimes, beginning

if TYPE_CHECKING:
    from webapp.models.domain_name import DomainName
    from webapp.models.membership import Membership
    from webapp.models.people import Customer
    from webapp.models.site_content import SitePage, SitePicture


class SiteStatus(StrEnum):
    REQUESTED = "requested"
    CREATING = "creating"
    FAILED = "failed"
    PUBLISHED = "published"
    SUSPENDED = "suspended"
    ARCHIVED = "archived"
    DELETED = "deleted"


S = SiteStatus
SITE_MOVES: dict[SiteStatus, frozenset[SiteStatus]] = {
    S.REQUESTED: frozenset({S.CREATING, S.ARCHIVED}),
    S.CREATING: frozenset({S.PUBLISHED, S.FAILED, S.ARCHIVED}),
    S.FAILED: frozenset({S.CREATING, S.ARCHIVED}),
    S.PUBLISHED: frozenset({S.SUSPENDED, S.ARCHIVED}),
    S.SUSPENDED: frozenset({S.PUBLISHED, S.ARCHIVED}),
    S.ARCHIVED: frozenset({S.PUBLISHED, S.SUSPENDED, S.DELETED}),
    S.DELETED: frozenset(),
}
# Word for word the condition of the index by address: with bound values no database knows that it may use it.
KEEPS_ADDRESS = "status NOT IN ('archived', 'deleted')"
ADDRESS_TAKEN = text(KEEPS_ADDRESS)
KEPT_FOR_A_WHILE = text("next_step_at IS NOT NULL")
# Another system was told what is wanted of a site that it made, and has not done it. Word for word, as above.
NOT_AS_WANTED = (
    "problem <> '' AND job <> '' AND provisioner NOT IN ('', 'built-in') "
    "AND status NOT IN ('requested', 'creating', 'failed')"
)
BUILT_IN = "built-in"  # the provisioner that needs nobody else: the network shows the site itself


class Site(HasId, HasTimes, HasMeta, HasAnswers, HasStatus[SiteStatus], Model):
    """A website at `<slug>.<NETWORK_DOMAIN>`; `slug` is lower case. An archived one gives its address free."""

    __tablename__ = "sites"
    __table_args__ = (
        Index("uq_sites_slug", "slug", unique=True, sqlite_where=ADDRESS_TAKEN, postgresql_where=ADDRESS_TAKEN),
        Index("ix_sites_created", "created_at", "id"),
        Index("ix_sites_status", "status", "created_at", "id"),
        Index("ix_sites_address", "slug", "id"),
        Index("uq_sites_reference", "reference", unique=True),
        Index("ix_sites_next_step", "next_step_at", sqlite_where=KEPT_FOR_A_WHILE, postgresql_where=KEPT_FOR_A_WHILE),
        Index("ix_sites_not_as_wanted", "id", sqlite_where=text(NOT_AS_WANTED), postgresql_where=text(NOT_AS_WANTED)),
        beginning("sites", "slug"),
    )
    MOVES = SITE_MOVES

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id"), index=True)
    slug: Mapped[str] = mapped_column(String(63))
    title: Mapped[str] = mapped_column(String(200))
    template: Mapped[str] = mapped_column(String(80), default="")  # what it was made from
    design: Mapped[str] = mapped_column(String(40), default="")  # how it looks; set when it is made
    accent: Mapped[str] = mapped_column(String(7), default="")  # "#14664a"; empty: the design's own colour
    logo: Mapped[str] = mapped_column(String(80), default="")  # the name of one of its pictures
    locale: Mapped[str] = mapped_column(String(10), default="")  # the language it is written in
    content_version: Mapped[int] = mapped_column(default=0)  # another one with each change of what it shows; random
    status: Mapped[SiteStatus] = mapped_column(default=SiteStatus.REQUESTED)
    problem: Mapped[str] = mapped_column(String(300), default="")
    provisioner: Mapped[str] = mapped_column(String(40), default="")  # who makes it; empty: nobody was asked yet
    reference: Mapped[str | None] = mapped_column(String(32))  # what it is called to its provisioner, for good
    made_as: Mapped[str] = mapped_column(String(200), default="")  # what its provisioner calls it
    address: Mapped[str] = mapped_column(String(500), default="")  # where it answers; empty: on its own host here
    main_domain: Mapped[str] = mapped_column(String(253), default="")  # its main address; empty: the one here
    overrides: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # limits of this site alone, as of a membership
    job: Mapped[str] = mapped_column(String(36), default="")  # the key of what its provisioner was asked for last
    waits_since: Mapped[datetime | None]  # since when it is waited for the end of that
    told_at: Mapped[datetime | None]  # when its provisioner said that something has changed, until it is asked
    published_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]  # since when an operator blocks it, whatever its membership says
    delete_at: Mapped[datetime | None]  # when what it holds is deleted, unless it is shown again before
    warned: Mapped[int] = mapped_column(default=0)  # how many warnings of that its owner was sent
    next_step_at: Mapped[datetime | None]  # when the next warning is due, or that day itself
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    customer: Mapped[Customer] = relationship()
    membership: Mapped[Membership] = relationship(back_populates="sites")
    pages: Mapped[list[SitePage]] = relationship(
        back_populates="site", order_by="(SitePage.position, SitePage.id)", cascade="all, delete-orphan"
    )
    pictures: Mapped[list[SitePicture]] = relationship(
        back_populates="site", order_by="SitePicture.id", cascade="all, delete-orphan"
    )

    former_addresses: Mapped[list[FormerAddress]] = relationship(
        back_populates="site", order_by="FormerAddress.id", cascade="all, delete-orphan"
    )

    domain_names: Mapped[list[DomainName]] = relationship(
        back_populates="site", order_by="DomainName.id", cascade="all, delete-orphan"
    )

    @property
    def is_elsewhere(self) -> bool:
        """Whether another system shows it, and has to be told of what is decided here."""
        return self.provisioner not in ("", BUILT_IN)

    @property
    def is_kept(self) -> bool:
        """Whether there is something of it, or will be: one that was given up before it was made is nothing."""
        return self.status != S.DELETED and (self.status != S.ARCHIVED or self.published_at is not None)

    def note_change(self) -> None:
        """What it shows is another: what is kept of it is kept under another number.

        Not counted up: a database that was put back to yesterday would count the same numbers again.
        """
        self.content_version = secrets.randbits(62)

    @staticmethod
    def keeps_address() -> TextClause:
        """For a query by address: those that have theirs, found by its index."""
        return text(f"sites.{KEEPS_ADDRESS}")


class SiteVisits(Model):
    """How often the pages of a site were shown in one month (202701)."""

    __tablename__ = "site_visits"

    site_id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False
    )  # no row is waited for, also when it goes
    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    visits: Mapped[int] = mapped_column(default=0)


class FormerAddress(HasId, Model):
    """Where a site was before its owner gave it another address: until then it leads on, and is nobody else's."""

    __tablename__ = "former_addresses"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    until: Mapped[datetime] = mapped_column(index=True)

    site: Mapped[Site] = relationship(back_populates="former_addresses")
