"""audit entries

Revision ID: 7b9d3e52c0f4
Revises: 5f2c8e1d6a90
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "7b9d3e52c0f4"
down_revision = "5f2c8e1d6a90"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("object_type", sa.String(32), nullable=False),
        sa.Column("object_id", NUMBER, nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("at", extensions.UTCDateTime(), nullable=False),
    )
    op.create_index("ix_audit_entries_object", "audit_entries", ["object_type", "object_id", "id"])


def downgrade() -> None:
    op.drop_table("audit_entries")
