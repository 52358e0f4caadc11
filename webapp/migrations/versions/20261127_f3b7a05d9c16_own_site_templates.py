"""Templates of the operator's own, and which of all templates a plan's sites may begin with.

Revision ID: f3b7a05d9c16
Revises: d5c20a7f61be
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "f3b7a05d9c16"
down_revision = "d5c20a7f61be"
branch_labels = None
depends_on = None

INSTANT = extensions.UTCDateTime()


def upgrade() -> None:
    op.create_table(
        "site_templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("list_order", sa.Integer(), nullable=False),
        sa.Column("titles", sa.JSON(), nullable=False),
        sa.Column("descriptions", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("design", sa.String(40), nullable=False),
        sa.Column("accent", sa.String(7), nullable=False),
        sa.Column("locale", sa.String(10), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("preview", sa.String(60), nullable=False),
        sa.Column("preview_content", sa.LargeBinary()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_templates")),
        sa.UniqueConstraint("slug", name=op.f("uq_site_templates_slug")),
    )
    op.add_column("products", sa.Column("site_templates", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("products", "site_templates")
    op.drop_table("site_templates")
