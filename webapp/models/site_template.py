"""What the operator says of the templates: own ones, whole; of those that came with it, whether and where they are."""

from __future__ import annotations

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Model
from webapp.models.parts import HasId, HasTimes


class SiteTemplate(HasId, HasTimes, Model):
    """A template of the operator's own, with an export as its content (domain/own_templates.py).

    Without content it is one that came with it: of that only `active` and `list_order` are said here, and only once
    one of them is another than it came with. Words are by language.
    """

    __tablename__ = "site_templates"

    slug: Mapped[str] = mapped_column(String(80), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    list_order: Mapped[int] = mapped_column(default=100)
    titles: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    descriptions: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    categories: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    design: Mapped[str] = mapped_column(String(40), default="")  # as the content says, and so are the next four
    accent: Mapped[str] = mapped_column(String(7), default="")
    locale: Mapped[str] = mapped_column(String(10), default="")
    pages: Mapped[int] = mapped_column(default=0)
    pictures: Mapped[int] = mapped_column(default=0)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    preview: Mapped[str] = mapped_column(String(60), default="")  # the name of its screenshot; empty: one is drawn
    preview_content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}
