"""The settings of the whole network that its operator can change, with their defaults.

Keys of vendors are settings too: the environment's wins, and secret ones are kept encrypted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import select

from webapp import encryption
from webapp.domain import audit
from webapp.errors import ConfigurationError, Conflict
from webapp.extensions import db, dialect_name
from webapp.masking import MASK
from webapp.models import Setting
from webapp.models.inserts import INSERTS


def given(variable: str, *, secret: bool = False, default: Any = "") -> Any:
    """A setting that the environment's `variable` wins over. A secret one holds what encryption made of it."""
    return field(default=default, repr=not secret, metadata={"variable": variable, "secret": secret})


@dataclass(frozen=True, slots=True)
class Network:
    """Names are those of the settings resource of the API."""

    network_name: str = "Parzelle"
    company_name: str = "Parzelle"
    company_address: str = ""
    company_country: str = ""  # where the seller is taxed; empty: default_country
    company_tax_id: str = ""  # the seller's VAT id
    company_tax_number: str = ""
    company_register: str = ""  # "HRB 12345, Amtsgericht Berlin"
    bank_details: str = ""  # in lines, as they stand on invoices
    invoice_pattern: str = "%YEAR%-%NUMBER%"
    invoice_first_number: int = 1  # the sequence goes on at least here
    invoice_terms: str = ""  # below the sums; empty: that it is paid
    invoice_untaxed_note: str = ""  # why no tax is charged, where none is
    invoices_for_free: bool = True  # also where nothing was to be paid
    time_zone: str = "Europe/Berlin"  # the day of an invoice is the day there
    support_email: str = "support@example.com"
    mail_from: str = ""  # the address that mail comes from; empty: support_email
    mail_from_name: str = ""  # empty: the network's name
    mail_reply_to: str = ""  # empty: support_email
    accent: str = ""  # "#14664a", on a light page; empty: the product's own
    accent_dark: str = ""  # the same on a dark page
    logo: str = ""  # its address ends so: a hash of what is in it, and its kind; empty: the product's mark
    logo_width: int = 0
    logo_height: int = 0
    logo_on_white: bool = False  # on dark pages it stands on a white ground
    currency: str = "EUR"
    reporting_currency: str = ""  # in which figures of several currencies are put together; empty: currency
    fetch_rates: bool = True  # ask the European Central Bank for them, once there are several currencies
    default_locale: str = "en"
    default_country: str = "DE"
    consumer_law: str = "eu"  # eu or none
    require_email_verification: bool = False  # a new customer's site is made once they have confirmed their address
    staff_two_step: bool = False  # staff must set up an authenticator app before anything else
    withdrawal_days: int = 14
    enable_taxes: bool = False
    inclusive_tax: bool = False
    allow_trial_without_payment_method: bool = False
    allowed_countries: list[str] = field(default_factory=list)  # empty: every country
    active_gateways: list[str] = field(default_factory=list)  # empty: all that are registered
    # Bank transfer: the account, what is said beside it, and how long an order waits for the money (transfers.py).
    manual_account_holder: str = ""
    manual_iban: str = ""  # without blanks
    manual_bic: str = ""
    manual_bank: str = ""
    manual_instructions: str = ""  # may name {{ reference }}, {{ amount }} and {{ due_date }}
    manual_instructions_de: str = ""  # each of the two stands in for the other
    hold_minutes: int = 30  # how long an unpaid order keeps its address and its code
    manual_due_days: int = 14
    manual_remind_before: list[int] = field(default_factory=lambda: [3])  # days before the money is due
    manual_remind_after: list[int] = field(default_factory=lambda: [3])  # days after that
    manual_void_days: int = 7  # so long after that a first order is given up
    renewal_days_before: int = 3  # a renewal is announced, or asked for, so long before it is due
    renewal_retry_days: list[int] = field(default_factory=lambda: [1, 3, 5, 7])  # after the first failed charge
    grace_period_days: int = 3  # from the end of what is paid to the end of an unpaid membership
    block_frontend_grace_period: int = 0  # days for which the sites of an expired membership are still shown
    site_retention_days: int = 90  # what a site holds is deleted so long after it was shown last; 0: never
    network_ips: str = ""  # where the servers are, an address a line: what customers enter for their own domains
    provisioner: str = "built-in"  # who makes the sites of plans that do not say
    provisioner_url: str = given("PROVISIONER_URL")
    provisioner_secret: str = given("PROVISIONER_SECRET", secret=True)  # several: with commas between them
    provisioner_patience_hours: int = 24  # a site that it has not made by then has failed
    provisioner_renames: bool = False  # it can give a site that it made another address
    provisioner_transfers: bool = False  # and another owner
    downgrades_at_once: bool = False  # with credit for unused time, and not at the end of what is paid
    terms_url: str = ""
    privacy_url: str = ""
    imprint_url: str = ""
    withdrawal_url: str = ""
    accessibility_url: str = ""
    hubspot_access_token: str = given("HUBSPOT_ACCESS_TOKEN", secret=True)
    stripe_secret_key: str = given("STRIPE_SECRET_KEY", secret=True)
    stripe_publishable_key: str = given("STRIPE_PUBLISHABLE_KEY")
    stripe_webhook_secret: str = given("STRIPE_WEBHOOK_SECRET", secret=True)  # several: with commas between them
    paypal_client_id: str = given("PAYPAL_CLIENT_ID")
    paypal_client_secret: str = given("PAYPAL_CLIENT_SECRET", secret=True)
    paypal_webhook_id: str = given("PAYPAL_WEBHOOK_ID")
    paypal_subscriptions: bool = given("PAYPAL_SUBSCRIPTIONS", default=True)  # PayPal charges renewals by itself
    ga4_measurement_id: str = given("GA4_MEASUREMENT_ID")
    ga4_api_secret: str = given("GA4_API_SECRET", secret=True)
    ga4_value_without_tax: bool = given("GA4_VALUE_WITHOUT_TAX", default=False)
    gateways: dict[str, dict[str, Any]] = field(default_factory=dict)  # by id, how it is offered (gateway_options.py)
    # By name, what the operator has entered for variables that gateways ask for (gateway_keys.py).
    variables: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    forms: dict[str, Any] = field(default_factory=dict)  # a fingerprint of the own order forms (checkout_forms.py)
    templates: str = ""  # a fingerprint of what the operator says of the templates for sites (site_templates.py)

    @property
    def name(self) -> str:
        return self.network_name

    @property
    def seller_country(self) -> str:
        """A VAT id of another member state than this one may shift the tax to the buyer."""
        return self.company_country or self.default_country

    @property
    def brand_css(self) -> str:
        """Where the stylesheet with the operator's colours is; its address says them, so it never changes."""
        return f"/brand/{self.accent[1:]}-{self.accent_dark[1:]}.css" if self.accent and self.accent_dark else ""

    @property
    def logo_url(self) -> str:
        return f"/brand/logo/{self.logo}" if self.logo else ""


# What the keys of rows begin with that are no setting of their own: of a gateway's options, of a variable.
OF_GATEWAY, OF_VARIABLE = "gateway:", "variable:"
KEYS = {one.name for one in fields(Network)} - {"gateways", "variables", "forms", "templates"}
FORMS = "checkout-forms"  # the key of what goes for all own order forms
TEMPLATES = "site-templates"  # the key of that fingerprint
DEFAULTS = Network()
VARIABLES: dict[str, str] = {one.name: one.metadata["variable"] for one in fields(Network) if one.metadata}
SECRETS = {one.name for one in fields(Network) if one.metadata.get("secret")}
CACHE, LOCK = "network", "lock"
# Every request asks this: of the table, for rows need no model, and built once.
STORED = select(Setting.__table__.c.key, Setting.__table__.c.value)


def settings() -> Network:
    """As they are now; read once per session."""
    info = db.session().info
    if CACHE not in info:
        info[CACHE] = _made_of(db.session.execute(STORED).all())
    network: Network = info[CACHE]
    return network


_last: tuple[Sequence[Any], Network, str] = ([], DEFAULTS, repr(DEFAULTS))


def _made_of(rows: Sequence[Any]) -> Network:
    """They hardly ever change: what was made of the same rows before is taken again."""
    global _last
    if _last[0] != rows:
        options, variables = (
            {key.removeprefix(prefix): value for key, value in rows if key.startswith(prefix)}
            for prefix in (OF_GATEWAY, OF_VARIABLE)
        )
        forms: dict[str, Any] = next((value for key, value in rows if key == FORMS), {})
        templates: str = next((value for key, value in rows if key == TEMPLATES), "")
        plain = {key: value for key, value in rows if key in KEYS}
        made = Network(**plain, gateways=options, variables=variables, forms=forms, templates=templates)
        _last = rows, made, repr(made)
    return _last[1]


def in_words() -> str:
    """All that `settings()` says, the same for the same; secrets left out."""
    known, last = settings(), _last
    return last[2] if last[1] is known else repr(known)


# -- changing --------------------------------------------------------------------------------------------------------
def change(values: Mapping[str, Any]) -> None:
    """Keep new values of some settings; secrets are encrypted here. Raises KeyError for one that does not exist."""
    for key, value in values.items():
        if key not in KEYS:
            raise KeyError(key)
        keep(key, encryption.encrypt(value) if key in SECRETS and value else value)


def keep(key: str, value: Any) -> None:
    """As it stands in the table."""
    db.session.merge(Setting(key=key, value=value))
    db.session.flush()
    db.session().info.pop(CACHE, None)


def edit(values: Mapping[str, Any], *, names: Collection[str], seen: str) -> bool:
    """Keep what one of the staff said of the settings `names`; whether that changed anything.

    `seen` is the `state` they had on the page. Raises Conflict when somebody changed one of them since.
    """
    lock()
    before = settings()
    if state(before, names) != seen:
        raise Conflict()
    changed = {name: value for name, value in values.items() if _differs(name, value, getattr(before, name))}
    if not changed:
        return False
    change(changed)
    old, new = shown(before), shown(settings())
    audit.note(
        Setting,
        "settings.change",
        before={name: old[name] for name in changed},
        after={name: new[name] for name in changed},
    )
    return True


def _differs(name: str, value: Any, kept: Any) -> bool:
    """A secret is compared with nothing: it was typed anew, or is taken away."""
    return bool(value or kept) if name in SECRETS else value != kept


def state(network: Network, names: Collection[str]) -> str:
    """A fingerprint of these settings, to notice that somebody else changed them. Tells nothing of what they are."""
    text = json.dumps([getattr(network, name) for name in sorted(names)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def shown(network: Network) -> dict[str, Any]:
    """Every setting as it may be seen: of a secret only whether there is one."""
    return masked({name: getattr(network, name) for name in KEYS})


def masked(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: MASK if name in SECRETS and value else value for name, value in values.items()}


def lock() -> None:
    """Until this unit ends nobody else changes settings; what they are is then read anew."""
    row = INSERTS[dialect_name()](Setting.__table__).values(key=LOCK, value=0)
    db.session.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": 0}))
    db.session().info.pop(CACHE, None)


# -- keys of vendors -------------------------------------------------------------------------------------------------
def is_given(env: Mapping[str, str], variable: str) -> bool:
    """Whether there is a value for it, in the environment or saved."""
    return bool(env.get(variable)) or bool(getattr(settings(), NAMES[variable]))


def hosting_offers() -> list[str]:
    """What the hosting system that is told by webhook can do beside, as the operator says."""
    can = {"rename": settings().provisioner_renames, "transfer": settings().provisioner_transfers}
    return [name for name, is_so in can.items() if is_so]


def value_of(env: Mapping[str, str], variable: str) -> str:
    """The environment's value, else the saved one as the environment would say it.

    Raises ConfigurationError for a secret that was encrypted with a key that is gone.
    """
    name = NAMES[variable]
    value: Any = env.get(variable) or getattr(settings(), name)
    if value and not env.get(variable) and name in SECRETS:
        value = encryption.decrypt(value)
        if value is None:
            raise ConfigurationError(f"{variable} cannot be read with the ENCRYPTION_KEYS there are. Enter it again.")
    return str(int(value)) if isinstance(value, bool) else str(value)


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment, with what is saved for the variables that it leaves open. Raises ConfigurationError."""
    return {**env, **{variable: value_of(env, variable) for variable in NAMES if is_given(env, variable)}}


NAMES = {variable: name for name, variable in VARIABLES.items()}
