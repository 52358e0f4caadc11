"""The settings of the whole network that its operator can change, with their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import select

from webapp.extensions import db
from webapp.models import Setting


@dataclass(frozen=True, slots=True)
class Network:
    """Names are those of the settings resource of the API."""

    network_name: str = "Parzelle"
    company_name: str = "Parzelle"
    company_address: str = ""
    support_email: str = "support@example.com"
    mail_from: str = ""  # the address that mail comes from; empty: support_email
    currency: str = "EUR"
    default_locale: str = "en"
    default_country: str = "DE"
    consumer_law: str = "eu"  # eu or none
    staff_two_step: bool = False  # staff must set up an authenticator app before anything else
    withdrawal_days: int = 14
    enable_taxes: bool = False
    inclusive_tax: bool = False
    allow_trial_without_payment_method: bool = False
    allowed_countries: list[str] = field(default_factory=list)  # empty: every country
    active_gateways: list[str] = field(default_factory=list)  # empty: all that are registered
    manual_instructions: str = ""
    hold_minutes: int = 30  # how long an unpaid order keeps its address and its code
    manual_due_days: int = 14
    terms_url: str = ""
    privacy_url: str = ""
    imprint_url: str = ""
    withdrawal_url: str = ""
    accessibility_url: str = ""

    @property
    def name(self) -> str:
        return self.network_name


KEYS = {one.name for one in fields(Network)}
CACHE = "network"
# Every request asks this: of the table, for rows need no model, and built once.
STORED = select(Setting.__table__.c.key, Setting.__table__.c.value)


def settings() -> Network:
    """As they are now; read once per session."""
    info = db.session().info
    if CACHE not in info:
        rows = db.session.execute(STORED)
        info[CACHE] = Network(**{key: value for key, value in rows if key in KEYS})
    network: Network = info[CACHE]
    return network


def change(values: dict[str, Any]) -> None:
    """Keep new values of some settings. Raises KeyError for one that does not exist."""
    for key, value in values.items():
        if key not in KEYS:
            raise KeyError(key)
        db.session.merge(Setting(key=key, value=value))
    db.session().info.pop(CACHE, None)
