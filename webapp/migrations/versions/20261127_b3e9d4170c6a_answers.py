"""Answers to an order form's own questions stand in the row that they are about, and no longer among what add-ons keep.

Revision ID: b3e9d4170c6a
Revises: b41d7e90c8a2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b3e9d4170c6a"
down_revision = "b41d7e90c8a2"
branch_labels = None
depends_on = None

TABLES = ("customers", "memberships", "sites")


def upgrade():
    for name in TABLES:
        op.add_column(name, sa.Column("answers", sa.JSON(), nullable=True))
        is_its = f"meta.owner_type = '{name}' AND meta.key = 'answers'"
        kept = f"SELECT meta.value FROM meta WHERE meta.owner_id = {name}.id AND {is_its}"
        op.execute(f"UPDATE {name} SET answers = ({kept}) WHERE id IN (SELECT owner_id FROM meta WHERE {is_its})")
        op.execute(f"DELETE FROM meta WHERE {is_its}")


def downgrade():
    for name in TABLES:
        kept = f"SELECT '{name}', id, 'answers', answers FROM {name} WHERE answers IS NOT NULL"
        op.execute(f"INSERT INTO meta (owner_type, owner_id, key, value) {kept}")
        op.drop_column(name, "answers")
