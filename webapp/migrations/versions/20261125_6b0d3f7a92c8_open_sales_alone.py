"""Index of sales and memberships only what somebody looks for.

Revision ID: 6b0d3f7a92c8
Revises: c19e7d4a06f5
"""

from alembic import op
from sqlalchemy import text

revision = "6b0d3f7a92c8"
down_revision = "c19e7d4a06f5"
branch_labels = None
depends_on = None

OPEN = text("settled_at IS NULL AND abandoned_at IS NULL")
NARROWER = (
    ("ix_sales_open", "sales", ["settled_at", "hold_until"], ["hold_until"], OPEN),
    ("ix_memberships_ending", "memberships", ["cancel_at"], ["cancel_at"], text("cancel_at IS NOT NULL")),
    (
        "ix_memberships_expiring",
        "memberships",
        ["status", "expires_at"],
        ["status", "expires_at"],
        text("expires_at IS NOT NULL"),
    ),
)


def upgrade():
    for name, table, _old, columns, rows in NARROWER:
        op.drop_index(name, table)
        op.create_index(name, table, columns, sqlite_where=rows, postgresql_where=rows)
    op.create_index("ix_sales_begun", "sales", ["customer_id", "cart_key"], sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade():
    op.drop_index("ix_sales_begun", "sales")
    for name, table, columns, _new, _rows in NARROWER:
        op.drop_index(name, table)
        op.create_index(name, table, columns)
