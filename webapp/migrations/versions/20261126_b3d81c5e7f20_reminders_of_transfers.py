"""Know when the payer of a transfer is next reminded of it.

Revision ID: b3d81c5e7f20
Revises: c5a8e2f7b916
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "b3d81c5e7f20"
down_revision = "c5a8e2f7b916"
branch_labels = None
depends_on = None

REMINDED = sa.text("remind_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("payments", sa.Column("remind_at", extensions.UTCDateTime()))
    op.create_index(
        "ix_payments_to_remind",
        "payments",
        ["remind_at", "id"],
        sqlite_where=REMINDED,
        postgresql_where=REMINDED,
    )


def downgrade() -> None:
    op.drop_index("ix_payments_to_remind", "payments")
    op.drop_column("payments", "remind_at")
