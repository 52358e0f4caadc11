"""Settings of the network itself: who runs it, how it looks and speaks. A new one is a line here."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.blueprints.admin.settings_fields import Field, Section
from webapp.domain.setting_kinds import Choice, Colour, Email, Flag, Key, Lines, Secret, Text
from webapp.languages import languages

COMPANY = Section(
    "company",
    _l("Company and contact"),
    _l("Who runs the network: in the header, in messages and on invoices."),
    (
        Field("network_name", _l("Name of the network"), Text(longest=80)),
        Field("company_name", _l("Company"), Text()),
        Field("company_address", _l("Address"), Lines(longest=500), _l("As it stands on invoices.")),
        Field("support_email", _l("Help address"), Email(), _l("Customers write to it when they need help.")),
    ),
)
LOOK = Section(
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
)
LANGUAGES = Section(
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
)
SIGN_IN = Section(
    "sign-in",
    _l("Signing in"),
    _l("How your customers and your staff prove who they are."),
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
)
MAIL = Section(
    "mail",
    _l("Mail"),
    _l("Who your messages come from."),
    (
        Field("mail_from_name", _l("Sender's name"), Text(optional=True), _l("Empty: the name of the network.")),
        Field("mail_from", _l("Sender's address"), Email(optional=True), _l("Empty: the help address.")),
        Field("mail_reply_to", _l("Replies go to"), Email(optional=True), _l("Empty: the help address.")),
    ),
)
INTEGRATIONS = Section(
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
)
