"""What is typed beside the choices of a change: a code, what one pays where one likes, how many, and from when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import Field, RadioField, StringField
from wtforms.validators import Optional

from webapp.blueprints.amounts import written
from webapp.blueprints.checkout import named_prices
from webapp.blueprints.checkout.named_prices import AGAIN, AMOUNT, NamedPrice
from webapp.blueprints.form import Form
from webapp.domain.cart_products import QUANTITY_AT_MOST
from webapp.domain.carts import CartError, Wanted
from webapp.models import LineType, Membership, MembershipItem, Product, ProductType

QUANTITY = "quantity-"
LONGEST = 60
TIMES = {"": None, "now": True, "later": False}


class ChangeForm(Form):
    """Amounts and quantities have fields of their own, `amount-<slug>` and `quantity-<slug>`, where they are asked."""

    period = RadioField(_l("Billing period"), choices=[], validate_choice=False, validators=[Optional()])
    plan = RadioField(_l("Plan"), choices=[], validate_choice=False, validators=[Optional()])
    discount_code = StringField(_l("Voucher code"))
    begins = RadioField(_l("When it begins"), choices=[], validate_choice=False, validators=[Optional()])

    def refuse(self, problem: CartError) -> None:
        """Beside its field; beside the plan where it has none."""
        name = place_of(problem)
        field = self[name] if name in self else self.plan  # noqa: SIM401 - a form has no `get`
        field.errors = [*field.errors, problem.message]


def place_of(problem: CartError) -> str:
    if problem.code == "quantity":
        return f"{QUANTITY}{problem.product}"
    return f"{AMOUNT}{problem.product}" if problem.param == "amount" else problem.param


@dataclass(frozen=True, slots=True)
class Typed:
    """What the products of a change are asked for, and the fields that ask: prices that are named, and quantities."""

    wanted: Sequence[Wanted]
    prices: Sequence[NamedPrice]
    quantities: Sequence[Field]
    given: Sequence[tuple[str, str]]


def read(
    form: ChangeForm, membership: Membership, products: Iterable[Product], given: MultiDict[str, str], *, by_staff: bool
) -> Typed:
    """Of each product that is chosen; what cannot be read is said beside its field."""
    chosen, wanted, quantities = list(products), [], []
    held = {one.product_id: one for one in membership.items if one.recurring and one.type == LineType.PRODUCT}
    fixed = {one.product_id for one in membership.items} - set(held)  # was paid once, and stays as it is
    for product in chosen:
        item = held.get(product.id)
        amount, again = _amount(form, product, item, given) if product.id not in fixed else (None, False)
        number = item.quantity if item is not None else _as_before(membership, product)
        if by_staff and product.id not in fixed:
            field, number = _quantity(form, product, given.get(f"{QUANTITY}{product.slug}", str(number)))
            quantities.append(field)
        wanted.append(Wanted(product.slug, number, amount, again))
    prices = [
        replace(price, again=None) if product.id in held else price  # how often it is paid, was said when it was bought
        for product in chosen
        if product.id not in fixed
        for price in named_prices.fields(form, [product])
    ]
    names = [name for name in given if name.startswith((AMOUNT, AGAIN, QUANTITY)) and name in form]
    return Typed(wanted, prices, quantities, [(name, given[name][:LONGEST]) for name in names])


def _as_before(membership: Membership, product: Product) -> int:
    """Of another plan there are as many as of the one there is."""
    if product.type != ProductType.PLAN:
        return 1
    return next((one.quantity for one in membership.items if one.product_id == membership.plan_id), 1)


def _amount(
    form: ChangeForm, product: Product, item: MembershipItem | None, given: MultiDict[str, str]
) -> tuple[int | None, bool]:
    if not product.is_pay_what_you_want:
        return None, False
    now = written(item.unit_price) if item is not None else ""
    again = item is not None or bool(given.get(f"{AGAIN}{product.slug}"))
    return named_prices.read(form, product, given.get(f"{AMOUNT}{product.slug}", now), again=again), again


def _quantity(form: ChangeForm, product: Product, typed: str) -> tuple[Field, int]:
    name, text = f"{QUANTITY}{product.slug}", typed.strip()[:LONGEST]
    named_prices.join(form, name, StringField(_("How many of %(name)s", name=product.name)), text)
    field: Field = form[name]
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= QUANTITY_AT_MOST:
        return field, int(text[:9])
    field.errors = [_("Enter a whole number from 1 to %(most)s.", most=QUANTITY_AT_MOST)]
    return field, 1
