"""sign-outs

Revision ID: 8c1f0a5b7d32
Revises: 413305556c62
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8c1f0a5b7d32"
down_revision = "413305556c62"
branch_labels = None
depends_on = None


def upgrade() -> None:
    counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("users", sa.Column("sign_outs", counter, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("users", "sign_outs")
