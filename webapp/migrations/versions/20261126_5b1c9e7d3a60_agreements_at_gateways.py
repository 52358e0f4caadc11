"""What a gateway takes by itself, as the buyer agreed there.

Revision ID: 5b1c9e7d3a60
Revises: 7e3a90b5c2d4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5b1c9e7d3a60"
down_revision = "7e3a90b5c2d4"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("stored_credentials", sa.Column("agreement", sa.JSON()))
    op.add_column("stored_credentials", sa.Column("rests", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade():
    for name in ("rests", "agreement"):
        op.drop_column("stored_credentials", name)
