"""Keep what sites hold for a while after they are shown no more, and warn before it is deleted.

Revision ID: 7e3a90b5c2d4
Revises: c84e1f70a3d9
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "7e3a90b5c2d4"
down_revision = "c84e1f70a3d9"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = extensions.UTCDateTime()
KEPT = sa.text("next_step_at IS NOT NULL")
BEGIN = sa.text("""UPDATE sites SET delete_at = :day, next_step_at = :warning
    WHERE published_at IS NOT NULL AND (status = 'archived' OR status = 'suspended'
        AND membership_id IN (SELECT id FROM memberships WHERE status IN ('expired', 'cancelled')))""")


def upgrade():
    op.add_column("sites", sa.Column("delete_at", INSTANT))
    op.add_column("sites", sa.Column("warned", NUMBER, nullable=False, server_default="0"))
    op.add_column("sites", sa.Column("next_step_at", INSTANT))
    begin_to_count(datetime.now(UTC))
    op.create_index("ix_sites_next_step", "sites", ["next_step_at"], sqlite_where=KEPT, postgresql_where=KEPT)


def begin_to_count(now):
    """What nobody sees by now is kept for as long as what is taken away today."""
    days = {"day": now + timedelta(days=90), "warning": now + timedelta(days=60)}
    begin = BEGIN.bindparams(sa.bindparam("day", type_=INSTANT), sa.bindparam("warning", type_=INSTANT))
    op.get_bind().execute(begin, days)


def downgrade():
    op.drop_index("ix_sites_next_step", "sites")
    for name in ("next_step_at", "warned", "delete_at"):
        op.drop_column("sites", name)
