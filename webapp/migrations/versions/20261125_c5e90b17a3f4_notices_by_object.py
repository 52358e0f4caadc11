"""Find what a gateway told about one of its objects.

Revision ID: c5e90b17a3f4
Revises: a41be07d95c2
"""

from alembic import op

revision = "c5e90b17a3f4"
down_revision = "a41be07d95c2"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_inbound_events_object", "inbound_events", ["gateway", "object_reference"])


def downgrade():
    op.drop_index("ix_inbound_events_object", "inbound_events")
