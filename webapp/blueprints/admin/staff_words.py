"""How roles and what they may do are called where the staff reads them."""

from __future__ import annotations

from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain import colleagues
from webapp.domain.staff import Capability
from webapp.models import Role, User

ROLES: dict[Role, LazyString] = {
    Role.OWNER: _l("Owner"),
    Role.MANAGER: _l("Manager"),
    Role.SUPPORT: _l("Support"),
    Role.READ_ONLY: _l("Read-only"),
}
ABOUT: dict[Role, LazyString] = {
    Role.OWNER: _l("Everything, settings and staff included."),
    Role.MANAGER: _l("Runs the business: products, payments, memberships, sites."),
    Role.SUPPORT: _l("Helps customers and mends what got stuck."),
    Role.READ_ONLY: _l("Looks, and changes nothing."),
}
# Each capability as a noun and a verb; the pages of a noun stand together.
NOUNS: dict[str, LazyString] = {
    "customers": _l("Customers"),
    "memberships": _l("Memberships"),
    "payments": _l("Payments"),
    "invoices": _l("Invoices"),
    "products": _l("Products"),
    "discount-codes": _l("Discount codes"),
    "sites": _l("Sites"),
    "declarations": _l("Declarations"),
    "legal": _l("Legal texts"),
    "emails": _l("E-mails"),
    "views": _l("Saved views"),
    "events": _l("Events"),
    "deliveries": _l("Deliveries"),
    "notices": _l("Notices"),
    "components": _l("Components"),
    "hooks": _l("Hooks and add-ons"),
    "notes": _l("Notes"),
    "audit": _l("Audit log"),
    "jobs": _l("Jobs"),
    "exports": _l("Exports"),
    "attention": _l("What needs a person"),
    "api-keys": _l("API keys"),
    "settings": _l("Settings"),
    "staff": _l("Staff"),
}
VERBS: dict[str, LazyString] = {
    "view": _l("see"),
    "cancel": _l("cancel"),
    "steer": _l("charge, extend, hold and take up again"),
    "confirm": _l("confirm"),
    "refund": _l("give back and make void"),
    "credit": _l("change their credit"),
    "edit": _l("change"),
    "provision": _l("set up"),
    "transfer": _l("give to another customer"),
    "suspend": _l("suspend, archive and bring back"),
    "delete": _l("delete what they hold"),
    "decide": _l("decide"),
    "retry": _l("try again"),
    "process": _l("look again"),
    "switch": _l("switch on and off"),
    "write": _l("write"),
    "start": _l("start"),
    "make": _l("make"),
    "save": _l("save"),
    "send": _l("send"),
    "share": _l("share with all"),
    "act-as": _l("act in their place"),
    "let-in": _l("let in without their second step"),
    "take": _l("take on"),
}
FACTS: dict[str, LazyString] = {
    "name": _l("Name"),
    "email": _l("E-mail address"),
    "role": _l("Role"),
    "disabled": _l("Access taken away"),
    "sessions": _l("Browsers signed in"),
    "two_step": _l("Two-step sign-in"),
}


def roles() -> list[tuple[str, str]]:
    return [(str(role), str(word)) for role, word in ROLES.items()]


def capability(one: Capability) -> str:
    """ "Payments: confirm"."""
    noun, _dot, verb = one.value.partition(".")
    return f"{NOUNS.get(noun, noun)}: {VERBS.get(verb, verb)}"


def standing(user: User) -> tuple[str, str]:
    """Word and tone, as the macro `badge` takes them."""
    if user.disabled_at is not None:
        return _("no access"), "neutral"
    return (_("invited"), "pending") if colleagues.is_invited(user) else (_("active"), "success")


def label(name: str) -> str:
    return str(FACTS.get(name, name))


def value(name: str, kept: Any) -> str:
    if name == "role" and kept in set(Role):
        return str(ROLES.get(Role(kept), kept))
    if isinstance(kept, bool):
        return _("yes") if kept else _("no")
    return str(kept) or "–"
