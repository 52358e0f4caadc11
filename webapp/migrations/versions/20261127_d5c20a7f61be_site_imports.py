"""Exports that wait to be put into sites.

Revision ID: d5c20a7f61be
Revises: b3e9d4170c6a
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "d5c20a7f61be"
down_revision = "b3e9d4170c6a"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = extensions.UTCDateTime()
OPEN = sa.text("status IN ('waiting', 'running')")


def upgrade() -> None:
    op.create_table(
        "site_imports",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("site_id", NUMBER, sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("by_staff", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("problem", sa.String(300), nullable=False),
        sa.Column("finished_at", WHEN, nullable=True),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("updated_at", WHEN, nullable=False),
    )
    op.create_index("ix_site_imports_site_id", "site_imports", ["site_id"])
    op.create_index("ix_site_imports_created", "site_imports", ["created_at", "id"])
    op.create_index(
        "uq_site_imports_open", "site_imports", ["site_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    op.drop_table("site_imports")
