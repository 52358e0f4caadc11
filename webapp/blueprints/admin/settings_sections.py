"""Every section of the network's settings, in the order in which an operator reads them, and what is in them."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from webapp.blueprints.admin.settings_fields import Section
from webapp.blueprints.admin.settings_gateways import PAYPAL, STRIPE
from webapp.blueprints.admin.settings_network import COMPANY, INTEGRATIONS, LANGUAGES, LOOK, MAIL, SIGN_IN
from webapp.blueprints.admin.settings_selling import CHECKOUT, INVOICES, LEGAL, MONEY, PAYMENTS, RENEWALS
from webapp.blueprints.admin.settings_sites import SITES

SECTIONS: tuple[Section, ...] = (
    COMPANY,
    LOOK,
    LANGUAGES,
    MONEY,
    INVOICES,
    CHECKOUT,
    LEGAL,
    PAYMENTS,
    STRIPE,
    PAYPAL,
    RENEWALS,
    SITES,
    SIGN_IN,
    MAIL,
    INTEGRATIONS,
)
# Whose keys can be tried out, by their names in integrations/connections.py.
VENDORS: dict[str, LazyString | str] = {"hubspot": "HubSpot", "ga4": "Google Analytics 4"}
HOSTING: dict[str, LazyString | str] = {"provisioner": _l("Hosting system")}
CONNECTIONS = {"integrations": VENDORS, "sites": HOSTING}
MORE = {"logo": _l("Logo")}
BY_SLUG = {one.slug: one for one in SECTIONS}
BY_NAME = {one.name: one for section in SECTIONS for one in section.fields}


def label(name: str) -> str:
    return str(BY_NAME[name].label if name in BY_NAME else MORE.get(name, name))


def said(name: str, value: object) -> str:
    """A value, for a person; a secret's is masked already."""
    return BY_NAME[name].kind.said(value) if name in BY_NAME else str(value)[:8] or "–"
