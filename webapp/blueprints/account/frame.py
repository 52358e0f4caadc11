"""What stands around every page of the account: its tabs, and what is unpaid."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from webapp.blueprints import access
from webapp.domain import dues


def context() -> dict[str, Any]:
    """For `base_account.html`. Nothing for whoever was not let in: a refusal tells them nothing."""
    customer_id = access.customer_id()
    if customer_id is None:
        return {}
    return {"account_tabs": tabs(), "dues": dues.of_customer(customer_id), "unconfirmed": unconfirmed()}


def unconfirmed() -> str | None:
    """The address that the customer has yet to confirm."""
    customer = access.current_customer()
    return None if customer is None or customer.is_verified else str(customer.email)


def tabs() -> list[dict[str, Any]]:
    """The rooms of the account; a page of memberships belongs to the overview."""
    rooms = [
        (_("Overview"), url_for("account.overview"), ("overview", "memberships", "sites")),
        (_("Payments"), url_for("account.list_payments"), ("payments",)),
        (_("Invoices"), url_for("account.list_invoices"), ("invoices",)),
        (_("Payment methods"), url_for("account.list_payment_methods"), ("payment-methods",)),
        (_("Messages"), url_for("account.list_messages"), ("messages",)),
        (_("Profile"), url_for("account.show_profile"), ("profile", "data", "deletion")),
    ]
    if access.acted_as() is None:  # how they sign in is the customer's own business
        rooms.append((_("Security"), url_for("security.show"), ("security",)))
    here = request.path.removeprefix("/account").strip("/").partition("/")[0] or "overview"
    return [{"label": label, "url": url, "current": here in places} for label, url, places in rooms]
