"""Note which of our texts an operator's own one was made from.

Revision ID: d4b7e91c3a56
Revises: c3a81f5e7d20
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d4b7e91c3a56"
down_revision = "c3a81f5e7d20"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("mail_texts") as batch:
        batch.add_column(sa.Column("based_on", sa.String(64), nullable=False, server_default=""))
    with op.batch_alter_table("mail_texts") as batch:
        batch.alter_column("based_on", server_default=None)


def downgrade():
    with op.batch_alter_table("mail_texts") as batch:
        batch.drop_column("based_on")
