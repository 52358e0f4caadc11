"""Every setting of the network, in the section where an operator finds it. A new one is a line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString, get_locale
from flask_babel import lazy_gettext as _l

from webapp.countries import countries
from webapp.currencies import currencies
from webapp.domain.network import SECRETS, VARIABLES
from webapp.domain.setting_kinds import (
    Address,
    Choice,
    Colour,
    Email,
    Flag,
    Key,
    Kind,
    Lines,
    Number,
    OneOfMany,
    Secret,
    Several,
    Text,
)
from webapp.gateways import gateways
from webapp.gateways.free import FreeGateway
from webapp.languages import languages

CONSUMER_LAWS: dict[str, LazyString] = {
    "eu": _l("European Union: withdrawal, cancellation button, gross prices"),
    "none": _l("None of these rules"),
}


def language() -> str:
    return str(get_locale() or "en")


def all_countries() -> Mapping[str, str]:
    return countries(language())


def all_currencies() -> Mapping[str, str]:
    return currencies(language())


def consumer_laws() -> Mapping[str, str]:
    return {value: str(word) for value, word in CONSUMER_LAWS.items()}


def ways_to_pay() -> Mapping[str, str]:
    """Those that are registered; what is free needs none."""
    return {name: str(one.title) for name, one in gateways.all().items() if name != FreeGateway.id}


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of `Network`."""

    name: str
    label: LazyString
    kind: Kind
    hint: LazyString | str = ""

    @property
    def variable(self) -> str:
        """Of the environment, which wins; "" when there is none."""
        return VARIABLES.get(self.name, "")

    @property
    def is_secret(self) -> bool:
        return self.name in SECRETS


@dataclass(frozen=True, slots=True)
class Section:
    """`more`: settings that its page changes in another way than by a field of the form."""

    slug: str
    title: LazyString
    about: LazyString
    fields: tuple[Field, ...]
    more: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.fields]


SECTIONS: tuple[Section, ...] = (
    Section(
        "company",
        _l("Company and contact"),
        _l("Who runs the network: in the header, in messages and on invoices."),
        (
            Field("network_name", _l("Name of the network"), Text(longest=80)),
            Field("company_name", _l("Company"), Text()),
            Field("company_address", _l("Address"), Lines(longest=500), _l("As it stands on invoices.")),
            Field("support_email", _l("Help address"), Email(), _l("Customers write to it when they need help.")),
        ),
    ),
    Section(
        "look",
        _l("Look"),
        _l("Your logo and your colour, on every page of the network."),
        (
            Field("accent", _l("Accent colour"), Colour(), _l("For buttons and links on light pages.")),
            Field(
                "accent_dark",
                _l("Accent colour on dark pages"),
                Colour(),
                _l("Leave it empty, and the nearest that can be read is made from the first."),
            ),
            Field(
                "logo_on_white",
                _l("Show the logo on white on dark pages"),
                Flag(),
                _l("For a logo with dark lettering."),
            ),
        ),
        more=("logo", "logo_width", "logo_height"),
    ),
    Section(
        "languages",
        _l("Languages and formats"),
        _l("What a visitor reads who has not chosen a language."),
        (
            Field(
                "default_locale",
                _l("Language of the network"),
                Choice(options=languages),
                _l("Amounts, dates and names of countries follow the language that somebody reads."),
            ),
        ),
    ),
    Section(
        "money",
        _l("Currency and taxes"),
        _l("In which currency you sell, and how tax is reckoned."),
        (
            Field(
                "currency",
                _l("Currency"),
                OneOfMany(options=all_currencies),
                _l("For new orders. Products keep the currency they were made in and are sold only in that one."),
            ),
            Field("enable_taxes", _l("Reckon tax"), Flag()),
            Field("inclusive_tax", _l("Prices contain tax"), Flag(), _l("Otherwise it is added to them.")),
        ),
    ),
    Section(
        "checkout",
        _l("Checkout and consumer law"),
        _l("Whom you sell to, and what the law asks of your order form."),
        (
            Field("consumer_law", _l("Consumer law"), Choice(options=consumer_laws)),
            Field(
                "withdrawal_days", _l("Days to withdraw"), Number(least=14, most=365), _l("14 is the least in the EU.")
            ),
            Field(
                "allow_trial_without_payment_method",
                _l("Begin trials without a payment method"),
                Flag(),
                _l("The first payment is then asked for when the trial ends."),
            ),
            Field("hold_minutes", _l("Minutes an unpaid order keeps its site address"), Number(least=5, most=10080)),
            Field("default_country", _l("Country that is chosen at first"), OneOfMany(options=all_countries)),
            Field(
                "allowed_countries",
                _l("Countries you sell to"),
                Several(options=all_countries),
                _l("Choose none to sell to every country."),
            ),
        ),
    ),
    Section(
        "legal",
        _l("Legal links"),
        _l("Where the pages that the law asks for are, if they are elsewhere. Empty: the page that is written here."),
        (
            Field("imprint_url", _l("Legal notice"), Address()),
            Field("privacy_url", _l("Privacy"), Address()),
            Field("terms_url", _l("Terms"), Address()),
            Field("withdrawal_url", _l("Withdrawal information"), Address()),
            Field("accessibility_url", _l("Accessibility"), Address()),
        ),
    ),
    Section(
        "payments",
        _l("Payments"),
        _l("How customers may pay."),
        (
            Field(
                "active_gateways",
                _l("Ways to pay"),
                Several(options=ways_to_pay),
                _l("Choose none to offer all of them."),
            ),
            Field(
                "manual_instructions",
                _l("Instructions for bank transfers"),
                Lines(),
                _l("Account, bank and what to write as the purpose. The buyer reads it after the order."),
            ),
            Field("manual_due_days", _l("Days to pay by bank transfer"), Number(least=1, most=90)),
        ),
    ),
    Section(
        "sign-in",
        _l("Signing in"),
        _l("How your staff proves who they are."),
        (
            Field(
                "require_email_verification",
                _l("Ask new customers to confirm their e-mail address"),
                Flag(),
                _l("Their site is made once they have followed the link that we send them. The sale is not held up."),
            ),
            Field(
                "staff_two_step",
                _l("Ask all staff for a second step"),
                Flag(),
                _l("Whoever has not set up an authenticator app does that before anything else."),
            ),
        ),
    ),
    Section(
        "mail",
        _l("Mail"),
        _l("Who your messages come from."),
        (
            Field("mail_from_name", _l("Sender's name"), Text(optional=True), _l("Empty: the name of the network.")),
            Field("mail_from", _l("Sender's address"), Email(optional=True), _l("Empty: the help address.")),
            Field("mail_reply_to", _l("Replies go to"), Email(optional=True), _l("Empty: the help address.")),
        ),
    ),
    Section(
        "integrations",
        _l("Integrations"),
        _l("Keys of other systems. They hold from the next call on, in every process."),
        (
            Field(
                "hubspot_access_token",
                _l("HubSpot: access token"),
                Secret(),
                _l("Of a private app that may read and write contacts and their properties."),
            ),
            Field("ga4_measurement_id", _l("Google Analytics 4: measurement ID"), Key(), _l("Like G-ABC123DEF4.")),
            Field(
                "ga4_api_secret",
                _l("Google Analytics 4: API secret"),
                Secret(),
                _l("Admin, Data streams, Measurement Protocol API secrets."),
            ),
            Field("ga4_value_without_tax", _l("Send values without tax"), Flag()),
        ),
    ),
)
# Whose keys can be tried out, by their names in integrations/connections.py.
VENDORS = {"hubspot": "HubSpot", "ga4": "Google Analytics 4"}
MORE = {"logo": _l("Logo")}
BY_SLUG = {one.slug: one for one in SECTIONS}
BY_NAME = {one.name: one for section in SECTIONS for one in section.fields}


def label(name: str) -> str:
    return str(BY_NAME[name].label if name in BY_NAME else MORE.get(name, name))


def said(name: str, value: object) -> str:
    """A value, for a person; a secret's is masked already."""
    return BY_NAME[name].kind.said(value) if name in BY_NAME else str(value)[:8] or "–"
