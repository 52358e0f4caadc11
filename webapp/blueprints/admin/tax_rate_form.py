"""The form of a tax rate: what an operator types, and the facts that it says."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import get_decimal_symbol
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import Length

from webapp.blueprints.form import Form
from webapp.countries import countries
from webapp.domain.tax_rates import NAMES, Facts
from webapp.errors import Invalid
from webapp.models import TaxRate
from webapp.models.tax import EVERYWHERE

PERCENT = re.compile(r"\d{1,6}(?:[.,]\d{1,10})?", re.ASCII)


def countries_or_all() -> list[SelectChoice]:
    here = countries(str(get_locale() or "en"))
    return [SelectChoice(EVERYWHERE, _("All countries")), *(SelectChoice(code, name) for code, name in here.items())]


def text(label: str, hint: str = "") -> StringField:
    return StringField(label, validators=[Length(max=300)], description=hint, render_kw={"autocomplete": "off"})


class TaxRateForm(Form):
    version = HiddenField("")
    title = text(_l("Name"), _l("As buyers and invoices say it, like VAT."))
    rate = text(_l("Percentage"), _l("Like 19 or 8.875."))
    country = SelectField(_l("Country"), choices=countries_or_all, default=EVERYWHERE, validate_choice=False)
    state = text(_l("State"), _l("Empty: all of them. Several: with commas between."))
    city = text(_l("Town or city"), _l("Empty: all of them. Several: with commas between."))
    category = text(_l("Tax category"), _l("Products of this category bear it."))
    priority = text(_l("Priority"), _l("Of one priority the most specific rate counts. Different priorities add up."))
    compound = BooleanField(_l("Reckon it also on the taxes of lower priorities"))
    active = BooleanField(_l("It counts"))

    def facts(self) -> Facts:
        """As they were typed; what is no number is one that no rate may have."""
        typed = (self.priority.data or "").strip()
        return Facts(
            title=(self.title.data or "").strip(),
            rate=percentage(self.rate.data or ""),
            country=self.country.data or EVERYWHERE,
            state=(self.state.data or "").strip(),
            city=(self.city.data or "").strip(),
            category=(self.category.data or "").strip().lower() or "default",
            priority=int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0,
            compound=bool(self.compound.data),
            active=bool(self.active.data),
        )

    def refuse(self, problem: Invalid) -> None:
        field = self[problem.field or "title"]
        field.errors = [*field.errors, problem.message]


def percentage(typed: str) -> Decimal:
    """`19`, `8,875 %`; NaN, which no rate may be, for what is none."""
    plain = typed.replace("%", "").strip()
    return Decimal(plain.replace(",", ".")) if PERCENT.fullmatch(plain) else Decimal("NaN")


def written(rate: Decimal) -> str:
    """As the reader's language writes it, without noughts at the end."""
    return f"{rate.normalize():f}".replace(".", get_decimal_symbol(get_locale()))


def empty() -> TaxRateForm:
    return TaxRateForm(formdata=None, data={"category": "default", "priority": "1", "active": True})


def filled(rate: TaxRate) -> TaxRateForm:
    values = {name: getattr(rate, name) for name in NAMES}
    numbers = {"rate": written(rate.rate), "priority": str(rate.priority), "version": str(rate.version)}
    return TaxRateForm(formdata=None, data={**values, **numbers})
