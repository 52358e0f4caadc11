"""What an operator typed into the form of a product, read into the facts that the domain keeps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from flask_babel import gettext as _
from wtforms import Field

from webapp.blueprints import limit_words
from webapp.blueprints.admin.product_form import ONCE, STAYS, CurrencyRow, ProductForm
from webapp.blueprints.admin.reading import Reader
from webapp.currencies import in_use
from webapp.domain import product_facts, product_problems
from webapp.domain.limits import Limit
from webapp.domain.product_facts import Elsewhere, Facts
from webapp.errors import Invalid
from webapp.models import PricingType, ProductType, PwywRecurring
from webapp.money import Money
from webapp.periods import Period, Unit

FEATURES_AT_MOST, FEATURE_LONGEST = 30, 120


def read_facts(form: ProductForm, currency: str) -> tuple[Facts, bool]:
    """What the form says, and whether all of it could be read. What does not matter to the way it is priced is not
    read."""
    reader = Reader(currency)
    pricing = PricingType(form.pricing_type.data) if form.pricing_type.data in set(PricingType) else PricingType.PAID
    paid, named = pricing == PricingType.PAID, pricing == PricingType.PAY_WHAT_YOU_WANT
    mode = recurring_mode(form)
    again = form.charged.data != ONCE if paid else named and mode != PwywRecurring.FORCE_ONE_TIME
    cycles = reader.count(form.billing_cycles, product_problems.CYCLES_AT_MOST, empty=0) if again else 0
    facts = Facts(
        name=(form.name.data or "").strip(),
        slug=(form.slug.data or "").strip().lower() or product_facts.slug_from(form.name.data or ""),
        description=(form.description.data or "").strip(),
        type=ProductType(form.type.data) if form.type.data in set(ProductType) else ProductType.PLAN,
        pricing_type=pricing,
        amount=Money(reader.minor(form.amount) if paid else 0, currency),
        setup_fee_minor=reader.minor(form.setup_fee, optional=True) if paid or named else 0,
        recurring=again,
        period=reader.period(form.duration, form.duration_unit) if again else Period(1, Unit.MONTH),
        billing_cycles=cycles,
        stays_for_life=form.afterwards.data == STAYS,
        trial=_trial(reader, form) if again else None,
        variations=_variations(reader, form) if again and paid else (),
        currency_prices=_currency_prices(reader, form, again) if paid else (),
        pwyw_minimum_minor=reader.minor(form.pwyw_minimum, optional=True) if named else 0,
        pwyw_suggested_minor=reader.minor(form.pwyw_suggested, optional=True) if named else 0,
        pwyw_maximum_minor=reader.minor(form.pwyw_maximum, optional=True) if named else 0,
        pwyw_recurring_mode=mode,
        contact_us_label=(form.contact_us_label.data or "").strip(),
        contact_us_link=(form.contact_us_link.data or "").strip(),
        feature_list=_features(reader, form),
        taxable=bool(form.taxable.data),
        tax_category=(form.tax_category.data or "").strip() or "default",
        product_group=(form.product_group.data or "").strip(),
        provisioner=form.provisioner.data or "",
        limits=_limits(reader, form),
        flags=reader.take(form.flags, limit_words.read_flags, ()),
        available_addons=_addons(reader, form) if form.type.data == ProductType.PLAN else (),
        site_templates=tuple(dict.fromkeys(form.site_templates.data or ()))
        if form.type.data == ProductType.PLAN
        else (),
        list_order=reader.count(form.list_order, 1_000_000, least=0),
    )
    return facts, reader.fine


def recurring_mode(form: ProductForm) -> PwywRecurring:
    mode = form.pwyw_recurring_mode.data
    return PwywRecurring(mode) if mode in set(PwywRecurring) else PwywRecurring.CUSTOMER_CHOICE


def _trial(reader: Reader, form: ProductForm) -> Period | None:
    field = form.trial_duration
    if (field.data or "").strip() in ("", "0"):
        return None
    return reader.period(field, form.trial_duration_unit)


def _variations(reader: Reader, form: ProductForm) -> tuple[tuple[Period, int], ...]:
    rows = [row.form for row in form.variations]
    return tuple((reader.period(row.duration, row.duration_unit), reader.minor(row.amount)) for row in rows)


def _currency_prices(reader: Reader, form: ProductForm, again: bool) -> tuple[Elsewhere, ...]:
    """`again`: whether the other periods count."""
    rows = ((entry.form, reader.take(entry.form.currency, _currency, "")) for entry in form.currency_prices)
    return tuple(_elsewhere(reader, row, code, again) for row, code in rows if code)


def _elsewhere(reader: Reader, row: CurrencyRow, code: str, again: bool) -> Elsewhere:
    others = row.variations if again else ()
    return Elsewhere(
        currency=code,
        amount_minor=reader.minor(row.amount, currency=code),
        setup_fee_minor=reader.minor(row.setup_fee, optional=True, currency=code),
        variations=tuple(reader.minor(one, currency=code) if (one.data or "").strip() else None for one in others),
    )


def _currency(text: str) -> str:
    if text not in in_use():
        raise Invalid(_("Choose a currency."))
    return text


def _addons(reader: Reader, form: ProductForm) -> tuple[int, ...]:
    field = form.available_addons
    typed = [one for one in field.data or () if one.isascii() and one.isdigit() and len(one) < 16]
    if len(typed) != len(field.data or ()):
        field.errors = [*field.errors, _("Choose from the list.")]
        reader.fine = False
    return tuple(dict.fromkeys(int(one) for one in typed))


def _limits(reader: Reader, form: ProductForm) -> tuple[tuple[str, int | None], ...]:
    """Those that are said."""
    return tuple(read_limits(reader, {limit: form[f"limit_{limit}"] for limit in Limit}).items())


def read_limits(reader: Reader, fields: Mapping[Limit, Field]) -> dict[str, int | None]:
    """Of those fields in which something stands."""
    unread: int | None = 0
    said = {limit: field for limit, field in fields.items() if (field.data or "").strip()}
    return {str(limit): reader.take(field, partial(limit_words.read, limit), unread) for limit, field in said.items()}


def _features(reader: Reader, form: ProductForm) -> tuple[str, ...]:
    def read(text: str) -> tuple[str, ...]:
        lines = tuple(line.strip() for line in text.splitlines() if line.strip())
        if len(lines) > FEATURES_AT_MOST or any(len(line) > FEATURE_LONGEST for line in lines):
            most = {"lines": FEATURES_AT_MOST, "characters": FEATURE_LONGEST}
            raise Invalid(_("Use at most %(lines)s lines of %(characters)s characters each.", **most))
        return lines

    return reader.take(form.features, read, ())
