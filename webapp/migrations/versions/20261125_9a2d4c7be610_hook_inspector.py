"""hook inspector

Revision ID: 9a2d4c7be610
Revises: 9e4d2b7c6f15
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "9a2d4c7be610"
down_revision = "9e4d2b7c6f15"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "hook_figures",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("hook", sa.String(80), nullable=False),
        sa.Column("callback", sa.String(200), nullable=False),
        sa.Column("priority", NUMBER, nullable=False),
        sa.Column("calls", NUMBER, nullable=False),
        sa.Column("timed", NUMBER, nullable=False),
        sa.Column("microseconds", NUMBER, nullable=False),
        sa.Column("worst", NUMBER, nullable=False),
        sa.Column("errors", NUMBER, nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_error_at", extensions.UTCDateTime(), nullable=True),
        sa.Column("since", extensions.UTCDateTime(), nullable=False),
        sa.UniqueConstraint("hook", "callback", "priority", name="uq_hook_figures_hook_callback_priority"),
    )
    op.create_table(
        "hook_switches",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("subject", name="uq_hook_switches_subject"),
    )


def downgrade() -> None:
    op.drop_table("hook_switches")
    op.drop_table("hook_figures")
