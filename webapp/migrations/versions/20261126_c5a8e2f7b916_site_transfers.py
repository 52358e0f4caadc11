"""Offers to take over a site.

Revision ID: c5a8e2f7b916
Revises: 7d3f1a90c2e4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "c5a8e2f7b916"
down_revision = "7d3f1a90c2e4"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = extensions.UTCDateTime()
IS_OPEN = sa.text("status = 'open'")


def upgrade() -> None:
    op.create_table(
        "site_transfers",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("site_id", NUMBER, sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("from_customer_id", NUMBER, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("to_customer_id", NUMBER, sa.ForeignKey("customers.id"), nullable=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("updated_at", WHEN, nullable=False),
    )
    for name in ("site_id", "to_customer_id", "email"):
        op.create_index(f"ix_site_transfers_{name}", "site_transfers", [name])
    op.create_index(
        "uq_site_transfers_open", "site_transfers", ["site_id"], unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN
    )
    op.create_index(
        "ix_site_transfers_expiring", "site_transfers", ["expires_at"], sqlite_where=IS_OPEN, postgresql_where=IS_OPEN
    )
    op.create_index("ix_site_transfers_asked", "site_transfers", ["from_customer_id", "created_at"])


def downgrade() -> None:
    op.drop_table("site_transfers")
