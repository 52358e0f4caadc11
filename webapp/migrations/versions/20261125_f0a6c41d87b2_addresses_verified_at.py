"""when addresses were verified

Revision ID: f0a6c41d87b2
Revises: 6b0d3f7a92c8
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "f0a6c41d87b2"
down_revision = "6b0d3f7a92c8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("email_verified_at", extensions.UTCDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("customers", "email_verified_at")
