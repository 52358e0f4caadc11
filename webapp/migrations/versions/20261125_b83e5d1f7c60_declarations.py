"""declarations

Revision ID: b83e5d1f7c60
Revises: 9a2d4c7be610
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "b83e5d1f7c60"
down_revision = "9a2d4c7be610"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = extensions.UTCDateTime()
WAITING = sa.text("status = 'open'")


def upgrade() -> None:
    op.create_table(
        "declarations",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("reference", sa.String(32), nullable=False, unique=True),
        sa.Column("token", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("identity", sa.String(254), nullable=False),
        sa.Column("contract", sa.String(200), nullable=False),
        sa.Column("extraordinary", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("confirm_to", sa.String(254), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("received_at", WHEN, nullable=False),
        sa.Column("customer_id", NUMBER, sa.ForeignKey("customers.id"), nullable=True),
        sa.Column("membership_id", NUMBER, sa.ForeignKey("memberships.id"), nullable=True),
        sa.Column("ends_at", WHEN, nullable=True),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.Column("note", sa.String(300), nullable=False),
    )
    op.create_index(
        "ix_declarations_open", "declarations", ["id"], sqlite_where=WAITING, postgresql_where=WAITING
    )
    op.create_index("ix_declarations_received_at", "declarations", ["received_at"])
    op.create_index("ix_declarations_customer_id", "declarations", ["customer_id"])
    op.create_index("ix_declarations_membership_id", "declarations", ["membership_id"])


def downgrade() -> None:
    op.drop_table("declarations")
