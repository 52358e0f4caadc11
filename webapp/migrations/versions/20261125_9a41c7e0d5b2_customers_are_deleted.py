"""customers are deleted

Revision ID: 9a41c7e0d5b2
Revises: f19c6d2a8e47
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "9a41c7e0d5b2"
down_revision = "f19c6d2a8e47"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("deleted_at", extensions.UTCDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("customers", "deleted_at")
