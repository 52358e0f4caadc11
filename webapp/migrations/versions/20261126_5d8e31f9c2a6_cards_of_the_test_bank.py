"""The test bank knows its cards again.

Revision ID: 5d8e31f9c2a6
Revises: d27e50b91fa8
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5d8e31f9c2a6"
down_revision = "d27e50b91fa8"
branch_labels = None
depends_on = None


def upgrade():
    # Of cards that it had before, it tells none.
    op.add_column("sandbox_credentials", sa.Column("fingerprint", sa.String(40), nullable=False, server_default=""))


def downgrade():
    op.drop_column("sandbox_credentials", "fingerprint")
