"""The form of a product: its fields, what they show of one, and its rows of prices."""

from __future__ import annotations

from typing import Any

import wtforms
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms import TextAreaField as TextArea
from wtforms.validators import DataRequired, Length

from webapp.blueprints import limit_words
from webapp.blueprints.admin import product_words as words
from webapp.blueprints.amounts import written
from webapp.blueprints.form import Form
from webapp.blueprints.limit_words import NAMES
from webapp.domain.limits import Limit
from webapp.errors import Invalid
from webapp.models import PricingType, Product, ProductType, PwywRecurring
from webapp.money import Money
from webapp.periods import Period, Unit

ROWS_AT_MOST, CURRENCIES_AT_MOST = 12, 12
AGAIN, ONCE = "again", "once"
EXPIRES, STAYS = "expires", "stays"


class VariationRow(wtforms.Form):
    """The price for another period."""

    amount = StringField(_l("Price"))
    duration = StringField(_l("Charged every"))
    duration_unit = SelectField(_l("Unit"), choices=words.units, default=Unit.YEAR)


class CurrencyRow(wtforms.Form):
    """The prices in another currency; `variations`: for the form's other periods, in their order."""

    currency = SelectField(_l("Currency"), choices=words.currencies, validate_choice=False)
    amount = StringField(_l("Price"))
    setup_fee = StringField(_l("Set-up fee"))
    variations = FieldList(StringField(_l("Price")))


class ProductForm(Form):
    """`version`: of the product that was looked at; `placed`: the order that it had then."""

    version = HiddenField()
    placed = HiddenField()
    name = StringField(
        _l("Name"),
        validators=[DataRequired(_l("Enter a name.")), Length(max=200, message=_l("Use at most 200 characters."))],
    )
    slug = StringField(_l("Name in addresses"))
    type = SelectField(_l("Type"), choices=words.types, default=ProductType.PLAN)
    description = TextArea(_l("Short text"), validators=[Length(max=2000, message=_l("Use at most 2000 characters."))])
    features = TextArea(_l("Features"))
    pricing_type = RadioField(_l("Pricing"), choices=words.pricing_types, default=PricingType.PAID)
    amount = StringField(_l("Price"))
    charged = RadioField(_l("How often it is charged"), choices=words.ways_to_charge, default=AGAIN)
    duration = StringField(_l("Charged every"), default="1")
    duration_unit = SelectField(_l("Unit"), choices=words.units, default=Unit.MONTH)
    variations = FieldList(FormField(VariationRow))
    currency_prices = FieldList(FormField(CurrencyRow))
    pwyw_minimum = StringField(_l("Lowest amount"))
    pwyw_suggested = StringField(_l("Suggested amount"))
    pwyw_maximum = StringField(_l("Highest amount"))
    pwyw_recurring_mode = RadioField(
        _l("How often it is charged"), choices=words.recurring_modes, default=PwywRecurring.CUSTOMER_CHOICE
    )
    contact_us_label = StringField(_l("Words on the button"), default=words.contact_us)
    contact_us_link = StringField(_l("Where the button leads"))
    billing_cycles = StringField(_l("Number of payments"))
    afterwards = RadioField(_l("After the last payment"), choices=words.ways_to_end, default=EXPIRES)
    trial_duration = StringField(_l("Free trial"))
    trial_duration_unit = SelectField(_l("Unit"), choices=words.units, default=Unit.DAY)
    setup_fee = StringField(_l("Set-up fee"))
    taxable = BooleanField(_l("Taxed"), default=True)
    tax_category = SelectField(_l("Tax category"), choices=[], default="default", validate_choice=False)
    product_group = StringField(_l("Group"))
    provisioner = SelectField(_l("Sites are made by"), choices=[], default="", validate_choice=False)
    limit_sites = StringField(NAMES[Limit.SITES])
    limit_custom_domains = StringField(NAMES[Limit.CUSTOM_DOMAINS])
    limit_pages = StringField(NAMES[Limit.PAGES])
    limit_disk = StringField(NAMES[Limit.DISK])
    limit_visits = StringField(NAMES[Limit.VISITS])
    flags = StringField(_l("Further features, as words"))
    available_addons = SelectMultipleField(_l("Offered with it"), choices=[], validate_choice=False)
    site_templates = SelectMultipleField(_l("Templates"), choices=[], validate_choice=False)
    list_order = StringField(_l("Place in lists"), default="10")
    active = BooleanField(_l("On sale"), default=True)

    def every_field(self) -> list[Field]:
        """In their order on the page, those of the rows in their place."""
        return [one for field in self for one in fields_in(field)]

    def refuse(self, problem: Invalid) -> None:
        """Say it beside the field that it names: `slug`, or `currency_prices-1-variations-0` for a field in rows."""
        target: Any = self
        for step in (problem.field or "name").split("-"):
            inner = target.form if isinstance(target, FormField) else target
            target = inner[int(step)] if isinstance(inner, FieldList) else inner[step]
        target.errors = [*target.errors, problem.message]

    def align(self) -> None:
        """Give each currency one field for each of the other periods."""
        for row in self.currency_prices:
            while len(row.form.variations) < len(self.variations):
                row.form.variations.append_entry("")
            while len(row.form.variations) > len(self.variations):
                row.form.variations.pop_entry()


def fields_in(field: Field) -> list[Field]:
    """The field itself, or those that are inside of it."""
    inside = field.form if isinstance(field, FormField) else field if isinstance(field, FieldList) else None
    return [field] if inside is None else [one for inner in inside for one in fields_in(inner)]


AS_THEY_ARE = ("name", "slug", "description", "taxable", "tax_category", "product_group", "provisioner")


def values_of(product: Product) -> dict[str, Any]:
    """What the form shows of a product."""
    trial, own = product.trial, product.currency
    others = [one for one in product.variations if not one.currency]
    periods = [one.period for one in others]
    return {
        **{name: getattr(product, name) for name in AS_THEY_ARE},
        "version": str(product.version),
        "placed": str(product.list_order),
        "list_order": str(product.list_order),
        "type": str(product.type),
        "features": "\n".join(product.feature_list),
        "pricing_type": str(product.pricing_type),
        "amount": _typed(product.amount_minor, own),
        "charged": AGAIN if product.recurring or product.pricing_type != PricingType.PAID else ONCE,
        "duration": str(product.duration),
        "duration_unit": str(product.duration_unit),
        "variations": [_row(one.period, Money(one.amount_minor, own)) for one in others],
        "currency_prices": [_currency_row(product, one, periods) for one in product.currencies()[1:]],
        "billing_cycles": str(product.billing_cycles or ""),
        "afterwards": STAYS if product.stays_for_life else EXPIRES,
        "trial_duration": str(trial.count) if trial else "",
        "trial_duration_unit": str(product.trial_duration_unit),
        "setup_fee": _typed(product.setup_fee_minor, own),
        "pwyw_minimum": _typed(product.pwyw_minimum_minor, own),
        "pwyw_suggested": _typed(product.pwyw_suggested_minor, own),
        "pwyw_maximum": _typed(product.pwyw_maximum_minor, own),
        "pwyw_recurring_mode": str(product.pwyw_recurring_mode),
        "contact_us_label": product.contact_us_label or words.contact_us(),
        "contact_us_link": product.contact_us_link,
        "available_addons": [str(one) for one in product.available_addons],
        **{f"limit_{limit}": limit_words.written(limit, product.limits) for limit in Limit},
        "site_templates": list(product.site_templates),
        "flags": limit_words.written_flags(product.flags),
    }


def _typed(minor: int, currency: str) -> str:
    """An amount as it stands in a field; nothing where there is none."""
    return written(Money(minor, currency)) if minor else ""


def _row(period: Period, price: Money) -> dict[str, str]:
    return {"amount": written(price), "duration": str(period.count), "duration_unit": str(period.unit)}


def _currency_row(product: Product, currency: str, periods: list[Period]) -> dict[str, Any]:
    prices = [product.price_for(one, currency) for one in periods]
    base = product.price_in(currency)
    return {
        "currency": currency,
        "amount": written(base) if base is not None else "",
        "setup_fee": _typed(product.setup_fee_in(currency).minor, currency),
        "variations": [written(one) if one is not None else "" for one in prices],
    }


# -- rows of other periods and currencies ------------------------------------------------------------------------
def add_row(form: ProductForm) -> None:
    if len(form.variations) < ROWS_AT_MOST:
        form.variations.append_entry({"duration": "1", "duration_unit": str(Unit.YEAR)})
    form.align()


def add_currency(form: ProductForm) -> None:
    if len(form.currency_prices) < CURRENCIES_AT_MOST:
        form.currency_prices.append_entry({})
    form.align()


def remove_row(form: ProductForm, name: str) -> None:
    """`name`: of the row, as its button says it. The others keep what was typed."""
    place = next((place for place, row in enumerate(form.variations) if row.name == name), None)
    currencies = [row.data for row in form.currency_prices if row.name != name]
    if place is not None:
        for row in currencies:
            del row["variations"][place : place + 1]
    _fill(form.variations, [row.data for row in form.variations if row.name != name])
    _fill(form.currency_prices, currencies)


def _fill(rows: FieldList, values: list[dict[str, Any]]) -> None:
    while len(rows):
        rows.pop_entry()
    rows.last_index = -1
    for one in values:
        rows.append_entry(one)
