"""Let PostgreSQL find by an index what begins with what was typed, however its database sorts.

Revision ID: d93b5e7a10c6
Revises: a1c7e93f5d04
"""

from alembic import op

revision = "d93b5e7a10c6"
down_revision = "a1c7e93f5d04"
branch_labels = None
depends_on = None

COLUMNS = (
    ("users", "email_key"),
    ("customers", "email"),
    ("memberships", "reference"),
    ("payments", "reference"),
    ("sites", "slug"),
    ("events", "type"),
    ("mails", "to_address"),
)


def upgrade():
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column in COLUMNS:
        op.create_index(
            f"ix_{table}_{column}_beginning", table, [column], postgresql_ops={column: "varchar_pattern_ops"}
        )


def downgrade():
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column in COLUMNS:
        op.drop_index(f"ix_{table}_{column}_beginning", table)
