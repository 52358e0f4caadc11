"""When each membership is due, and which period each payment is for.

Those that are served are all looked at once, the longest unchanged first, and planned from then on.

Revision ID: f27c40d8b9e6
Revises: 8a3f51c7d0e6
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "f27c40d8b9e6"
down_revision = "8a3f51c7d0e6"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DUE = sa.text("due_at IS NOT NULL")
LOOK_AT = "UPDATE memberships SET due_at = updated_at WHERE status IN ('active', 'trialing', 'on-hold')"
FIRST = """UPDATE payments SET period_number = 1 WHERE status <> 'cancelled' AND total_minor > 0 AND id IN (
    SELECT min(payments.id) FROM payments JOIN memberships ON memberships.id = membership_id
    WHERE kind = 'first' AND recurring AND trial_ends_at IS NULL AND payments.status <> 'cancelled'
    GROUP BY membership_id)"""


def upgrade():
    for name in ("periods_before", "announced"):
        op.add_column("memberships", sa.Column(name, NUMBER, nullable=False, server_default="0"))
    op.add_column("memberships", sa.Column("stays_for_life", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("memberships", sa.Column("due_at", extensions.UTCDateTime(), nullable=True))
    op.create_index("ix_memberships_due", "memberships", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE)
    op.drop_index("ix_memberships_ending", "memberships")  # what ends is found by `due_at`
    op.add_column("payments", sa.Column("period_number", NUMBER, nullable=True))
    op.add_column("payments", sa.Column("retry_at", extensions.UTCDateTime(), nullable=True))
    op.create_index("uq_payments_period", "payments", ["membership_id", "period_number"], unique=True)
    op.execute(LOOK_AT)
    op.execute(FIRST)


def downgrade():
    op.drop_index("uq_payments_period", "payments")
    op.drop_column("payments", "retry_at")
    op.drop_column("payments", "period_number")
    op.drop_index("ix_memberships_due", "memberships")
    ending = sa.text("cancel_at IS NOT NULL")
    op.create_index("ix_memberships_ending", "memberships", ["cancel_at"], sqlite_where=ending, postgresql_where=ending)
    for name in ("due_at", "stays_for_life", "announced", "periods_before"):
        op.drop_column("memberships", name)
