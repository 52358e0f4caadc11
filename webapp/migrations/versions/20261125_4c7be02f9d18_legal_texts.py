"""legal texts

Revision ID: 4c7be02f9d18
Revises: 4c8e1f63ab07
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "4c7be02f9d18"
down_revision = "4c8e1f63ab07"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "legal_texts",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("page", sa.String(40), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("created_at", extensions.UTCDateTime(), nullable=False),
        sa.UniqueConstraint("page", "locale", "version"),
    )


def downgrade() -> None:
    op.drop_table("legal_texts")
