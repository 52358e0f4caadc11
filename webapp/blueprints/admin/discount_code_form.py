"""The form of a discount code: what an operator types, read into the facts that the domain keeps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms import TextAreaField as TextArea
from wtforms.validators import Length
from wtforms.widgets import DateTimeLocalInput

from webapp.blueprints.admin import discount_code_words as words
from webapp.blueprints.admin import product_words
from webapp.blueprints.admin.reading import Reader, read_count
from webapp.blueprints.amounts import written
from webapp.blueprints.checkout.cards import every
from webapp.blueprints.form import Form
from webapp.domain import discount_codes, discounts
from webapp.domain.discount_codes import Facts, Worth
from webapp.domain.product_problems import CYCLES_AT_MOST
from webapp.errors import Invalid
from webapp.models import DiscountCode, DiscountType, Product, Renewals
from webapp.money import Money
from webapp.periods import Period

PERCENTAGE = re.compile(r"-?\d{1,6}(?:[.,]\d{1,4})?", re.ASCII)
MOMENT = "%Y-%m-%dT%H:%M"


class DiscountCodeForm(Form):
    """`version`: of the code that was looked at."""

    version = HiddenField()
    code = StringField(_l("Code"))
    name = StringField(_l("Name"), validators=[Length(max=200, message=_l("Use at most 200 characters."))])
    description = TextArea(
        _l("What it is for"), validators=[Length(max=2000, message=_l("Use at most 2000 characters."))]
    )
    type = RadioField(_l("Takes off"), choices=words.types, default=DiscountType.PERCENTAGE, validate_choice=False)
    value = StringField(_l("How much"))
    setup_fee_type = RadioField(
        _l("Takes off the set-up fee"), choices=words.types, default=DiscountType.PERCENTAGE, validate_choice=False
    )
    setup_fee_value = StringField(_l("How much of the set-up fee"))
    currency = SelectField(_l("Currency"), choices=product_words.currencies, validate_choice=False)
    apply_to_renewals = RadioField(
        _l("Counts for"), choices=words.renewals, default=Renewals.NEVER, validate_choice=False
    )
    renewals_limit = StringField(_l("Number of renewals"))
    max_uses = StringField(_l("Uses at most"))
    starts_at = StringField(_l("Valid from"), widget=DateTimeLocalInput())
    expires_at = StringField(_l("Valid until"), widget=DateTimeLocalInput())
    allowed_products = SelectMultipleField(_l("Products"), choices=[], validate_choice=False)
    allowed_periods = SelectMultipleField(_l("Billing periods"), choices=[], validate_choice=False)
    active = BooleanField(_l("Switched on"), default=True)

    def offer(self, products: Sequence[Product]) -> None:
        """What may be ticked: these products, the periods they are sold for, and what is ticked already."""
        slugs = [(one.slug, one.name) for one in products]
        gone = [(one, one) for one in self.allowed_products.data or () if one not in dict(slugs)]
        periods = {str(one): every(one) for one in discount_codes.periods_sold(products)}
        kept = {one: word_of(one) for one in self.allowed_periods.data or () if one not in periods}
        self.allowed_products.choices = [*slugs, *gone]
        self.allowed_periods.choices = [*periods.items(), *kept.items()]

    def problems(self) -> list[tuple[str, str]]:
        """(field id, sentence), for the summary above the form."""
        return [(field.id, str(message)) for field in self for message in field.errors]

    def refuse(self, problem: Invalid) -> None:
        field = self[problem.field or "code"]
        field.errors = [*field.errors, problem.message]


def word_of(text: str) -> str:
    """A period as it is called; what is none stays as it was sent."""
    try:
        return every(Period.parse(text))
    except ValueError:
        return text


def values_of(code: DiscountCode) -> dict[str, Any]:
    """What the form shows of a code."""
    return {
        **{name: getattr(code, name) for name in ("code", "name", "description", "currency", "active")},
        "version": str(code.version),
        "type": str(code.type),
        "value": typed(code.type, code.value, code.currency),
        "setup_fee_type": str(code.setup_fee_type),
        "setup_fee_value": typed(code.setup_fee_type, code.setup_fee_value, code.currency),
        "apply_to_renewals": str(code.apply_to_renewals),
        "renewals_limit": str(code.renewals_limit or ""),
        "max_uses": str(code.max_uses or ""),
        "starts_at": f"{code.starts_at:{MOMENT}}" if code.starts_at else "",
        "expires_at": f"{code.expires_at:{MOMENT}}" if code.expires_at else "",
        "allowed_products": list(code.allowed_products),
        "allowed_periods": list(code.allowed_periods),
    }


def typed(kind: DiscountType, value: Decimal, currency: str | None) -> str:
    """What is taken off, as it stands in its field; nothing for nothing."""
    if not value:
        return ""
    if kind == DiscountType.ABSOLUTE and currency:
        return written(Money(int(value), currency))
    text = f"{value.normalize():f}"
    return text.replace(".", ",") if str(get_locale()) == "de" else text


# -- reading -----------------------------------------------------------------------------------------------------
def read_facts(form: DiscountCodeForm, currency: str) -> tuple[Facts, bool]:
    """What the form says, and whether all of it could be read. `currency`: where none is chosen."""
    reader = Reader(currency)
    code = form.currency.data or currency
    renewals = Renewals(form.apply_to_renewals.data) if form.apply_to_renewals.data in set(Renewals) else Renewals.NEVER
    first = renewals == Renewals.FIRST
    limit = reader.count(form.renewals_limit, CYCLES_AT_MOST) if first else 0
    facts = Facts(
        code=discounts.normalise(form.code.data or ""),
        name=(form.name.data or "").strip(),
        description=(form.description.data or "").strip(),
        worth=_worth(reader, form.type, form.value, code),
        setup_fee=_worth(reader, form.setup_fee_type, form.setup_fee_value, code),
        currency=form.currency.data or "",
        apply_to_renewals=renewals,
        renewals_limit=limit,
        max_uses=reader.take(form.max_uses, lambda text: read_count(text, 0, discount_codes.USES_AT_MOST, 0), 0),
        starts_at=reader.take(form.starts_at, read_moment, None),
        expires_at=reader.take(form.expires_at, read_moment, None),
        allowed_products=tuple(form.allowed_products.data or ()),
        allowed_periods=tuple(form.allowed_periods.data or ()),
    )
    return facts, reader.fine


def _worth(reader: Reader, kind: Field, value: Field, currency: str) -> Worth:
    if kind.data == DiscountType.ABSOLUTE:
        return Worth(DiscountType.ABSOLUTE, Decimal(reader.minor(value, optional=True, currency=currency)))
    return Worth(DiscountType.PERCENTAGE, reader.take(value, read_percentage, Decimal(0)))


def read_percentage(text: str) -> Decimal:
    """`12.5`, `12,5 %`; nothing for an empty field. Raises Invalid."""
    plain = text.removesuffix("%").strip()
    if not plain:
        return Decimal(0)
    if not PERCENTAGE.fullmatch(plain):
        raise Invalid(_("Enter a percentage like 12.5."))
    return Decimal(plain.replace(",", "."))


def read_moment(text: str) -> datetime | None:
    """What a field for day and time sends, in UTC. Raises Invalid."""
    if not text:
        return None
    try:
        return datetime.strptime(text[:16], MOMENT).replace(tzinfo=UTC)
    except ValueError as error:
        raise Invalid(_("Enter a day and a time.")) from error
