"""Reckon tax: rates, what they came to on each line, and what it was decided on.

Revision ID: c19e7d4a06f5
Revises: b4f82c6e19d3
"""

import sqlalchemy as sa
from alembic import op

from webapp.extensions import ExactDecimal, UTCDateTime

revision = "c19e7d4a06f5"
down_revision = "b4f82c6e19d3"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LINES = ("product", "fee", "credit", "adjustment")


def words(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def upgrade():
    op.create_table(
        "tax_rates",
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("state", sa.String(200), nullable=False),
        sa.Column("city", sa.String(200), nullable=False),
        sa.Column("rate", ExactDecimal(), nullable=False),
        sa.Column("priority", NUMBER, nullable=False),
        sa.Column("compound", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rates")),
    )
    op.create_index("ix_tax_rates_listed", "tax_rates", ["category", "country", "id"])
    op.create_table(
        "tax_id_checks",
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("status", words("taxidstatus", "asked", "valid", "invalid", "unanswered"), nullable=False),
        sa.Column("consultation", sa.String(80), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("answered_at", UTCDateTime()),
        sa.Column("next_at", UTCDateTime()),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("problem", sa.String(300), nullable=False),
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_id_checks")),
        sa.UniqueConstraint("number", name=op.f("uq_tax_id_checks_number")),
    )
    due = sa.text("next_at IS NOT NULL")
    op.create_index("ix_tax_id_checks_due", "tax_id_checks", ["next_at"], sqlite_where=due, postgresql_where=due)
    begin_with("line_items", sa.Column("tax_category", sa.String(40), nullable=False, server_default=""))
    begin_with("line_items", sa.Column("taxes", sa.JSON(), nullable=False, server_default="[]"))
    begin_with(
        "membership_items", sa.Column("type", words("linetype", *LINES), nullable=False, server_default="product")
    )
    with op.batch_alter_table("payments") as batch:
        batch.add_column(sa.Column("tax_evidence", sa.JSON()))
        batch.add_column(sa.Column("tax_doubt", words("taxdoubt", "open", "refundable")))
        batch.add_column(sa.Column("tax_check_id", NUMBER))
        batch.create_foreign_key(
            op.f("fk_payments_tax_check_id_tax_id_checks"), "tax_id_checks", ["tax_check_id"], ["id"]
        )
    doubted = sa.text("tax_doubt IS NOT NULL")
    op.create_index(
        "ix_payments_doubted", "payments", ["tax_check_id"], sqlite_where=doubted, postgresql_where=doubted
    )


def begin_with(table, column):
    """A column that is never empty; the rows that exist begin with its server default."""
    name, kind = column.name, column.type
    with op.batch_alter_table(table) as batch:
        batch.add_column(column)
    with op.batch_alter_table(table) as batch:
        batch.alter_column(name, existing_type=kind, server_default=None)


def downgrade():
    op.drop_index("ix_payments_doubted", "payments")
    with op.batch_alter_table("payments") as batch:
        batch.drop_constraint("fk_payments_tax_check_id_tax_id_checks", type_="foreignkey")
        for name in ("tax_check_id", "tax_doubt", "tax_evidence"):
            batch.drop_column(name)
    with op.batch_alter_table("membership_items") as batch:
        batch.drop_column("type")
    with op.batch_alter_table("line_items") as batch:
        batch.drop_column("taxes")
        batch.drop_column("tax_category")
    op.drop_table("tax_id_checks")
    op.drop_table("tax_rates")
