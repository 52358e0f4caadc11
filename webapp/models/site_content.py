"""What a site shows: its pages, and the pictures on them. In the database, so that any number of processes serve it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model
from webapp.models.parts import HasId, HasTimes

if TYPE_CHECKING:
    from webapp.models.site import Site


class SitePage(HasId, HasTimes, Model):
    """One page, in Markdown, at `/<slug>`; the front page has none. Drafts (`published` is false) answer to nobody."""

    __tablename__ = "site_pages"
    __table_args__ = (
        UniqueConstraint("site_id", "slug"),
        Index("ix_site_pages_order", "site_id", "position", "id"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    slug: Mapped[str] = mapped_column(String(80), default="")
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)
    in_menu: Mapped[bool] = mapped_column(default=True)
    published: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    site: Mapped[Site] = relationship(back_populates="pages")

    @property
    def is_front(self) -> bool:
        return not self.slug


class SiteCopy(HasId, HasTimes, Model):
    """All that a site showed before something else took its place, as an export; until then it can be brought back."""

    __tablename__ = "site_copies"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    template: Mapped[str] = mapped_column(String(80), default="")  # what it was made from
    pages: Mapped[int] = mapped_column(default=0)
    until: Mapped[datetime] = mapped_column(index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class SitePicture(HasId, HasTimes, Model):
    """A picture of one site's, drawn anew or cleaned before it is kept (see domain/pictures.py).

    `name` is a hash of what is in it, and its kind: whoever has it may keep it for good.
    """

    __tablename__ = "site_pictures"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str] = mapped_column(String(80))
    label: Mapped[str] = mapped_column(String(120))  # the file's own name, as its owner knows it
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)  # in bytes
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    site: Mapped[Site] = relationship(back_populates="pictures")
