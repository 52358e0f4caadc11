"""What was counted in a change, and since when a membership is unpaid.

Changes that were made before have counted their unused time, and nobody noted of which payment: as much is noted as can
be told, of the payments that a change ended, the newest first.

Revision ID: a91c5e7d20f4
Revises: 9b41d7c3e0a2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "a91c5e7d20f4"
down_revision = "9b41d7c3e0a2"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CHANGES = sa.text("""SELECT payments.membership_id, payments.covers_from, -sum(line_items.total_minor)
    FROM payments JOIN line_items ON line_items.payment_id = payments.id AND line_items.type = 'proration'
    WHERE payments.kind = 'change' AND payments.covers_from IS NOT NULL
    GROUP BY payments.id, payments.membership_id, payments.covers_from ORDER BY payments.id""")
ENDED = sa.text("""SELECT id, total_minor - counted_minor FROM payments
    WHERE membership_id = :membership AND covers_from < :begun AND covers_until > :begun
    AND status IN ('completed', 'partially-refunded', 'refunded') ORDER BY id DESC""")
COUNT = sa.text("UPDATE payments SET counted_minor = counted_minor + :part WHERE id = :payment")


def upgrade():
    op.add_column("payments", sa.Column("counted_minor", NUMBER, nullable=False, server_default="0"))
    op.add_column("changes", sa.Column("counted", sa.JSON(), nullable=False, server_default="{}"))
    for name in ("unpaid_since", "failed_at"):
        op.add_column("memberships", sa.Column(name, extensions.UTCDateTime(), nullable=True))
    note_what_was_counted(op.get_bind())


def note_what_was_counted(connection):
    for membership, begun, counted in connection.execute(CHANGES).all():
        for payment, room in connection.execute(ENDED, {"membership": membership, "begun": begun}).all():
            part = min(counted, room)
            if part > 0:
                connection.execute(COUNT, {"part": part, "payment": payment})
                counted -= part


def downgrade():
    for name in ("failed_at", "unpaid_since"):
        op.drop_column("memberships", name)
    op.drop_column("changes", "counted")
    op.drop_column("payments", "counted_minor")
