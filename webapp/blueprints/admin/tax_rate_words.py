"""What the facts of a tax rate are called, and how they read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _

from webapp.blueprints.admin import tax_rate_form
from webapp.countries import countries
from webapp.models import TaxRate
from webapp.models.tax import EVERYWHERE


def label(name: str) -> str:
    field = getattr(tax_rate_form.TaxRateForm, name, None)
    return str(field.args[0]) if field is not None else name


def value(name: str, fact: Any) -> str:
    """As the history and a clash of two versions say it."""
    if isinstance(fact, bool):
        return _("yes") if fact else _("no")
    if name == "country":
        return country(fact)
    return percent(Decimal(fact)) if name == "rate" else str(fact) or "–"


def country(code: str) -> str:
    return _("All countries") if code == EVERYWHERE else countries(str(get_locale() or "en")).get(code, code)


def percent(rate: Decimal) -> str:
    return _("%(number)s%%", number=tax_rate_form.written(rate))


def place(rate: TaxRate) -> str:
    """From the town to the country: "Los Angeles, CA, United States"."""
    parts = [one for one in (rate.city, rate.state) if one.strip() not in ("", EVERYWHERE)]
    return ", ".join([*parts, country(rate.country)])


def standing(rate: TaxRate) -> tuple[str, str]:
    return (_("counts"), "success") if rate.active else (_("does not count"), "neutral")
