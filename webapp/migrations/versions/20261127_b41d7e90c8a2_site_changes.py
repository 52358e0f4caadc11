"""What other systems are asked to change about sites that they made.

Revision ID: b41d7e90c8a2
Revises: a17c5e90d2b4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "b41d7e90c8a2"
down_revision = "a17c5e90d2b4"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = extensions.UTCDateTime()
WAITS = sa.text("status = 'waiting'")
NAMED = sa.text("status = 'waiting' AND slug <> ''")


def upgrade() -> None:
    op.create_table(
        "site_changes",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("site_id", NUMBER, sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("key", sa.String(36), nullable=False, unique=True),
        sa.Column("slug", sa.String(63), nullable=False),
        sa.Column("membership_id", NUMBER, sa.ForeignKey("memberships.id"), nullable=True),
        sa.Column("transfer_id", NUMBER, sa.ForeignKey("site_transfers.id"), nullable=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("asked_at", WHEN, nullable=True),
        sa.Column("problem", sa.String(300), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("updated_at", WHEN, nullable=False),
    )
    op.create_index("ix_site_changes_site_id", "site_changes", ["site_id"])
    for name, column, where in (("waiting", "site_id", WAITS), ("slug", "slug", NAMED)):
        op.create_index(
            f"uq_site_changes_{name}", "site_changes", [column], unique=True, sqlite_where=where, postgresql_where=where
        )


def downgrade() -> None:
    op.drop_table("site_changes")
