"""two-step sign-in

Revision ID: a41be07d95c2
Revises: 3d7a90c4e1b8
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "a41be07d95c2"
down_revision = "3d7a90c4e1b8"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = extensions.UTCDateTime()


def upgrade() -> None:
    op.add_column("users", sa.Column("two_step_at", WHEN, nullable=True))
    op.create_table(
        "totp_secrets",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("user_id", NUMBER, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, unique=True),
        sa.Column("secret", sa.String(300), nullable=False),
        sa.Column("last_step", NUMBER, nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("user_id", NUMBER, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", WHEN, nullable=True),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])


def downgrade() -> None:
    op.drop_table("recovery_codes")
    op.drop_table("totp_secrets")
    op.drop_column("users", "two_step_at")
