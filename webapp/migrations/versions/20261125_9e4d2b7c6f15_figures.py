"""The ledger of recurring revenue, and what each day came to.

Memberships that were there before begin in the ledger when their first paid period did, at the price they have now.

Revision ID: 9e4d2b7c6f15
Revises: 6d1e4f97b3a2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "9e4d2b7c6f15"
down_revision = "6d1e4f97b3a2"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = ("new", "expansion", "contraction", "churn", "reactivation")
MEASURES = (
    "revenue",
    "refunds",
    "mrr-new",
    "mrr-expansion",
    "mrr-contraction",
    "mrr-churn",
    "mrr-reactivation",
    "paying-won",
    "paying-lost",
    "memberships-new",
    "memberships-lost",
    "trials-won",
    "trials-lost",
    "orders-begun",
    "orders-paid",
    "until",
)
TIMES = "CASE duration_unit WHEN 'day' THEN 487 WHEN 'week' THEN 487 ELSE 1 END"
LENGTH = "CASE duration_unit WHEN 'day' THEN 16 WHEN 'week' THEN 112 WHEN 'month' THEN 1 ELSE 12 END * duration"
MONTHLY = f"(2 * price_minor * {TIMES} + {LENGTH}) / (2 * {LENGTH})"
WAS_PAID = f"recurring AND anchor IS NOT NULL AND {MONTHLY} > 0"
FOR_LIFE = "(billing_cycles > 0 AND billing_cycles <= periods_paid AND expires_at IS NULL)"
IS_OVER = f"(status NOT IN ('active', 'on-hold') OR {FOR_LIFE})"
ENDED = """(SELECT max(moves.at) FROM moves WHERE object_type = 'memberships' AND object_id = memberships.id
            AND new IN ('expired', 'cancelled'))"""
INTO = "INSERT INTO mrr_movements (membership_id, currency, kind, amount_minor, at) SELECT id, currency"

ENDED_AT = f"coalesce({ENDED}, cancelled_at, expires_at, updated_at)"
BACKFILL = (
    f"{INTO}, 'new', {MONTHLY}, anchor FROM memberships WHERE {WAS_PAID}",
    f"{INTO}, 'churn', -({MONTHLY}), {ENDED_AT} FROM memberships WHERE {WAS_PAID} AND {IS_OVER}",
)


def upgrade():
    op.create_table(
        "mrr_movements",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("membership_id", NUMBER, sa.ForeignKey("memberships.id"), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, name="movementkind", native_enum=False, length=32), nullable=False),
        sa.Column("amount_minor", NUMBER, nullable=False),
        sa.Column("at", extensions.UTCDateTime(), nullable=False),
    )
    op.create_index("ix_mrr_movements_membership_id", "mrr_movements", ["membership_id"])
    op.create_index("ix_mrr_movements_at", "mrr_movements", ["at", "id"])
    op.create_table(
        "daily_figures",
        sa.Column("currency", sa.String(3), primary_key=True),
        sa.Column("measure", sa.Enum(*MEASURES, name="measure", native_enum=False, length=32), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("value", NUMBER, nullable=False),
    )
    for kind in ("memberships", "refunds"):
        of = sa.text(f"object_type = '{kind}'")
        op.create_index(f"ix_moves_of_{kind}", "moves", ["at"], sqlite_where=of, postgresql_where=of)
    for statement in BACKFILL:
        op.execute(statement)


def downgrade():
    for kind in ("refunds", "memberships"):
        op.drop_index(f"ix_moves_of_{kind}", "moves")
    op.drop_table("daily_figures")
    op.drop_table("mrr_movements")
