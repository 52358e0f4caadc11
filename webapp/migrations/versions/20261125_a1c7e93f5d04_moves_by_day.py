"""Find moves by day with an index that SQLite does not pass over for the one by object.

Revision ID: a1c7e93f5d04
Revises: e2f60c94b1d8
"""

import sqlalchemy as sa
from alembic import op

revision = "a1c7e93f5d04"
down_revision = "e2f60c94b1d8"
branch_labels = None
depends_on = None

KINDS = ("memberships", "refunds")


def upgrade():
    make("object_type || '' = '{kind}'")


def downgrade():
    make("object_type = '{kind}'")


def make(condition):
    for kind in KINDS:
        of = sa.text(condition.format(kind=kind))
        op.drop_index(f"ix_moves_of_{kind}", "moves")
        op.create_index(f"ix_moves_of_{kind}", "moves", ["at"], sqlite_where=of, postgresql_where=of)
