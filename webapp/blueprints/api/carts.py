"""What an order would cost: the checkout's own reckoning, by program. Nothing is written."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields

from webapp import clock
from webapp.blueprints.api import keys
from webapp.blueprints.api.fields import (
    COMMON,
    HIGHEST,
    Amount,
    Choice,
    Currency,
    Flag,
    Id,
    Instant,
    Reference,
    Several,
    Shape,
    Text,
    Whole,
    told,
)
from webapp.blueprints.api.lines import TOLD, Line, tax_shown
from webapp.blueprints.api.operations import Answer, operation
from webapp.blueprints.api.refusals import InvalidFields
from webapp.countries import countries
from webapp.domain import carts, change_carts
from webapp.domain.cart_lines import CartLine
from webapp.domain.carts import Cart, CartRequest, Wanted
from webapp.domain.change_wishes import ChangeRequest
from webapp.extensions import db
from webapp.models import Membership
from webapp.periods import Period, Unit

PRODUCTS_AT_MOST = 20


class Item(Shape):
    """A product with how many of it and, where the buyer names the price, how much."""

    product = Reference(required=True)
    quantity = Whole(most=10**6, load_default=1, metadata={"default": 1})
    amount = Amount(least=-HIGHEST, metadata={"description": "Where the buyer names it: minor units."})
    recurring = Flag(metadata={"description": "Whether an amount that the buyer names is paid each period."})


class Wish(fields.Field[Any]):
    """A product by slug or id, or an `Item`."""

    default_error_messages = {**COMMON, "invalid": _l("Send a slug or an id.")}
    reference, item = Reference(), Item()

    def __init__(self, **options: Any) -> None:
        one_of = [*self.reference.metadata["oneOf"], {"$ref": "#/components/schemas/Item"}]
        super().__init__(**told(options, oneOf=one_of))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Wanted:
        if not isinstance(value, dict):
            return Wanted(self.reference.deserialize(value))
        return Wanted(**self.item.load(value))


class Country(Text):
    """Two letters of ISO 3166."""

    default_error_messages = {"invalid": _l("Send a country code like DE.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(longest=2, **told(options, pattern="^[A-Za-z]{2}$"))

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> str:
        text = super()._deserialize(value, *args, **more).upper()
        if text and text not in countries("en"):
            raise self.make_error("invalid")
        return text


class Wishes(Shape):
    """What somebody wants to buy, from where, and with which code."""

    products = Several(Wish(), required=True, metadata={"maxItems": PRODUCTS_AT_MOST})
    duration = Whole(least=1, most=3660)
    duration_unit = Choice(Unit)
    discount_code = Text(longest=80)
    country = Country(metadata={"description": "Where tax is due; ISO 3166."})
    state = Text(longest=80)
    city = Text(longest=80)
    tax_id = Text(longest=40, metadata={"description": "A VAT id of the EU."})
    currency = Currency(metadata={"description": "If it is sold in several; else the plan's own."})
    membership_id = Id(metadata={"description": "Price a change of this one; taxed where its customer is."})
    removed = Several(Reference(), metadata={"description": "Of a membership: the extras that shall go."})


class CartLineShown(Line):
    """A line of a cart."""

    later = Flag(metadata={"description": "It is due when the trial ends."})


class Problem(Shape):
    """Why the cart cannot be ordered like this."""

    code = fields.String()
    message = fields.String()
    param = fields.String(metadata={"description": "The field that it belongs to."})


class CartShown(Shape):
    """What it costs. With `errors` it cannot be ordered like this."""

    currency = fields.String()
    cart_type = fields.String()
    line_items = fields.List(fields.Nested(CartLineShown))
    subtotal = Amount(least=-HIGHEST)
    discount_total = Amount(metadata={"description": "What is taken off, as a positive number."})
    tax_total = Amount()
    total = Amount(metadata={"description": "Of everything, also what waits for the end of a trial."})
    due_today = Amount()
    recurring_total = Amount(metadata={"description": "What the next renewal costs."})
    next_charge_at = Instant(allow_none=True)
    trial_ends_at = Instant(allow_none=True)
    starts_at = Instant(allow_none=True, metadata={"description": "Of a change that waits; null: once it is paid."})
    to_credit_balance = Amount(metadata={"description": "Of a change: what is left of what was paid."})
    is_reverse_charged = Flag(metadata={"description": "The buyer owes the tax, by a VAT id that the registry knows."})
    errors = fields.List(fields.Nested(Problem))


CART_TOLD = {
    "currency": "EUR",
    "cart_type": "new",
    "line_items": [{**TOLD, "later": False}],
    "subtotal": 2999,
    "discount_total": 300,
    "tax_total": 513,
    "total": 3212,
    "due_today": 3212,
    "recurring_total": 3569,
    "next_charge_at": "2027-02-28T10:00:00Z",
    "trial_ends_at": None,
    "starts_at": None,
    "to_credit_balance": 0,
    "is_reverse_charged": False,
    "errors": [],
}


@operation(
    "POST",
    "/carts",
    tag="carts",
    scopes=("register", "products:read"),
    body=Wishes(),
    gives=CartShown(),
    parts=(Item(),),
    dry=True,
    tagged=False,
    example={"products": ["premium"], "discount_code": "TEN", "country": "DE"},
    answer=CART_TOLD,
)
def create_cart(body: dict[str, Any]) -> Answer:
    """Price an order.

    Nothing is written. What is wrong with the order is in `errors`, and the answer is 200 all the same; only what
    cannot be read is refused.

    With `membership_id` it is a change of that membership: to the plan that is named, with the extras that are named
    beside those that it has, taxed where its customer is. The key then needs `memberships:read` and `products:read`.
    """
    if "membership_id" in body:  # first of all, so that nobody without the right learns whether there is one
        keys.need(["memberships:read"], ["products:read"])
    if len(body["products"]) > PRODUCTS_AT_MOST:
        raise InvalidFields({"products": _("Send at most %(most)d.", most=PRODUCTS_AT_MOST)})
    if "membership_id" in body:
        return Answer(change_shown(body))
    if "removed" in body:
        raise InvalidFields({"removed": _("This goes only with a membership.")})
    wishes = {name: value for name, value in body.items() if not name.startswith("duration")}
    return Answer(shown(carts.build(CartRequest(**wishes, period=period_of(body)))))


def change_shown(body: dict[str, Any]) -> dict[str, Any]:
    """What other terms for a membership cost, as its customer may ask for them. Raises InvalidFields."""
    membership = db.session.get(Membership, body["membership_id"])
    if membership is None:
        raise InvalidFields({"membership_id": _("There is no such membership.")})
    wish = {name: body[name] for name in ("products", "discount_code", "removed") if name in body}
    offer = change_carts.offer(membership, ChangeRequest(**wish, period=period_of(body)), clock.now())
    if body.get("currency", membership.currency) != membership.currency:
        offer.cart.refuse("currency", _("A membership keeps its currency."), "currency")
    return {**shown(offer.cart), "starts_at": offer.starts_at, "to_credit_balance": offer.surplus.minor}


def period_of(body: dict[str, Any]) -> Period | None:
    """None for none; one word alone is completed, as 1 or as months. Raises InvalidFields."""
    if "duration" not in body and "duration_unit" not in body:
        return None
    try:
        return Period(body.get("duration", 1), body.get("duration_unit", Unit.MONTH))
    except ValueError:
        raise InvalidFields({"duration": _("Nothing is sold for so long.")}) from None


def shown(cart: Cart) -> dict[str, Any]:
    sums = ("subtotal", "discount_total", "tax_total", "total", "due_today", "recurring_total")
    return {
        **{name: getattr(cart, name).minor for name in sums},
        "currency": cart.currency,
        "cart_type": str(cart.type),
        "line_items": [line_shown(one) for one in cart.line_items],
        "next_charge_at": cart.next_charge_at,
        "trial_ends_at": cart.trial_ends_at,
        "starts_at": None,
        "to_credit_balance": 0,
        "is_reverse_charged": cart.is_reverse_charged,
        "errors": cart.errors,
    }


def line_shown(line: CartLine) -> dict[str, Any]:
    amounts = ("subtotal", "discount_total", "tax_total", "total")
    return {
        **{name: getattr(line, name).minor for name in amounts},
        **{name: getattr(line, name) for name in ("title", "quantity", "recurring", "later")},
        "type": str(line.type),
        "product": line.slug or None,
        "unit_price": line.price_each.minor,
        "taxes": [tax_shown(one) for one in line.taxes],
    }
