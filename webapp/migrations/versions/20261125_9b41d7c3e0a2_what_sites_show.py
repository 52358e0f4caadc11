"""What sites show: pages, pictures, a design, a colour and a logo.

Revision ID: 9b41d7c3e0a2
Revises: d4b7e91c3a56
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "9b41d7c3e0a2"
down_revision = "d4b7e91c3a56"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = extensions.UTCDateTime()


def upgrade() -> None:
    for name, length in (("design", 40), ("accent", 7), ("logo", 80), ("locale", 10)):
        op.add_column("sites", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    op.add_column("sites", sa.Column("content_version", NUMBER, nullable=False, server_default="0"))
    op.create_table(
        "site_pages",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("site_id", NUMBER, nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("in_menu", sa.Boolean(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_site_pages_site_id_sites"),
        sa.PrimaryKeyConstraint("id", name="pk_site_pages"),
        sa.UniqueConstraint("site_id", "slug", name="uq_site_pages_site_id_slug"),
    )
    op.create_index("ix_site_pages_order", "site_pages", ["site_id", "position", "id"])
    op.create_table(
        "site_pictures",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("site_id", NUMBER, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("width", NUMBER, nullable=False),
        sa.Column("height", NUMBER, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_site_pictures_site_id_sites"),
        sa.PrimaryKeyConstraint("id", name="pk_site_pictures"),
        sa.UniqueConstraint("site_id", "name", name="uq_site_pictures_site_id_name"),
    )


def downgrade() -> None:
    op.drop_table("site_pictures")
    op.drop_index("ix_site_pages_order", "site_pages")
    op.drop_table("site_pages")
    for name in ("content_version", "locale", "logo", "accent", "design"):
        op.drop_column("sites", name)
