"""bulk jobs

Revision ID: e4b7a1c93d52
Revises: 7b9d3e52c0f4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "e4b7a1c93d52"
down_revision = "7b9d3e52c0f4"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNFINISHED = sa.text("status = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "bulk_jobs",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("user_id", NUMBER, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("noun", sa.String(32), nullable=False),
        sa.Column(
            "status",
            sa.Enum("waiting", "done", "stopped", name="bulkstatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("total", NUMBER, nullable=False),
        sa.Column("done", NUMBER, nullable=False),
        sa.Column("skipped", NUMBER, nullable=False),
        sa.Column("failed", NUMBER, nullable=False),
        sa.Column("cursor", NUMBER, nullable=False),
        sa.Column("problem", sa.String(300), nullable=False),
        sa.Column("lease", sa.String(36), nullable=True),
        sa.Column("next_at", extensions.UTCDateTime(), nullable=False),
        sa.Column("created_at", extensions.UTCDateTime(), nullable=False),
        sa.Column("finished_at", extensions.UTCDateTime(), nullable=True),
        sa.Column("seen_at", extensions.UTCDateTime(), nullable=True),
    )
    op.create_index(
        "ix_bulk_jobs_due",
        "bulk_jobs",
        ["next_at", "id"],
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )
    op.create_index("ix_bulk_jobs_user", "bulk_jobs", ["user_id", "id"])
    op.create_index("ix_bulk_jobs_finished_at", "bulk_jobs", ["finished_at"])
    op.create_table(
        "bulk_items",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("job_id", NUMBER, sa.ForeignKey("bulk_jobs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("object_id", NUMBER, nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("skipped", "failed", name="bulkoutcome", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
    )
    op.create_index("ix_bulk_items_job", "bulk_items", ["job_id", "id"])
    op.create_table(
        "export_parts",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("job_id", NUMBER, sa.ForeignKey("bulk_jobs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.UniqueConstraint("job_id", "number"),
    )
    with op.batch_alter_table("sites") as table:
        table.add_column(sa.Column("held_at", extensions.UTCDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sites") as table:
        table.drop_column("held_at")
    op.drop_table("export_parts")
    op.drop_table("bulk_items")
    op.drop_table("bulk_jobs")
