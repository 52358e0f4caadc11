"""The form of a product: what an operator types, read into the facts that the domain keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, FieldList, FormField, HiddenField, RadioField, SelectField, StringField
from wtforms import TextAreaField as TextArea
from wtforms.validators import DataRequired, Length

from webapp.blueprints.admin import product_words as words
from webapp.blueprints.amounts import read_money, written
from webapp.blueprints.form import Form
from webapp.domain import product_facts
from webapp.domain.product_facts import Facts
from webapp.errors import Invalid
from webapp.models import PricingType, Product, ProductType
from webapp.money import Money
from webapp.periods import AT_MOST, Period, Unit

ROWS_AT_MOST = 12
FEATURES_AT_MOST, FEATURE_LONGEST = 30, 120
AGAIN, ONCE = "again", "once"

Value = TypeVar("Value")


class VariationRow(wtforms.Form):
    """The price for another period."""

    amount = StringField(_l("Price"))
    duration = StringField(_l("Charged every"))
    duration_unit = SelectField(_l("Unit"), choices=words.units, default=Unit.YEAR)


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
    billing_cycles = StringField(_l("Number of payments"))
    trial_duration = StringField(_l("Free trial"))
    trial_duration_unit = SelectField(_l("Unit"), choices=words.units, default=Unit.DAY)
    setup_fee = StringField(_l("Set-up fee"))
    taxable = BooleanField(_l("Taxed"), default=True)
    tax_category = StringField(
        _l("Tax category"), default="default", validators=[Length(max=40, message=_l("Use at most 40 characters."))]
    )
    list_order = StringField(_l("Place in lists"), default="10")
    active = BooleanField(_l("On sale"), default=True)

    def problems(self) -> list[tuple[str, str]]:
        """(field id, sentence), for the summary above the form."""
        return [(field.id, str(message)) for field in self.every_field() for message in field.errors]

    def every_field(self) -> list[Field]:
        """In their order on the page, those of the rows in their place."""
        return [
            one
            for field in self
            for one in ([one for row in field for one in row.form] if field is self.variations else [field])
        ]

    def refuse(self, problem: Invalid) -> None:
        """Say it beside the field that it names: `slug`, or `variations-1-amount` for the second row."""
        name, _dash, rest = (problem.field or "name").partition("-")
        place, _dash, inner = rest.partition("-")
        target = self.variations[int(place)].form[inner] if inner else self[name]
        target.errors = [*target.errors, problem.message]


def values_of(product: Product) -> dict[str, Any]:
    """What the form shows of a product."""
    fee, trial = product.setup_fee, product.trial
    return {
        **{name: getattr(product, name) for name in ("name", "slug", "description", "taxable", "tax_category")},
        "version": str(product.version),
        "placed": str(product.list_order),
        "list_order": str(product.list_order),
        "type": str(product.type),
        "features": "\n".join(product.feature_list),
        "pricing_type": str(product.pricing_type),
        "amount": written(product.price) if product.amount_minor else "",
        "charged": AGAIN if product.recurring or product.is_free else ONCE,
        "duration": str(product.duration),
        "duration_unit": str(product.duration_unit),
        "variations": [_row(one.period, Money(one.amount_minor, product.currency)) for one in product.variations],
        "billing_cycles": str(product.billing_cycles or ""),
        "trial_duration": str(trial.count) if trial else "",
        "trial_duration_unit": str(product.trial_duration_unit),
        "setup_fee": written(fee) if fee else "",
    }


def _row(period: Period, price: Money) -> dict[str, str]:
    return {"amount": written(price), "duration": str(period.count), "duration_unit": str(period.unit)}


# -- rows of other periods ---------------------------------------------------------------------------------------
def add_row(form: ProductForm) -> None:
    if len(form.variations) < ROWS_AT_MOST:
        form.variations.append_entry({"duration": "1", "duration_unit": str(Unit.YEAR)})


def remove_row(form: ProductForm, name: str) -> None:
    """`name`: of the row, as its button says it. The others keep what was typed."""
    kept = [row.data for row in form.variations if row.name != name]
    while len(form.variations):
        form.variations.pop_entry()
    form.variations.last_index = -1
    for values in kept:
        form.variations.append_entry(values)


# -- reading -----------------------------------------------------------------------------------------------------
class Reader:
    """Reads the fields one after the other. What cannot be read is said beside its field; `otherwise` stands for it."""

    def __init__(self, form: ProductForm, currency: str) -> None:
        self.form, self.currency, self.fine = form, currency, True

    def take(self, field: Field, read: Callable[[str], Value], otherwise: Value) -> Value:
        try:
            return read((field.data or "").strip())
        except Invalid as problem:
            field.errors = [*field.errors, problem.message]
            self.fine = False
            return otherwise

    def money(self, field: Field, *, optional: bool = False) -> Money:
        zero = Money(0, self.currency)
        return self.take(field, lambda text: zero if optional and not text else read_money(text, self.currency), zero)

    def count(self, field: Field, most: int, *, least: int = 1, empty: int | None = None) -> int:
        return self.take(field, lambda text: read_count(text, least, most, empty), least)

    def period(self, count: Field, unit: Field) -> Period:
        kind = Unit(unit.data) if unit.data in set(Unit) else Unit.MONTH
        return Period(self.count(count, AT_MOST[kind]), kind)


def read_count(text: str, least: int, most: int, empty: int | None) -> int:
    """Raises Invalid with the numbers that are possible."""
    if not text and empty is not None:
        return empty
    if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
        return int(text)
    raise Invalid(_("Enter a whole number from %(least)s to %(most)s.", least=least, most=most))


def read_facts(form: ProductForm, currency: str) -> tuple[Facts, bool]:
    """What the form says, and whether all of it could be read. Of what is free, and of what is charged once, the
    fields that do not matter are not read."""
    reader = Reader(form, currency)
    paid = form.pricing_type.data != PricingType.FREE
    again = paid and form.charged.data != ONCE
    facts = Facts(
        name=(form.name.data or "").strip(),
        slug=(form.slug.data or "").strip().lower() or product_facts.slug_from(form.name.data or ""),
        description=(form.description.data or "").strip(),
        type=ProductType(form.type.data) if form.type.data in set(ProductType) else ProductType.PLAN,
        pricing_type=PricingType.PAID if paid else PricingType.FREE,
        amount=reader.money(form.amount) if paid else Money(0, currency),
        setup_fee_minor=reader.money(form.setup_fee, optional=True).minor if paid else 0,
        recurring=again,
        period=reader.period(form.duration, form.duration_unit) if again else Period(1, Unit.MONTH),
        billing_cycles=reader.count(form.billing_cycles, product_facts.CYCLES_AT_MOST, empty=0) if again else 0,
        trial=_trial(reader) if again else None,
        variations=_variations(reader) if again else (),
        feature_list=_features(reader),
        taxable=bool(form.taxable.data),
        tax_category=(form.tax_category.data or "").strip() or "default",
        list_order=reader.count(form.list_order, 1_000_000, least=0),
    )
    return facts, reader.fine


def _trial(reader: Reader) -> Period | None:
    field = reader.form.trial_duration
    if (field.data or "").strip() in ("", "0"):
        return None
    return reader.period(field, reader.form.trial_duration_unit)


def _variations(reader: Reader) -> tuple[tuple[Period, int], ...]:
    rows = [row.form for row in reader.form.variations]
    return tuple((reader.period(row.duration, row.duration_unit), reader.money(row.amount).minor) for row in rows)


def _features(reader: Reader) -> tuple[str, ...]:
    def read(text: str) -> tuple[str, ...]:
        lines = tuple(line.strip() for line in text.splitlines() if line.strip())
        if len(lines) > FEATURES_AT_MOST or any(len(line) > FEATURE_LONGEST for line in lines):
            most = {"lines": FEATURES_AT_MOST, "characters": FEATURE_LONGEST}
            raise Invalid(_("Use at most %(lines)s lines of %(characters)s characters each.", **most))
        return lines

    return reader.take(reader.form.features, read, ())
