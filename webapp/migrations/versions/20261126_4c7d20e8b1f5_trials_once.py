"""The mailbox behind each address, and who has had a trial: once for each customer, mailbox and card.

Revision ID: 4c7d20e8b1f5
Revises: a91c5e7d20f4
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "4c7d20e8b1f5"
down_revision = "a91c5e7d20f4"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = extensions.UTCDateTime()
AT_ONCE = 5000
ADDRESSES = sa.text("SELECT id, email FROM customers WHERE id > :after ORDER BY id LIMIT :number")
MAILBOX = sa.text("UPDATE customers SET mailbox = :mailbox WHERE id = :id")
TRIALS = sa.text("""SELECT memberships.id, customer_id, mailbox, activated_at
    FROM memberships JOIN customers ON customers.id = customer_id
    WHERE memberships.id > :after AND activated_at IS NOT NULL AND trial_ends_at IS NOT NULL
    ORDER BY memberships.id LIMIT :number""")
CLAIM = sa.text("""INSERT INTO trial_claims (known_by, key, customer_id, membership_id, created_at)
    VALUES (:known_by, :key, :customer_id, :membership_id, :created_at) ON CONFLICT (known_by, key) DO NOTHING""")


def upgrade():
    op.add_column("customers", sa.Column("mailbox", sa.String(320), nullable=False, server_default=""))
    fill_mailboxes(op.get_bind())
    op.create_index("ix_customers_mailbox", "customers", ["mailbox"])
    op.create_table(
        "trial_claims",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("known_by", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("customer_id", NUMBER, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("membership_id", NUMBER, sa.ForeignKey("memberships.id"), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_index("uq_trial_claims_key", "trial_claims", ["known_by", "key"], unique=True)
    for name in ("customer_id", "membership_id"):
        op.create_index(f"ix_trial_claims_{name}", "trial_claims", [name])
    claim_trials(op.get_bind())


def fill_mailboxes(connection):
    """Some thousand customers at a time: no database takes addresses apart as Python does."""
    for found in in_batches(connection, ADDRESSES):
        connection.execute(MAILBOX, [{"id": one.id, "mailbox": mailbox_of(one.email)} for one in found])


def claim_trials(connection):
    """Those that began, the oldest of each person."""
    for found in in_batches(connection, TRIALS):
        connection.execute(CLAIM, [claim for one in found for claim in claims_of(one)])


def in_batches(connection, query):
    after = 0
    while found := connection.execute(query, {"after": after, "number": AT_ONCE}).all():
        yield found
        after = found[-1].id


def claims_of(trial):
    for known_by, what in (("customer", trial.customer_id), ("mailbox", trial.mailbox)):
        yield {
            "known_by": known_by,
            "key": hashlib.sha256(f"{known_by}:{what}".encode()).hexdigest(),
            "customer_id": trial.customer_id,
            "membership_id": trial.id,
            "created_at": trial.activated_at,
        }


def mailbox_of(address):
    local, _at, domain = address.strip().lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        pass
    return f"{local}@{domain}"[:320]


def downgrade():
    op.drop_table("trial_claims")
    op.drop_index("ix_customers_mailbox", "customers")
    op.drop_column("customers", "mailbox")
