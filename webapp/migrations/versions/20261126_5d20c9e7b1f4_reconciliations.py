"""Record comparisons with the gateways; the pretend bank keeps disputes, and tells what changed since a day.

Revision ID: 5d20c9e7b1f4
Revises: 5d8e31f9c2a6
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5d20c9e7b1f4"
down_revision = "5d8e31f9c2a6"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "reconciliations",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("begun_at", INSTANT, nullable=False, index=True),
        sa.Column("ended_at", INSTANT),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("looked_at", NUMBER, nullable=False),
        sa.Column("repaired", NUMBER, nullable=False),
        sa.Column("failed", NUMBER, nullable=False),
        sa.Column("problem", sa.String(300), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("read_until", sa.JSON(), nullable=False),
    )
    op.create_table(
        "sandbox_disputes",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("reference", sa.String(40), nullable=False, unique=True),
        sa.Column("charge_id", NUMBER, sa.ForeignKey("sandbox_charges.id"), nullable=False, index=True),
        sa.Column("amount_minor", NUMBER, nullable=False),
        sa.Column("reason", sa.String(80), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False, index=True),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
    )
    for table in ("sandbox_charges", "sandbox_refunds"):
        op.create_index(f"ix_{table}_settled_at", table, ["settled_at"])


def downgrade():
    for table in ("sandbox_charges", "sandbox_refunds"):
        op.drop_index(f"ix_{table}_settled_at", table)
    op.drop_table("sandbox_disputes")
    op.drop_table("reconciliations")
