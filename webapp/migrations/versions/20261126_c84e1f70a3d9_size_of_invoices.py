"""Note how large the PDF of an invoice is, for the words of its link.

Revision ID: c84e1f70a3d9
Revises: 5d20c9e7b1f4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c84e1f70a3d9"
down_revision = "5d20c9e7b1f4"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.add_column("invoices", sa.Column("pdf_bytes", NUMBER))


def downgrade():
    op.drop_column("invoices", "pdf_bytes")
