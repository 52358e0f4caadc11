"""Figures without tax: the net price of memberships, the tax of refunds.

Memberships that were there before have the share of tax that their newest payment had. Those with any begin anew in the
ledger, at their net price, and every day is counted again.

Revision ID: 7d2e9c15b4a3
Revises: 3f8b1d6c0a27
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7d2e9c15b4a3"
down_revision = "3f8b1d6c0a27"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NET = """UPDATE memberships SET net_price_minor = price_minor - coalesce((
    SELECT (2 * memberships.price_minor * payments.tax_minor + payments.total_minor) / (2 * payments.total_minor)
    FROM payments WHERE payments.membership_id = memberships.id AND payments.total_minor > 0
    ORDER BY payments.id DESC LIMIT 1), 0)"""
CHANGES = """UPDATE changes SET net_price_minor = coalesce((
    SELECT (2 * changes.price_minor * memberships.net_price_minor + memberships.price_minor) / (2 * memberships.price_minor)
    FROM memberships WHERE memberships.id = membership_id AND memberships.price_minor > 0), price_minor)"""
TAXED = "(SELECT id FROM memberships WHERE net_price_minor <> price_minor)"
TAX_OF_REFUNDS = {
    "postgresql": """UPDATE refunds SET tax_minor = coalesce((SELECT sum(tax.value::bigint)
        FROM json_array_elements(parts) AS part, json_array_elements_text(part.value -> 'taxes') AS tax), 0)""",
    "sqlite": """UPDATE refunds SET tax_minor = coalesce((SELECT sum(tax.value)
        FROM json_each(refunds.parts) AS part, json_each(part.value, '$.taxes') AS tax), 0)""",
}
TIMES = "CASE duration_unit WHEN 'day' THEN 487 WHEN 'week' THEN 487 ELSE 1 END"
LENGTH = "CASE duration_unit WHEN 'day' THEN 16 WHEN 'week' THEN 112 WHEN 'month' THEN 1 ELSE 12 END * duration"
MONTHLY = f"(2 * net_price_minor * {TIMES} + {LENGTH}) / (2 * {LENGTH})"
BEGAN = f"id IN {TAXED} AND recurring AND anchor IS NOT NULL AND {MONTHLY} > 0"
FOR_LIFE = "(billing_cycles > 0 AND billing_cycles <= periods_paid AND expires_at IS NULL)"
IS_OVER = f"(status NOT IN ('active', 'on-hold') OR {FOR_LIFE})"
ENDED = """(SELECT max(moves.at) FROM moves WHERE object_type = 'memberships' AND object_id = memberships.id
            AND new IN ('expired', 'cancelled'))"""
ENDED_AT = f"coalesce({ENDED}, cancelled_at, expires_at, updated_at)"
INTO = "INSERT INTO mrr_movements (membership_id, currency, kind, amount_minor, at) SELECT id, currency"
LEDGER = (
    f"DELETE FROM mrr_movements WHERE membership_id IN {TAXED}",
    f"{INTO}, 'new', {MONTHLY}, anchor FROM memberships WHERE {BEGAN}",
    f"{INTO}, 'churn', -({MONTHLY}), {ENDED_AT} FROM memberships WHERE {BEGAN} AND {IS_OVER}",
    "DELETE FROM daily_figures",
)


def upgrade() -> None:
    op.add_column("memberships", sa.Column("net_price_minor", NUMBER, nullable=False, server_default="0"))
    op.add_column("changes", sa.Column("net_price_minor", NUMBER, nullable=False, server_default="0"))
    op.add_column("refunds", sa.Column("tax_minor", NUMBER, nullable=False, server_default="0"))
    op.create_index("ix_credit_movements_created", "credit_movements", ["created_at"])
    for statement in (NET, CHANGES, TAX_OF_REFUNDS[op.get_bind().dialect.name], *LEDGER):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_credit_movements_created", "credit_movements")
    op.drop_column("refunds", "tax_minor")
    op.drop_column("changes", "net_price_minor")
    op.drop_column("memberships", "net_price_minor")
