"""Fields for what is sold at a price that the buyer names: one for the amount, and a tick to pay it again and again.

Which products these are only the catalogue knows, so their fields join the form once it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask_babel import gettext as _
from wtforms import BooleanField, Field, StringField
from wtforms.form import BaseForm
from wtforms.validators import Length

from webapp.blueprints.amounts import read_money, written
from webapp.blueprints.checkout.forms import TEXT, CheckoutForm
from webapp.blueprints.form import Form
from webapp.domain import catalog
from webapp.domain.carts import Wanted
from webapp.errors import Invalid
from webapp.formatting import money, per_period
from webapp.models import Product, PwywRecurring

AMOUNT, AGAIN = "amount-", "again-"


def is_given(values: Mapping[str, Any]) -> bool:
    """Whether the request names any price; nothing is looked up where it does not."""
    return "amount" in values or any(name.startswith((AMOUNT, AGAIN)) for name in values)


def wanted(form: CheckoutForm, slugs: Iterable[str], values: Mapping[str, Any]) -> list[Wanted]:
    """What is ordered, with the prices that the buyer named; what cannot be read is said beside its field.

    `values`: what was sent, or what the address says; `amount` there is the plan's.
    """
    named = list(slugs)
    if not is_given(values):
        return [Wanted(one) for one in named]
    found = catalog.find_many(named)
    return [_wanted(form, one, found.get(one), values) for one in named]


def _wanted(form: CheckoutForm, slug: str, product: Product | None, values: Mapping[str, Any]) -> Wanted:
    if product is None or not product.is_pay_what_you_want:
        return Wanted(slug)
    typed = str(values.get(f"{AMOUNT}{product.slug}", values.get("amount") if slug == form.products.data else "") or "")
    again = bool(values.get(f"{AGAIN}{product.slug}"))
    return Wanted(slug, amount=read(form, product, typed, again=again), recurring=again)


def read(form: Form, product: Product, typed: str, *, again: bool) -> int | None:
    """The amount that was typed, in minor units; what cannot be read is said beside the product's field."""
    field = _add(form, product, typed, again=again)
    try:
        return read_money(typed.strip()[:TEXT], product.currency).minor if typed.strip() else None
    except Invalid as problem:
        if problem.message not in field.process_errors:
            field.process_errors = field.errors = [*field.process_errors, problem.message]
    return None


def _add(form: Form, product: Product, typed: str, *, again: bool) -> Field:
    """The product's fields, made once."""
    name = f"{AMOUNT}{product.slug}"
    if name not in form:
        join(form, name, StringField(_("Your amount for %(name)s", name=product.name), [Length(max=TEXT)]), typed)
        if product.pwyw_recurring_mode == PwywRecurring.CUSTOMER_CHOICE:
            label = _("Pay this amount %(period)s", period=per_period(product.period))
            join(form, f"{AGAIN}{product.slug}", BooleanField(label), again)
    return form[name]


def join(form: Form, name: str, field: Any, value: Any) -> None:
    """One more field, which only this form has."""
    BaseForm.__setitem__(cast(BaseForm, form), name, field)
    form[name].process(None, data=value)


@dataclass(frozen=True, slots=True)
class NamedPrice:
    """What the page asks for one product. `again`: a tick to pay it each period, where the buyer may choose that."""

    amount: Field
    again: Field | None
    hint: str
    currency: str


def fields(form: Form, products: Iterable[Product]) -> list[NamedPrice]:
    """What the page asks for these products; at first the amount that is suggested stands in the field."""
    asked = []
    for product in products:
        if product.is_pay_what_you_want:
            field = _add(form, product, "", again=False)
            if not (field.data or "").strip() and not field.errors:
                field.data = written(product.price) if product.price else ""
            name = f"{AGAIN}{product.slug}"
            again = form[name] if name in form else None  # noqa: SIM401 - a form has no `get`
            asked.append(NamedPrice(field, again, bounds_of(product), product.currency))
    return asked


def bounds_of(product: Product) -> str:
    """Between which amounts the buyer is free."""
    least, most = product.pwyw_minimum, product.pwyw_maximum
    if most is not None:
        return _("From %(least)s to %(most)s.", least=money(least), most=money(most))
    return _("%(least)s or more.", least=money(least)) if least else _("As much as you like.")
