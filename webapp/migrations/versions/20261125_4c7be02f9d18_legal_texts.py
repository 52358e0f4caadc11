"""legal texts

Revision ID: 4c7be02f9d18
Revises: b83e5d1f7c60
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "4c7be02f9d18"
down_revision = "b83e5d1f7c60"
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
