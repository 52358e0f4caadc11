"""The customer's own pages: what they have, what it costs, and when it is charged. A module per noun."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from webapp.blueprints.account import (
    changes,
    domains,
    memberships,
    messages,
    own_data,
    payment_methods,
    payments,
    profile,
    site_adding,
    site_archive,
    site_files,
    site_pictures,
    site_previews,
    site_renaming,
    site_switching,
    site_transfers,
    sites,
)
from webapp.blueprints.account.base import bp, customer
from webapp.blueprints.views import View
from webapp.domain import memberships as agreements
from webapp.models import MembershipStatus

__all__ = [
    "bp",
    "changes",
    "domains",
    "memberships",
    "messages",
    "own_data",
    "payment_methods",
    "payments",
    "profile",
    "site_adding",
    "site_archive",
    "site_files",
    "site_pictures",
    "site_previews",
    "site_renaming",
    "site_switching",
    "site_transfers",
    "sites",
]

overview_view = View("account/overview.html")
OVER = (MembershipStatus.CANCELLED, MembershipStatus.EXPIRED)


@bp.get("/")
def overview() -> ResponseReturnValue:
    own = agreements.of_customer(customer().id)
    return overview_view.show(
        running=[one for one in own if one.status not in OVER],
        ended=[one for one in own if one.status in OVER],
    )
