"""How scopes of API keys are called where the staff ticks them."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain import api_keys
from webapp.models import ApiKey

NOUNS: dict[str, LazyString] = {
    "products": _l("Products"),
    "discount-codes": _l("Discount codes"),
    "tax-rates": _l("Tax rates"),
    "checkout-forms": _l("Order forms"),
    "settings": _l("Settings"),
    "memberships": _l("Memberships"),
    "payments": _l("Payments"),
    "sites": _l("Sites"),
    "domains": _l("Domains"),
}
VERBS: dict[str, LazyString] = {"read": _l("read"), "write": _l("change")}
OTHERS: dict[str, LazyString] = {
    "*": _l("Everything, also what comes later"),
    "register": _l("Price carts and place orders"),
    "register:settle": _l("Record orders as paid without money"),
}


def scope(name: str) -> str:
    """ "Products: change"."""
    noun, _colon, verb = name.partition(":")
    if name in OTHERS:
        return str(OTHERS[name])
    return f"{NOUNS.get(noun, noun)}: {VERBS.get(verb, verb)}"


def scopes() -> list[tuple[str, str]]:
    return [(one, scope(one)) for one in api_keys.SCOPES]


def standing(key: ApiKey) -> tuple[str, str]:
    """Word and tone, as the macro `badge` takes them."""
    return (_("revoked"), "neutral") if key.revoked_at is not None else (_("valid"), "success")
