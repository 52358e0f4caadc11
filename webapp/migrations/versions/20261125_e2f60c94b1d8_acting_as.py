"""acting as a customer

Revision ID: e2f60c94b1d8
Revises: b8d3f06a4e29
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "e2f60c94b1d8"
down_revision = "b8d3f06a4e29"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ACTING = sa.text("acting_as_id IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("user_sessions") as table:
        table.add_column(sa.Column("acting_as_id", NUMBER, nullable=True))
        table.add_column(sa.Column("acting_since", extensions.UTCDateTime(), nullable=True))
        table.create_foreign_key(
            "fk_user_sessions_acting_as_id_customers", "customers", ["acting_as_id"], ["id"], ondelete="SET NULL"
        )
        table.create_index(
            "ix_user_sessions_acting", ["acting_since"], sqlite_where=ACTING, postgresql_where=ACTING
        )


def downgrade() -> None:
    with op.batch_alter_table("user_sessions") as table:
        table.drop_index("ix_user_sessions_acting")
        table.drop_constraint("fk_user_sessions_acting_as_id_customers", type_="foreignkey")
        table.drop_column("acting_since")
        table.drop_column("acting_as_id")
