"""refunds that need a person are found by an index

Revision ID: 8a3f51c7d0e6
Revises: e6a19c3d7f58
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8a3f51c7d0e6"
down_revision = "e6a19c3d7f58"
branch_labels = None
depends_on = None

FOR_A_PERSON = sa.text("status = 'pending' AND by_hand OR puzzles_since IS NOT NULL")
PUZZLING = sa.text("puzzles_since IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_refunds_puzzling", "refunds")
    op.create_index(
        "ix_refunds_for_a_person", "refunds", ["id"], sqlite_where=FOR_A_PERSON, postgresql_where=FOR_A_PERSON
    )


def downgrade() -> None:
    op.drop_index("ix_refunds_for_a_person", "refunds")
    op.create_index(
        "ix_refunds_puzzling", "refunds", ["puzzles_since"], sqlite_where=PUZZLING, postgresql_where=PUZZLING
    )
