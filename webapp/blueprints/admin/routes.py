"""The network admin: what happened, and what an operator can do about it. A module per noun."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from webapp.blueprints.access import needs
from webapp.blueprints.admin import (
    add_ons,
    audit,
    bulk,
    components,
    connections,
    customers,
    declarations,
    deliveries,
    events,
    everywhere,
    hooks,
    inbound_events,
    jobs,
    memberships,
    payments,
    product_edit,
    product_steps,
    products,
    settings,
    sites,
)
from webapp.blueprints.admin.base import bp
from webapp.blueprints.views import go_to
from webapp.domain.staff import Capability

__all__ = [
    "add_ons",
    "audit",
    "bp",
    "bulk",
    "components",
    "connections",
    "customers",
    "declarations",
    "deliveries",
    "events",
    "everywhere",
    "hooks",
    "inbound_events",
    "jobs",
    "memberships",
    "payments",
    "product_edit",
    "product_steps",
    "products",
    "settings",
    "sites",
]


@bp.get("/")
@needs(Capability.CUSTOMERS_VIEW)
def dashboard() -> ResponseReturnValue:
    return go_to(url_for("admin.list_customers"))
