"""money back, credit balances and invoices

Revision ID: 5b0d7e39c1a4
Revises: f7d1b95e30a8
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "5b0d7e39c1a4"
down_revision = "f7d1b95e30a8"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = extensions.UTCDateTime()


def kind(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    begin_refunds()
    begin_disputes()
    begin_credit()
    begin_invoices()


def begin_refunds() -> None:
    with op.batch_alter_table("payments") as batch_op:
        batch_op.add_column(sa.Column("credit_minor", NUMBER, nullable=False, server_default="0"))
        batch_op.create_check_constraint(op.f("ck_payments_credit"), "credit_minor BETWEEN 0 AND total_minor")
    new = (
        sa.Column("kind", kind("refundkind", "amount", "tax"), nullable=False, server_default="amount"),
        sa.Column("credit_minor", NUMBER, nullable=False, server_default="0"),
        sa.Column("actor", sa.String(64), nullable=False, server_default=""),
        sa.Column("parts", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("ends_membership", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("by_hand", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("gateway", sa.String(40), nullable=False, server_default=""),
        sa.Column("problem", sa.String(300), nullable=False, server_default=""),
        sa.Column("ask_at", INSTANT, nullable=True),
        sa.Column("asked", NUMBER, nullable=False, server_default="0"),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("puzzles_since", INSTANT, nullable=True),
    )
    with op.batch_alter_table("refunds") as batch_op:
        for column in new:
            batch_op.add_column(column)
        batch_op.create_check_constraint(op.f("ck_refunds_credit"), "credit_minor BETWEEN 0 AND amount_minor")
        batch_op.create_unique_constraint(op.f("uq_refunds_gateway_gateway_reference"), ["gateway", "gateway_reference"])
    op.create_index("ix_refunds_unsettled", "refunds", ["ask_at"], **where("status = 'pending'"))
    op.create_index("ix_refunds_puzzling", "refunds", ["puzzles_since"], **where("puzzles_since IS NOT NULL"))
    manner = kind("refundmanner", "at-once", "refused", "lost", "late", "bounced")
    with op.batch_alter_table("sandbox_charges") as batch_op:
        batch_op.add_column(sa.Column("refunds", manner, nullable=False, server_default="at-once"))
    with op.batch_alter_table("sandbox_refunds") as batch_op:
        batch_op.add_column(sa.Column("bounces", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("settled_at", INSTANT, nullable=True))


def begin_disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("payment_id", NUMBER, sa.ForeignKey("payments.id", ondelete="CASCADE"), nullable=False),
        sa.Column("gateway", sa.String(40), nullable=False),
        sa.Column("gateway_reference", sa.String(255), nullable=False),
        sa.Column("amount_minor", NUMBER, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("status", kind("disputestatus", "open", "won", "lost"), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.UniqueConstraint("gateway", "gateway_reference"),
    )
    op.create_index(op.f("ix_disputes_payment_id"), "disputes", ["payment_id"])
    op.create_index("ix_disputes_open", "disputes", ["created_at"], **where("status = 'open'"))


def begin_credit() -> None:
    op.create_table(
        "credit_balances",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("customer_id", NUMBER, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("balance_minor", NUMBER, nullable=False),
        sa.CheckConstraint("balance_minor >= 0", name="balance"),
    )
    op.create_index("uq_credit_balances_customer", "credit_balances", ["customer_id", "currency"], unique=True)
    kinds = ("surplus", "goodwill", "refund", "returned", "used", "correction")
    op.create_table(
        "credit_movements",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("customer_id", NUMBER, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount_minor", NUMBER, nullable=False),
        sa.Column("kind", kind("creditkind", *kinds), nullable=False),
        sa.Column("payment_id", NUMBER, sa.ForeignKey("payments.id"), nullable=True),
        sa.Column("refund_id", NUMBER, sa.ForeignKey("refunds.id"), nullable=True),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name="amount"),
    )
    op.create_index("ix_credit_movements_customer", "credit_movements", ["customer_id", "id"])
    op.create_index("ix_credit_movements_payment", "credit_movements", ["payment_id"])


def begin_invoices() -> None:
    op.create_table(
        "invoice_sequences",
        sa.Column("entity", sa.String(40), primary_key=True),
        sa.Column("next_number", NUMBER, nullable=False),
    )
    op.create_table(
        "invoices",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("reference", sa.String(32), nullable=False, unique=True),
        sa.Column("kind", kind("invoicekind", "invoice", "credit-note"), nullable=False),
        sa.Column("entity", sa.String(40), nullable=False),
        sa.Column("sequence_number", NUMBER, nullable=False),
        sa.Column("number", sa.String(80), nullable=False, unique=True),
        sa.Column("customer_id", NUMBER, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("payment_id", NUMBER, sa.ForeignKey("payments.id"), nullable=False),
        sa.Column("refund_id", NUMBER, sa.ForeignKey("refunds.id"), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("total_minor", NUMBER, nullable=False),
        sa.Column("tax_minor", NUMBER, nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.UniqueConstraint("entity", "sequence_number"),
        sa.UniqueConstraint("refund_id", "kind"),
    )
    op.create_index("uq_invoices_payment", "invoices", ["payment_id"], unique=True, **where("refund_id IS NULL"))
    op.create_index("ix_invoices_payment", "invoices", ["payment_id", "id"])
    op.create_index("ix_invoices_customer", "invoices", ["customer_id", "id"])
    op.create_index("ix_invoices_kind", "invoices", ["kind", "id"])
    op.create_index("ix_invoices_issued", "invoices", ["issued_at", "id"])
    op.create_index("ix_invoices_amount", "invoices", ["total_minor", "id"])
    if op.get_bind().dialect.name == "postgresql":
        operators = {"number": "varchar_pattern_ops"}
        op.create_index("ix_invoices_number_beginning", "invoices", ["number"], postgresql_ops=operators)


def downgrade() -> None:
    for table in ("invoices", "invoice_sequences", "credit_movements", "credit_balances", "disputes"):
        op.drop_table(table)
    with op.batch_alter_table("sandbox_refunds") as batch_op:
        batch_op.drop_column("settled_at")
        batch_op.drop_column("bounces")
    with op.batch_alter_table("sandbox_charges") as batch_op:
        batch_op.drop_column("refunds")
    op.drop_index("ix_refunds_puzzling", "refunds")
    op.drop_index("ix_refunds_unsettled", "refunds")
    gone = ("kind", "credit_minor", "actor", "parts", "ends_membership", "by_hand", "gateway", "problem", "ask_at")
    with op.batch_alter_table("refunds") as batch_op:
        batch_op.drop_constraint(op.f("uq_refunds_gateway_gateway_reference"), type_="unique")
        batch_op.drop_constraint(op.f("ck_refunds_credit"), type_="check")
        for name in (*gone, "asked", "settled_at", "puzzles_since"):
            batch_op.drop_column(name)
    with op.batch_alter_table("payments") as batch_op:
        batch_op.drop_constraint(op.f("ck_payments_credit"), type_="check")
        batch_op.drop_column("credit_minor")
