"""Tell two people apart who edit one product, and find what a product was sold in.

Revision ID: 2b6f81d09ce5
Revises: e4b7a1c93d52
"""

import sqlalchemy as sa
from alembic import op

revision = "2b6f81d09ce5"
down_revision = "e4b7a1c93d52"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    for table in ("products", "discount_codes"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("version", NUMBER, nullable=False, server_default="1"))
        with op.batch_alter_table(table) as batch:
            batch.alter_column("version", existing_type=NUMBER, server_default=None)
    op.create_index("ix_products_ordered", "products", ["list_order", "id"])
    op.create_index("ix_products_name", "products", ["name"])
    op.create_index("ix_membership_items_product_id", "membership_items", ["product_id"])
    op.create_index("ix_line_items_product_id", "line_items", ["product_id"])


def downgrade():
    op.drop_index("ix_line_items_product_id", "line_items")
    op.drop_index("ix_membership_items_product_id", "membership_items")
    op.drop_index("ix_products_name", "products")
    op.drop_index("ix_products_ordered", "products")
    for table in ("products", "discount_codes"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("version")
