"""A customer's own web address for a site. The word `domain` alone means the rules (webapp/domain)."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import idna
from sqlalchemy import ForeignKey, Index, String, TextClause, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId, HasStatus, HasTimes, beginning

if TYPE_CHECKING:
    from webapp.models.site import Site


class DomainStatus(StrEnum):
    """`waiting`: for its records. `failing`: it was there, and its records no longer lead here; still served."""

    WAITING = "waiting"
    ACTIVE = "active"
    FAILING = "failing"
    GIVEN_UP = "given-up"


D = DomainStatus
DOMAIN_MOVES: dict[DomainStatus, frozenset[DomainStatus]] = {
    D.WAITING: frozenset({D.ACTIVE, D.GIVEN_UP}),
    D.ACTIVE: frozenset({D.FAILING, D.GIVEN_UP}),
    D.FAILING: frozenset({D.ACTIVE, D.GIVEN_UP}),
    D.GIVEN_UP: frozenset({D.WAITING}),
}
SERVED_STATUSES = (D.ACTIVE, D.FAILING)
# Word for word the condition of the partial index: with bound values no database knows that it may use it.
SERVES = "status IN ('active', 'failing')"


def new_token() -> str:
    return secrets.token_hex(16)


class DomainName(HasId, HasTimes, HasStatus[DomainStatus], Model):
    """`name` is lower case and in ASCII (`xn--…`), as browsers send it.

    Any number of customers may ask for one; it is one's alone once it was shown that it is theirs.
    """

    __tablename__ = "domain_names"
    __table_args__ = (
        UniqueConstraint("site_id", "name"),
        Index("uq_domain_names_served", "name", unique=True, sqlite_where=text(SERVES), postgresql_where=text(SERVES)),
        Index("ix_domain_names_name", "name", "id"),
        Index("ix_domain_names_status", "status", "created_at", "id"),
        Index("ix_domain_names_created", "created_at", "id"),
        beginning("domain_names", "name"),
    )
    MOVES = DOMAIN_MOVES

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str] = mapped_column(String(253))
    status: Mapped[DomainStatus] = mapped_column(default=DomainStatus.WAITING)
    token: Mapped[str] = mapped_column(String(32), default=new_token)  # what its owner writes into a TXT record
    becomes_main: Mapped[bool] = mapped_column(default=False)  # its site's main address, once it is shown to be theirs
    problem: Mapped[str] = mapped_column(String(32), default="")  # why it does not lead here (domain/dns_verdicts.py)
    token_problem: Mapped[str] = mapped_column(String(32), default="")  # why it is not shown to be theirs
    found: Mapped[str] = mapped_column(String(300), default="")  # what its records said instead
    proxied: Mapped[bool] = mapped_column(default=False)  # it points to a service that stands before our servers
    tries: Mapped[int] = mapped_column(default=0)  # in a row that did not find it as it should be
    waits_since: Mapped[datetime | None]  # for its records
    failing_since: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]  # somebody does not want to wait, until it is looked at
    checked_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    secure_at: Mapped[datetime | None]  # when it was first seen to answer over https
    next_check_at: Mapped[datetime | None] = mapped_column(index=True)

    site: Mapped[Site] = relationship(back_populates="domain_names")

    @property
    def customer_id(self) -> int:
        return self.site.customer_id

    @property
    def is_served(self) -> bool:
        return self.status in SERVED_STATUSES

    @property
    def is_main(self) -> bool:
        return self.site.main_domain == self.name

    @property
    def title(self) -> str:
        """As people write it."""
        return in_letters(self.name)

    @property
    def token_name(self) -> str:
        """Where the TXT record is looked for."""
        return f"_parzelle-challenge.{self.name}"

    @staticmethod
    def serves() -> TextClause:
        """For a query by name: those that are shown, found by their index."""
        return text(f"domain_names.{SERVES}")


def in_letters(name: str) -> str:
    """`xn--mnchen-3ya.de` is `münchen.de`."""
    try:
        return idna.decode(name)
    except idna.IDNAError:
        return name
