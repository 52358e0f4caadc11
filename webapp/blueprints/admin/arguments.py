"""What a delivery hands to its callback, in words; rows as links to their pages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from webapp.blueprints.admin import words
from webapp.domain.references import MARK
from webapp.hooks import registry
from webapp.models import Delivery
from webapp.money import Money

PAGES = {
    "customers": ("admin.show_customer", "customer_id"),
    "memberships": ("admin.show_membership", "membership_id"),
    "payments": ("admin.show_payment", "payment_id"),
    "sites": ("admin.show_site", "site_id"),
    "domain_names": ("admin.show_domain", "domain_id"),
    "deliveries": ("admin.show_delivery", "delivery_id"),
    "mails": ("admin.show_email", "mail_id"),
    "inbound_events": ("admin.show_inbound_event", "inbound_event_id"),
    "bulk_jobs": ("admin.show_job", "job_id"),
    "products": ("admin.show_product", "product_id"),
    "discount_codes": ("admin.show_discount_code", "code_id"),
    "declarations": ("admin.show_declaration", "declaration_id"),
}


@dataclass(frozen=True, slots=True)
class Argument:
    """`url` leads to the row it refers to, where that has a page."""

    name: str
    text: str
    url: str | None = None
    money: Money | None = None


def arguments_of(delivery: Delivery) -> list[Argument]:
    """In order; named as the hook's declaration names them."""
    hook = registry.actions.get(delivery.hook)
    names = list(hook.args) if hook else []
    names += [_("argument %(number)s", number=place) for place in range(len(names) + 1, len(delivery.arguments) + 1)]
    return [_shown(name, value) for name, value in zip(names, delivery.arguments, strict=False)]


def _shown(name: str, value: Any) -> Argument:
    if not isinstance(value, dict) or MARK not in value:
        return Argument(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    kind, *rest = value[MARK]
    if kind == "row":
        return _reference(name, *rest)
    return Argument(name, " ".join(map(str, rest)), money=Money(*rest) if kind == "money" else None)


def _reference(name: str, table: str, row_id: int) -> Argument:
    subject = words.SUBJECTS[table][0] if table in words.SUBJECTS else table
    return Argument(name, _("%(subject)s %(number)s", subject=subject, number=row_id), page_of(table, row_id))


def page_of(table: str, row_id: int) -> str | None:
    endpoint, parameter = PAGES.get(table, ("", ""))
    values: dict[str, Any] = {parameter: row_id}
    return url_for(endpoint, **values) if endpoint else None
