"""Order forms that the operator puts together, and what visitors have typed into one.

Revision ID: a17c5e90d2b4
Revises: e7c4a95d2f18
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "a17c5e90d2b4"
down_revision = "e7c4a95d2f18"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = extensions.UTCDateTime()


def upgrade():
    op.create_table(
        "checkout_forms",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("live", sa.JSON()),
        sa.Column("draft", sa.JSON()),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.UniqueConstraint("slug", name="uq_checkout_forms_slug"),
    )
    op.create_table(
        "checkout_drafts",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("form", sa.String(60), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("email_key", sa.String(254), nullable=False),
        sa.Column("customer_id", NUMBER, sa.ForeignKey("customers.id")),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.UniqueConstraint("key_hash", "form", name="uq_checkout_drafts_key_hash_form"),
    )
    for name in ("email_key", "customer_id", "expires_at"):
        op.create_index(f"ix_checkout_drafts_{name}", "checkout_drafts", [name])
    op.add_column("sales", sa.Column("checkout_form", sa.String(60), nullable=False, server_default="main-form"))
    op.add_column("sales", sa.Column("snippets_run", sa.JSON(), nullable=False, server_default="[]"))


def downgrade():
    for name in ("snippets_run", "checkout_form"):
        op.drop_column("sales", name)
    op.drop_table("checkout_drafts")
    op.drop_table("checkout_forms")
