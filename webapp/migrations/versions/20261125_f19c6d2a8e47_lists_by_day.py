"""Find the rows of a day, a status, a plan or a gateway in their order.

Revision ID: f19c6d2a8e47
Revises: 2b6f81d09ce5
"""

from alembic import op

revision = "f19c6d2a8e47"
down_revision = "2b6f81d09ce5"
branch_labels = None
depends_on = None

NEW = (
    ("ix_customers_name", "customers", ["display_name", "id"]),
    ("ix_memberships_created", "memberships", ["created_at", "id"]),
    ("ix_memberships_plan", "memberships", ["plan_id", "created_at", "id"]),
    ("ix_memberships_gateway", "memberships", ["gateway", "created_at", "id"]),
    ("ix_payments_created", "payments", ["created_at", "id"]),
    ("ix_payments_gateway", "payments", ["gateway", "created_at", "id"]),
    ("ix_payments_amount", "payments", ["total_minor", "id"]),
    ("ix_sites_created", "sites", ["created_at", "id"]),
    ("ix_sites_address", "sites", ["slug", "id"]),
)
LONGER = ("memberships", "payments", "sites")


def upgrade():
    for name, table, columns in NEW:
        op.create_index(name, table, columns)
    for table in LONGER:
        op.drop_index(f"ix_{table}_status", table)
        op.create_index(f"ix_{table}_status", table, ["status", "created_at", "id"])
    op.drop_index("ix_memberships_plan_id", "memberships")


def downgrade():
    op.create_index("ix_memberships_plan_id", "memberships", ["plan_id"])
    for table in LONGER:
        op.drop_index(f"ix_{table}_status", table)
        op.create_index(f"ix_{table}_status", table, ["status", "id"])
    for name, table, _columns in NEW:
        op.drop_index(name, table)
