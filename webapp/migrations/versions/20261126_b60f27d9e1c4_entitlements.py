"""What the holder of a product may use: limits and flags, and what the staff allows instead for one of them.

Revision ID: b60f27d9e1c4
Revises: c4e81d6f0b93
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b60f27d9e1c4"
down_revision = "c4e81d6f0b93"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("products", sa.Column("limits", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("products", sa.Column("flags", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("memberships", sa.Column("overrides", sa.JSON()))
    op.add_column("sites", sa.Column("overrides", sa.JSON()))
    op.create_table(
        "site_visits",
        sa.Column("site_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("month", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "month", name=op.f("pk_site_visits")),
    )


def downgrade():
    op.drop_table("site_visits")
    op.drop_column("sites", "overrides")
    op.drop_column("memberships", "overrides")
    op.drop_column("products", "flags")
    op.drop_column("products", "limits")
