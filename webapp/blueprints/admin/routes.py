"""The network admin: what happened, and what an operator can do about it. A module per noun."""

from __future__ import annotations

from webapp.blueprints.admin import (
    add_ons,
    audit,
    bulk,
    components,
    connections,
    customers,
    dashboard,
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

__all__ = [
    "add_ons",
    "audit",
    "bp",
    "bulk",
    "components",
    "connections",
    "customers",
    "dashboard",
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
