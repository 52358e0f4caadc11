"""Find customers by any word of their name or company.

Revision ID: f7d1b95e30a8
Revises: f0a6c41d87b2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f7d1b95e30a8"
down_revision = "f0a6c41d87b2"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONGEST_WORD = 80
AT_ONCE = 5000
CUSTOMERS = sa.text(
    "SELECT id, display_name, company_name FROM customers WHERE id > :after ORDER BY id LIMIT :number"
)
WORDS = sa.text("INSERT INTO name_words (customer_id, word) VALUES (:customer_id, :word)")


def upgrade():
    op.create_table(
        "name_words",
        sa.Column("customer_id", NUMBER, sa.ForeignKey("customers.id"), primary_key=True),
        sa.Column("word", sa.String(LONGEST_WORD), primary_key=True),
    )
    backfill(op.get_bind())
    op.create_index(
        "ix_name_words_word", "name_words", ["word", "customer_id"], postgresql_ops={"word": "varchar_pattern_ops"}
    )


def backfill(connection):
    """The words of everybody who is there, some thousand customers at a time: no database splits as Python does."""
    after = 0
    while found := connection.execute(CUSTOMERS, {"after": after, "number": AT_ONCE}).all():
        words = [{"customer_id": one.id, "word": word} for one in found for word in words_of(one)]
        if words:
            connection.execute(WORDS, words)
        after = found[-1].id


def words_of(customer):
    names = f"{customer.display_name} {customer.company_name}"
    return dict.fromkeys(one[:LONGEST_WORD] for one in names.lower().split())


def downgrade():
    op.drop_table("name_words")
