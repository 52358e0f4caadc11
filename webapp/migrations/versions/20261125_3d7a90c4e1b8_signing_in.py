"""signing in

Revision ID: 3d7a90c4e1b8
Revises: 8c1f0a5b7d32
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "3d7a90c4e1b8"
down_revision = "8c1f0a5b7d32"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = extensions.UTCDateTime()
PURPOSE = sa.Enum("reset", "invitation", "verify", "change_email", name="linkpurpose", native_enum=False, length=32)


def upgrade() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("id", NUMBER, primary_key=True),
        user_id(),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("seen_at", WHEN, nullable=False),
        sa.Column("proved_at", WHEN, nullable=False),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("agent", sa.String(120), nullable=False),
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"])
    op.create_table(
        "one_time_links",
        sa.Column("id", NUMBER, primary_key=True),
        user_id(),
        sa.Column("purpose", PURPOSE, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("used_at", WHEN, nullable=True),
    )
    op.create_index("ix_one_time_links_user_id", "one_time_links", ["user_id"])
    op.create_index("ix_one_time_links_expires_at", "one_time_links", ["expires_at"])
    op.create_table(
        "reset_requests",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("email_key", sa.String(254), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("base_url", sa.String(200), nullable=False),
        sa.Column("requested_at", WHEN, nullable=False),
    )
    op.create_index("ix_reset_requests_requested_at", "reset_requests", ["requested_at"])
    op.create_table(
        "throttles",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("failures", NUMBER, nullable=False),
        sa.Column("last_at", WHEN, nullable=False),
    )
    op.create_index("ix_throttles_last_at", "throttles", ["last_at"])
    op.create_table(
        "security_events",
        sa.Column("id", NUMBER, primary_key=True),
        user_id(),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("agent", sa.String(120), nullable=False),
    )
    op.create_index("ix_security_events_user", "security_events", ["user_id", "id"])
    op.drop_column("users", "sign_outs")


def user_id() -> sa.Column[int]:
    return sa.Column("user_id", NUMBER, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False)


def downgrade() -> None:
    op.add_column("users", sa.Column("sign_outs", NUMBER, nullable=False, server_default="0"))
    for table in ("security_events", "throttles", "reset_requests", "one_time_links", "user_sessions"):
        op.drop_table(table)
