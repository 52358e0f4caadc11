"""Facts of the audit log in words: "Status: active → cancelled"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields.core import UnboundField

from webapp.blueprints.admin import settings_sections, staff_words, words
from webapp.blueprints.admin.discount_code_form import DiscountCodeForm
from webapp.blueprints.admin.product_form import ProductForm
from webapp.blueprints.admin.tax_rate_form import TaxRateForm
from webapp.languages import languages
from webapp.models import AuditEntry

NAMES: dict[str, LazyString] = {
    "status": _l("Status"),
    "reason": _l("Reason"),
    "at_once": _l("At once"),
    "name": _l("Name"),
    "customer": _l("Customer"),
    "membership": _l("Membership"),
    "email": _l("E-mail address"),
    "on": _l("Switched on"),
    "plan": _l("Plan"),
    "period": _l("Billing period"),
    "products": _l("Products"),
    "price": _l("Price"),
    "begins": _l("Begins"),
    "version": _l("Version"),
    "revoked": _l("Ended"),
    "scopes": _l("Rights"),
    "aside": _l("Put aside"),
    "item": _l("What it is about"),
    "user": _l("Taken by"),
    "action": _l("Action"),
    "count": _l("Number"),
    "rows": _l("Rows"),
    "credit": _l("Credit"),
    "arrived": _l("Amount that arrived"),
    "email_verification": _l("E-mail confirmation"),
    "to": _l("Sent to"),
    "two_step": _l("Two-step sign-in"),
    "decision": _l("Decision"),
    "note": _l("Note"),
    "handler": _l("Destination"),
    "currency": _l("Currency"),
    "day": _l("Day"),
    "rate": _l("Rate"),
    "subject": _l("Subject"),
    "number": _l("Number"),
    "locale": _l("Language"),
    "page": _l("Page"),
    "body": _l("Text"),
    "kind": _l("Message"),
    "expires_at": _l("Paid until"),
    "about": _l("About"),
    "amount": _l("Amount"),
    "effect": _l("Effect"),
    "refund": _l("Refund"),
    "try": _l("Try"),
    "feature_list": _l("Features"),
    "limits": _l("Limits"),
    "flags": _l("Further features"),
    "image": _l("Picture"),
    "place": _l("Place in lists"),
    "stays_for_life": _l("Stays for life after the last payment"),
    "trial": _l("Free trial"),
    "default": _l("Opened first"),
    "list": _l("List"),
    "shared": _l("Shared with all"),
    "later": _l("Left for later"),
    "step": _l("Step"),
    "slug": _l("Address"),
    "domain": _l("Domain"),
    "disabled": _l("Access taken away"),
    "hour": _l("Hour of the daily mail (UTC)"),
    "role": _l("Role"),
    "sessions": _l("Browsers signed in"),
    "gateway": _l("Way to pay"),
    "titles": _l("Title"),
    "descriptions": _l("Description"),
    "title": _l("Title"),
    "description": _l("Description"),
    "category": _l("Category"),
    "active": _l("Offered"),
    "list_order": _l("Place in lists"),
    "pages": _l("Pages"),
    "site_templates": _l("Templates"),
    "countries": _l("Countries"),
    "fields": _l("Fields"),
    "snippets": _l("Scripts"),
    "currencies": _l("Currencies"),
}


# Where what was changed was entered: a fact is called as its field is.
FORMS = {"products": ProductForm, "discount_codes": DiscountCodeForm, "tax_rates": TaxRateForm}


def told(entry: AuditEntry) -> Iterator[str]:
    """What differs, before and after; of what was not there before, what it is now."""
    for name, value in entry.after.items():
        now, known = shown(entry, name, value), name in entry.before
        if not known:
            yield f"{label(entry, name)}: {now}"
        elif entry.before[name] != value:
            yield f"{label(entry, name)}: {shown(entry, name, entry.before[name])} → {now}"


def label(entry: AuditEntry, name: str) -> str:
    """What a fact is called: as where it was entered, or as here; its own name where nobody has another."""
    field = getattr(FORMS.get(entry.object_type), name, None)
    if isinstance(field, UnboundField) and field.args:
        return str(field.args[0])
    if entry.object_type == "settings" and name not in NAMES:
        return settings_sections.label(name)
    return str(NAMES.get(name, name))


def shown(entry: AuditEntry, name: str, value: Any) -> str:
    if name == "status":
        return words.moved(entry.object_type, value)[0]
    if name == "role" and value in staff_words.ROLES:
        return str(staff_words.ROLES[value])
    if name == "locale":
        return str(languages().get(value, value))
    if isinstance(value, dict):
        return ", ".join(f"{one}: {part}" for one, part in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "–" if value in (None, "") else str(value)
