"""What needs a person: who takes care of it, and who is told of it every day.

Revision ID: b8d3f06a4e29
Revises: e3a7d58c1f06
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "b8d3f06a4e29"
down_revision = "e3a7d58c1f06"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OVERDUE = sa.text("status = 'pending' AND due_at IS NOT NULL")
PUZZLES = sa.text("puzzles_since IS NOT NULL")


def upgrade():
    op.create_table(
        "attention_marks",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("object_id", NUMBER, nullable=False),
        sa.Column("user_id", NUMBER, sa.ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
        sa.Column("taken_at", extensions.UTCDateTime(), nullable=True),
        sa.Column("aside_at", extensions.UTCDateTime(), nullable=True),
        sa.UniqueConstraint("source", "object_id"),
    )
    op.create_table(
        "attention_digests",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("user_id", NUMBER, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, unique=True),
        sa.Column("hour", NUMBER, nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
    )
    op.create_index("ix_attention_digests_due", "attention_digests", ["hour", "sent_on"])
    op.add_column("tries", sa.Column("puzzles_since", extensions.UTCDateTime(), nullable=True))
    op.create_index(
        "ix_tries_puzzling", "tries", ["puzzles_since"], sqlite_where=PUZZLES, postgresql_where=PUZZLES
    )
    op.create_index("ix_payments_overdue", "payments", ["due_at"], sqlite_where=OVERDUE, postgresql_where=OVERDUE)


def downgrade():
    op.drop_index("ix_payments_overdue", "payments")
    op.drop_index("ix_tries_puzzling", "tries")
    op.drop_column("tries", "puzzles_since")
    op.drop_table("attention_digests")
    op.drop_table("attention_marks")
