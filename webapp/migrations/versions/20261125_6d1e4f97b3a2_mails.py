"""mails

Revision ID: 6d1e4f97b3a2
Revises: 9a41c7e0d5b2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "6d1e4f97b3a2"
down_revision = "9a41c7e0d5b2"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PENDING = sa.text("status = 'pending'")
STATUSES = ("pending", "sent", "kept", "failed", "dead")
INDEXES = (
    ("ix_mails_status", "status"),
    ("ix_mails_kind", "kind"),
    ("ix_mails_customer", "customer_id"),
    ("ix_mails_user", "user_id"),
    ("ix_mails_to", "to_address"),
)


def upgrade() -> None:
    op.create_table(
        "mails",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("to_address", sa.String(254), nullable=False),
        sa.Column("customer_id", NUMBER, sa.ForeignKey("customers.id"), nullable=True),
        sa.Column("user_id", NUMBER, sa.ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(200), nullable=False),
        sa.Column("once", sa.String(120), nullable=True),
        sa.Column("problem", sa.String(300), nullable=False),
        sa.Column("status", sa.Enum(*STATUSES, name="mailstatus", native_enum=False, length=32), nullable=False),
        sa.Column("attempts_made", NUMBER, nullable=False),
        sa.Column("next_at", extensions.UTCDateTime(), nullable=False),
        sa.Column("lease", sa.String(36), nullable=True),
        sa.Column("last_error", sa.String(300), nullable=False),
        sa.Column("created_at", extensions.UTCDateTime(), nullable=False),
        sa.Column("sent_at", extensions.UTCDateTime(), nullable=True),
        sa.UniqueConstraint("message_id"),
        sa.UniqueConstraint("once"),
    )
    op.create_index("ix_mails_due", "mails", ["next_at", "id"], sqlite_where=PENDING, postgresql_where=PENDING)
    for name, column in INDEXES:
        op.create_index(name, "mails", [column, "id"])
    op.create_table(
        "mail_texts",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("updated_at", extensions.UTCDateTime(), nullable=False),
        sa.UniqueConstraint("kind", "locale"),
    )


def downgrade() -> None:
    op.drop_table("mail_texts")
    op.drop_table("mails")
