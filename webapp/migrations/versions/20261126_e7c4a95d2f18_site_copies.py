"""What a site showed before another template took its place.

Revision ID: e7c4a95d2f18
Revises: b60f27d9e1c4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "e7c4a95d2f18"
down_revision = "b60f27d9e1c4"
branch_labels = None
depends_on = None

INSTANT = extensions.UTCDateTime()


def upgrade():
    op.create_table(
        "site_copies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(80), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_copies_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_copies")),
    )
    op.create_index(op.f("ix_site_copies_site_id"), "site_copies", ["site_id"])
    op.create_index(op.f("ix_site_copies_until"), "site_copies", ["until"])


def downgrade():
    op.drop_table("site_copies")
