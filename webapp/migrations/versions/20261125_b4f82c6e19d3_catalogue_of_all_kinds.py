"""Sell by any pricing type and in several currencies, and offer products beside a plan.

Revision ID: b4f82c6e19d3
Revises: d93b5e7a10c6
"""

import sqlalchemy as sa
from alembic import op

revision = "b4f82c6e19d3"
down_revision = "d93b5e7a10c6"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RECURRING = ("customer_choice", "force_recurring", "force_one_time")
PERIODS = "uq_price_variations_product_id_duration_duration_unit"
PERIODS_AND_CURRENCIES = "uq_price_variations_product_id_currency_duration_duration_unit"
# Each with what the rows that exist begin with.
PRODUCT = (
    ("stays_for_life", sa.Boolean(), sa.false()),
    ("product_group", sa.String(20), ""),
    ("available_addons", sa.JSON(), "[]"),
    ("image", sa.String(60), ""),
    ("image_width", NUMBER, "0"),
    ("image_height", NUMBER, "0"),
    ("contact_us_label", sa.String(80), ""),
    ("contact_us_link", sa.String(500), ""),
    ("pwyw_minimum_minor", NUMBER, "0"),
    ("pwyw_suggested_minor", NUMBER, "0"),
    ("pwyw_maximum_minor", NUMBER, "0"),
    ("pwyw_recurring_mode", sa.Enum(*RECURRING, name="pwywrecurring", native_enum=False, length=32), RECURRING[0]),
)


def upgrade():
    add("products", PRODUCT)
    add("price_variations", (("currency", sa.String(3), ""),))
    add("discount_codes", (("description", sa.Text(), ""),))
    with op.batch_alter_table("price_variations") as batch:
        batch.drop_constraint(PERIODS, type_="unique")
        batch.create_unique_constraint(PERIODS_AND_CURRENCIES, ["product_id", "currency", "duration", "duration_unit"])
    op.create_table(
        "currency_prices",
        sa.Column("product_id", NUMBER, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount_minor", NUMBER, nullable=False),
        sa.Column("setup_fee_minor", NUMBER, nullable=False),
        sa.Column("id", NUMBER, nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_currency_prices_amount")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_currency_prices_product_id_products"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_currency_prices")),
        sa.UniqueConstraint("product_id", "currency", name=op.f("uq_currency_prices_product_id_currency")),
    )


def add(table, columns):
    """Columns that are never empty."""
    with op.batch_alter_table(table) as batch:
        for name, kind, first in columns:
            batch.add_column(sa.Column(name, kind, nullable=False, server_default=first))
    with op.batch_alter_table(table) as batch:
        for name, kind, _first in columns:
            batch.alter_column(name, existing_type=kind, server_default=None)


def downgrade():
    op.drop_table("currency_prices")
    op.execute("DELETE FROM price_variations WHERE currency <> ''")
    with op.batch_alter_table("price_variations") as batch:
        batch.drop_constraint(PERIODS_AND_CURRENCIES, type_="unique")
        batch.create_unique_constraint(PERIODS, ["product_id", "duration", "duration_unit"])
        batch.drop_column("currency")
    with op.batch_alter_table("discount_codes") as batch:
        batch.drop_column("description")
    with op.batch_alter_table("products") as batch:
        for name, _kind, _first in PRODUCT:
            batch.drop_column(name)
