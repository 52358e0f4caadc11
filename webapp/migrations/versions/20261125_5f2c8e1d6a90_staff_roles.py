"""staff roles: who was an operator is an owner

Revision ID: 5f2c8e1d6a90
Revises: c7f2e5108a3d
"""

from __future__ import annotations

from alembic import op

revision = "5f2c8e1d6a90"
down_revision = "c7f2e5108a3d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE users SET role = 'owner' WHERE role = 'operator'")


def downgrade() -> None:
    op.execute("UPDATE users SET role = 'operator' WHERE role <> 'customer'")
