"""The REST API: each resource in a module of its own."""

from __future__ import annotations

from webapp.blueprints.api import (
    carts,
    checkout_forms,
    discount_codes,
    domains,
    entitlements,
    memberships,
    payments,
    products,
    settings,
    sites,
    tax_rates,
)
from webapp.blueprints.api.operations import bp

__all__ = [
    "bp",
    "carts",
    "checkout_forms",
    "discount_codes",
    "domains",
    "entitlements",
    "memberships",
    "payments",
    "products",
    "settings",
    "sites",
    "tax_rates",
]
