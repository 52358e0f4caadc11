"""saved views

Revision ID: d15b7a20e9c3
Revises: 6c4f0b92e7d1
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "d15b7a20e9c3"
down_revision = "6c4f0b92e7d1"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("owner_id", NUMBER, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("noun", sa.String(40), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("query", sa.String(1000), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", extensions.UTCDateTime(), nullable=False),
        sa.Column("updated_at", extensions.UTCDateTime(), nullable=False),
    )
    op.create_index("ix_saved_views_noun", "saved_views", ["noun", "owner_id"])
    op.create_index("ix_saved_views_owner_id", "saved_views", ["owner_id"])


def downgrade() -> None:
    op.drop_table("saved_views")
