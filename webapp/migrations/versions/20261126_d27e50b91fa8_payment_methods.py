"""Ways to charge a customer: when they end, and how one is added without a payment.

Revision ID: d27e50b91fa8
Revises: 4c7d20e8b1f5
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "d27e50b91fa8"
down_revision = "4c7d20e8b1f5"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = extensions.UTCDateTime()


def upgrade() -> None:
    op.add_column("stored_credentials", sa.Column("expires_on", sa.Date(), nullable=True))
    op.add_column("sandbox_credentials", sa.Column("expires_on", sa.Date(), nullable=True))
    op.add_column("sandbox_credentials", sa.Column("removed_at", WHEN, nullable=True))
    op.create_table(
        "credential_setups",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("reference", sa.String(32), nullable=False, unique=True),
        sa.Column("customer_id", NUMBER, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("membership_ids", sa.JSON(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("gateway", sa.String(40), nullable=False),
        sa.Column("gateway_reference", sa.String(255), nullable=True),
        sa.Column("action", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("ask_at", WHEN, nullable=True),
        sa.Column("asked", NUMBER, nullable=False),
        sa.Column("settled_at", WHEN, nullable=True),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("updated_at", WHEN, nullable=False),
        sa.UniqueConstraint("gateway", "gateway_reference"),
    )
    op.create_index("ix_credential_setups_customer_id", "credential_setups", ["customer_id"])
    op.create_index("ix_credential_setups_unsettled", "credential_setups", ["status", "ask_at"])


def downgrade() -> None:
    op.drop_table("credential_setups")
    op.drop_column("sandbox_credentials", "removed_at")
    op.drop_column("sandbox_credentials", "expires_on")
    op.drop_column("stored_credentials", "expires_on")
