"""Keep the rates at which figures of several currencies are put together.

Revision ID: c3a81f5e7d20
Revises: 7d2e9c15b4a3
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c3a81f5e7d20"
down_revision = "7d2e9c15b4a3"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
FAILING = sa.text("problem <> ''")


def upgrade():
    op.create_table(
        "exchange_rates",
        sa.Column("currency", sa.String(3), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("rate", sa.String(40), nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
    )
    op.create_table(
        "rate_fetches",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("source", sa.String(32), nullable=False, unique=True),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("problem", sa.String(300), nullable=False),
        sa.Column("failing_since", INSTANT),
        sa.Column("succeeded_at", INSTANT),
    )
    op.create_index("ix_rate_fetches_failing", "rate_fetches", ["id"], sqlite_where=FAILING, postgresql_where=FAILING)


def downgrade():
    op.drop_table("rate_fetches")
    op.drop_table("exchange_rates")
