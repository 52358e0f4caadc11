"""Addresses that sites had before, and sites that do not stand where they are made as they should.

Revision ID: 7d3f1a90c2e4
Revises: 9c2e6b41f0d7
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "7d3f1a90c2e4"
down_revision = "9c2e6b41f0d7"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NOT_AS_WANTED = sa.text(
    "problem <> '' AND job <> '' AND provisioner NOT IN ('', 'built-in') "
    "AND status NOT IN ('requested', 'creating', 'failed')"
)


def upgrade() -> None:
    op.create_table(
        "former_addresses",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("site_id", NUMBER, sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("slug", sa.String(63), nullable=False, unique=True),
        sa.Column("until", extensions.UTCDateTime(), nullable=False),
    )
    op.create_index("ix_former_addresses_site_id", "former_addresses", ["site_id"])
    op.create_index("ix_former_addresses_until", "former_addresses", ["until"])
    op.create_index(
        "ix_sites_not_as_wanted", "sites", ["id"], sqlite_where=NOT_AS_WANTED, postgresql_where=NOT_AS_WANTED
    )


def downgrade() -> None:
    op.drop_index("ix_sites_not_as_wanted", "sites")
    op.drop_table("former_addresses")
