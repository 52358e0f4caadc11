"""notes

Revision ID: 4c8e1f63ab07
Revises: b83e5d1f7c60
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "4c8e1f63ab07"
down_revision = "b83e5d1f7c60"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("object_type", sa.String(32), nullable=False),
        sa.Column("object_id", NUMBER, nullable=False),
        sa.Column("customer_id", NUMBER, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("author_id", NUMBER, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("created_at", extensions.UTCDateTime(), nullable=False),
        sa.Column("updated_at", extensions.UTCDateTime(), nullable=False),
    )
    op.create_index("ix_notes_object", "notes", ["object_type", "object_id", "id"])
    op.create_index("ix_notes_customer_id", "notes", ["customer_id"])
    op.create_index("ix_notes_author_id", "notes", ["author_id"])


def downgrade() -> None:
    op.drop_table("notes")
