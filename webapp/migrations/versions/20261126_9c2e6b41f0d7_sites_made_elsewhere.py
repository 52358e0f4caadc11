"""Sites that another system makes: who makes one, what it is called there, where it answers, and what is waited for.

Revision ID: 9c2e6b41f0d7
Revises: 5b1c9e7d3a60
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp import extensions

revision = "9c2e6b41f0d7"
down_revision = "5b1c9e7d3a60"
branch_labels = None
depends_on = None

INSTANT = extensions.UTCDateTime()
TEXTS = (("provisioner", 40), ("address", 500), ("made_as", 200), ("job", 36))


def upgrade():
    for name, length in TEXTS:
        op.add_column("sites", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    op.add_column("sites", sa.Column("reference", sa.String(32)))
    op.add_column("sites", sa.Column("waits_since", INSTANT))
    op.add_column("sites", sa.Column("told_at", INSTANT))
    op.create_index("uq_sites_reference", "sites", ["reference"], unique=True)
    op.add_column("products", sa.Column("provisioner", sa.String(40), nullable=False, server_default=""))


def downgrade():
    op.drop_column("products", "provisioner")
    op.drop_index("uq_sites_reference", "sites")
    for name in ("told_at", "waits_since", "reference", "job", "made_as", "address", "provisioner"):
        op.drop_column("sites", name)
