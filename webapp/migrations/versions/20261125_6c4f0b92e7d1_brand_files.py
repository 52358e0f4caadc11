"""brand_files

Revision ID: 6c4f0b92e7d1
Revises: 4c7be02f9d18
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "6c4f0b92e7d1"
down_revision = "4c7be02f9d18"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "brand_files",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", extensions.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_brand_files")),
    )


def downgrade() -> None:
    op.drop_table("brand_files")
