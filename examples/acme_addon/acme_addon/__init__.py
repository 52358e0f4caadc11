"""An add-on that ties a network to Acme, an invented company with a CRM, statistics and payments.

It does all that the integration guide speaks of. To make your own, copy the folder and replace what is Acme's:
`client.py` (how Acme is called), `listeners.py` (what it is told), `pay.py` (a way to be paid), `incoming.py`
(what it tells us).
"""

from __future__ import annotations

from types import ModuleType

from flask import Flask

from acme_addon import incoming, listeners
from acme_addon.client import Acme
from acme_addon.pay import AcmePay
from webapp.endpoints import register_endpoint
from webapp.gateways import Factory

__version__ = "1.0.0"


def register(app: Flask, hooks: ModuleType) -> None:
    """Called once, at the start. Raises KeyError when a variable is missing; then the add-on is left out."""
    env = app.extensions["settings"].env
    app.extensions["acme"] = Acme(env["ACME_API_BASE"], env["ACME_API_KEY"])

    hooks.add_action("wu_customer_post_create", listeners.sync_customer_to_crm, background=True)
    hooks.add_action("wu_checkout_completed", listeners.track_conversion, 10, 3, background=True)
    hooks.add_action("wu_membership_status_to_cancelled", listeners.track_churn, background=True)
    hooks.add_action("wu_payment_failed", listeners.track_payment_failure, background=True)
    hooks.add_filter("wu_payment_gateways", add_gateway)
    register_endpoint(
        app,
        addon="acme",
        path="crm",
        secret=env["ACME_WEBHOOK_SECRET"].split(","),
        handlers={
            "customer.updated": incoming.update_customer,
            "subscription.cancelled": incoming.cancel_membership,
        },
        id_field="id",
    )


def add_gateway(gateways: dict[str, Factory]) -> dict[str, Factory]:
    return {**gateways, AcmePay.id: AcmePay}
