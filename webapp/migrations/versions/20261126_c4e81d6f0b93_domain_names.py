"""Customers' own domains.

Revision ID: c4e81d6f0b93
Revises: b3d81c5e7f20
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "c4e81d6f0b93"
down_revision = "b3d81c5e7f20"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = extensions.UTCDateTime()
STATUS = sa.Enum("waiting", "active", "failing", "given-up", native_enum=False, length=32, name="domainstatus")
SERVES = sa.text("status IN ('active', 'failing')")


def upgrade() -> None:
    op.create_table(
        "domain_names",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("site_id", NUMBER, sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("name", sa.String(253), nullable=False),
        sa.Column("status", STATUS, nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("becomes_main", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.String(32), nullable=False),
        sa.Column("token_problem", sa.String(32), nullable=False),
        sa.Column("found", sa.String(300), nullable=False),
        sa.Column("proxied", sa.Boolean(), nullable=False),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("waits_since", INSTANT),
        sa.Column("failing_since", INSTANT),
        sa.Column("asked_at", INSTANT),
        sa.Column("checked_at", INSTANT),
        sa.Column("verified_at", INSTANT),
        sa.Column("secure_at", INSTANT),
        sa.Column("next_check_at", INSTANT),
        sa.UniqueConstraint("site_id", "name"),
    )
    op.create_index(
        "uq_domain_names_served", "domain_names", ["name"], unique=True, sqlite_where=SERVES, postgresql_where=SERVES
    )
    op.create_index("ix_domain_names_name", "domain_names", ["name", "id"])
    op.create_index("ix_domain_names_status", "domain_names", ["status", "created_at", "id"])
    op.create_index("ix_domain_names_created", "domain_names", ["created_at", "id"])
    op.create_index("ix_domain_names_next_check_at", "domain_names", ["next_check_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_domain_names_name_beginning",
            "domain_names",
            ["name"],
            postgresql_ops={"name": "varchar_pattern_ops"},
        )
    op.add_column("sites", sa.Column("main_domain", sa.String(253), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("sites") as table:
        table.drop_column("main_domain")
    op.drop_table("domain_names")
