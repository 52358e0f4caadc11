"""Other terms that wait for a membership, and the time that each payment pays for.

Revision ID: 3f8b1d6c0a27
Revises: f27c40d8b9e6
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "3f8b1d6c0a27"
down_revision = "f27c40d8b9e6"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = extensions.UTCDateTime()
PENDING = sa.text("status = 'pending'")
# What is paid for now: the period of the membership that its newest payment began.
COVERED = """UPDATE payments SET covers_until = (SELECT expires_at FROM memberships WHERE memberships.id = membership_id),
    covers_from = completed_at
    WHERE status IN ('completed', 'partially-refunded') AND id IN (
    SELECT max(payments.id) FROM payments JOIN memberships ON memberships.id = membership_id
    WHERE memberships.status = 'active' AND memberships.expires_at IS NOT NULL AND payments.completed_at IS NOT NULL
    AND payments.completed_at < memberships.expires_at GROUP BY membership_id)"""


def kind(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("membership_id", NUMBER, nullable=False),
        sa.Column("payment_id", NUMBER, nullable=True),
        sa.Column("kind", kind("changekind", "upgrade", "downgrade", "addon"), nullable=False),
        sa.Column("status", kind("changestatus", "pending", "applied", "withdrawn"), nullable=False),
        sa.Column("plan_id", NUMBER, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("price_minor", NUMBER, nullable=False),
        sa.Column("duration", NUMBER, nullable=False),
        sa.Column("duration_unit", kind("unit", "day", "week", "month", "year"), nullable=False),
        sa.Column("recurring", sa.Boolean(), nullable=False),
        sa.Column("billing_cycles", NUMBER, nullable=False),
        sa.Column("stays_for_life", sa.Boolean(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("discount", sa.JSON(), nullable=True),
        sa.Column("surplus_minor", NUMBER, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.Column("lapses_at", INSTANT, nullable=True),
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name=op.f("fk_changes_membership_id_memberships"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_changes_payment_id_payments")),
        sa.ForeignKeyConstraint(["plan_id"], ["products.id"], name=op.f("fk_changes_plan_id_products")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_changes_payment_id")),
    )
    op.create_index("ix_changes_membership", "changes", ["membership_id", "id"])
    waiting = {"sqlite_where": PENDING, "postgresql_where": PENDING}
    op.create_index("uq_changes_pending", "changes", ["membership_id"], unique=True, **waiting)
    op.add_column("memberships", sa.Column("changes_at", INSTANT, nullable=True))
    op.add_column("payments", sa.Column("covers_from", INSTANT, nullable=True))
    op.add_column("payments", sa.Column("covers_until", INSTANT, nullable=True))
    op.execute(COVERED)


def downgrade() -> None:
    op.drop_column("payments", "covers_until")
    op.drop_column("payments", "covers_from")
    op.drop_column("memberships", "changes_at")
    op.drop_table("changes")
