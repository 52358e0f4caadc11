"""Discount codes by the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields
from sqlalchemy import select

from webapp.blueprints.admin import searches
from webapp.blueprints.api import rows
from webapp.blueprints.api.fields import (
    COMMON,
    DECIMAL,
    Choice,
    Currency,
    Flag,
    Id,
    Instant,
    PeriodText,
    Reference,
    Several,
    Shape,
    Text,
    Whole,
    plain,
    told,
)
from webapp.blueprints.api.lists import List
from webapp.blueprints.api.operations import Answer, check_match, operation
from webapp.blueprints.api.refusals import InvalidFields
from webapp.domain import catalog, discount_codes
from webapp.domain.discount_codes import LONGEST, USES_AT_MOST, Facts, Worth
from webapp.domain.discounts import normalise
from webapp.domain.product_problems import CYCLES_AT_MOST
from webapp.models import DiscountCode, DiscountType, Renewals

TAG = "discount-codes"
READ, WRITE = ("discount-codes:read",), ("discount-codes:write",)
ABOUT_VALUE = "A percentage as a decimal string, or minor units of `currency` as a whole number; its type says which."


class Value(fields.Field[Any]):
    """A percentage as a decimal string; an absolute one as minor units, which may come as a string too."""

    default_error_messages = {**COMMON, "invalid": _l("Send a decimal as a string, like 7.25, or minor units.")}

    def __init__(self, **options: Any) -> None:
        kinds = [{"type": "string", "pattern": "^-?\\d{1,12}(\\.\\d{1,12})?$"}, {"type": "integer"}]
        super().__init__(**told(options, oneOf=kinds, description=ABOUT_VALUE))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Decimal:
        text = str(value) if type(value) is int else value
        if not isinstance(text, str) or not DECIMAL.fullmatch(text):
            raise self.make_error("invalid")
        return Decimal(text)


class RenewalsField(fields.Field[Any]):
    """`never`, `always`, or `first` with `renewals_limit`; also `true`, `false`, or a number: the first so many."""

    default_error_messages = {**COMMON, "invalid": _l("Send never, always or first.")}

    def __init__(self, **options: Any) -> None:
        words = {"type": "string", "enum": [str(one) for one in Renewals]}
        kinds = [words, {"type": "boolean"}, {"type": "integer", "minimum": 1}]
        super().__init__(**told(options, oneOf=kinds))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Renewals | int:
        if isinstance(value, bool):
            return Renewals.ALWAYS if value else Renewals.NEVER
        if type(value) is int and 0 < value <= CYCLES_AT_MOST:
            return value
        if not isinstance(value, str) or value not in set(Renewals):
            raise self.make_error("invalid")
        return Renewals(value)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str:
        return str(value)


class DiscountCodeNew(Shape):
    """A code, compared in upper case."""

    code = Text(longest=LONGEST, filled=True, required=True)
    name = Text(metadata={"description": "For operators."})
    description = Text(longest=2000)
    type = Choice(DiscountType, metadata={"default": "percentage"})
    value = Value()
    setup_fee_type = Choice(DiscountType, metadata={"default": "percentage"})
    setup_fee_value = Value()
    currency = Currency(allow_none=True, metadata={"description": "Of what is absolute."})
    apply_to_renewals = RenewalsField()
    renewals_limit = Whole(most=CYCLES_AT_MOST, metadata={"description": "With `first`: how many."})
    max_uses = Whole(most=USES_AT_MOST, metadata={"default": 0, "description": "0: any number."})
    active = Flag(metadata={"default": True})
    date_start = Instant(allow_none=True, attribute="starts_at")
    date_expiration = Instant(allow_none=True, attribute="expires_at", metadata={"description": "The last instant."})
    limit_products = Flag(metadata={"description": "`false` forgets `allowed_products`."})
    allowed_products = Several(Reference(), metadata={"description": "By slug or id; none: all."})
    limit_billing_periods = Flag(metadata={"description": "`false` forgets `allowed_billing_periods`."})
    allowed_billing_periods = Several(
        PeriodText(longest=20), attribute="allowed_periods", metadata={"description": "Like `1-year`; none: all."}
    )


class DiscountCodeShown(DiscountCodeNew):
    """A discount code."""

    id = Id()
    uses = Whole(metadata={"description": "How often it was redeemed."})
    date_created = Instant(attribute="created_at")
    date_modified = Instant(attribute="updated_at")


SENT = {"code": "SUMMER", "value": "10", "apply_to_renewals": "first", "renewals_limit": 3}
TOLD = {
    **SENT,
    "name": "",
    "description": "",
    "type": "percentage",
    "setup_fee_type": "percentage",
    "setup_fee_value": "0",
    "currency": None,
    "max_uses": 0,
    "active": True,
    "date_start": None,
    "date_expiration": None,
    "limit_products": False,
    "allowed_products": [],
    "limit_billing_periods": False,
    "allowed_billing_periods": [],
    "id": 1,
    "uses": 0,
    "date_created": "2027-01-31T10:00:00Z",
    "date_modified": "2027-01-31T10:00:00Z",
}
CODES = List(
    DiscountCode,
    sorts={"id": DiscountCode.id, "code": DiscountCode.code},
    search=lambda text: searches.contains(DiscountCode.code + " " + DiscountCode.name, text),
    statuses={"active": DiscountCode.active.is_(True), "inactive": DiscountCode.active.is_(False)},
)


@operation(
    "GET",
    "/discount-codes",
    tag=TAG,
    scopes=READ,
    query=CODES.asked(),
    gives=DiscountCodeShown(),
    many=True,
    answer=TOLD,
)
def list_discount_codes(query: dict[str, Any]) -> Answer:
    """List discount codes."""
    return CODES.answer(query, rows.each(shown))


@operation("GET", "/discount-codes/<discount_code>", tag=TAG, scopes=READ, gives=DiscountCodeShown(), answer=TOLD)
def get_discount_code(discount_code: str) -> Answer:
    """Read a discount code."""
    code = find(discount_code)
    return Answer(shown(code), rows.tag(code))


def find(text: str) -> DiscountCode:
    """By the code as it is typed, or by its id. Raises NotFound."""
    found: DiscountCode = rows.find(select(DiscountCode), DiscountCode.code, DiscountCode.id, normalise(text))
    return found


@operation(
    "POST",
    "/discount-codes",
    tag=TAG,
    scopes=WRITE,
    body=DiscountCodeNew(),
    gives=DiscountCodeShown(),
    status=201,
    example=SENT,
    answer=TOLD,
)
def create_discount_code(body: dict[str, Any]) -> Answer:
    """Make a discount code."""
    facts = facts_of(Facts(code=""), body)
    refuse(facts)
    code = discount_codes.create(facts, active=body.get("active", True))
    return rows.made(shown(code), rows.tag(code), "get_discount_code", discount_code=code.code)


@operation(
    "PATCH",
    "/discount-codes/<discount_code>",
    tag=TAG,
    scopes=WRITE,
    body=DiscountCodeNew(partial=True),
    gives=DiscountCodeShown(),
    refusals=(412,),
    example={"max_uses": 100},
    answer={**TOLD, "max_uses": 100},
)
def update_discount_code(discount_code: str, body: dict[str, Any]) -> Answer:
    """Change a discount code.

    Memberships keep the code as it was when they were bought.
    """
    code = discount_codes.locked(find(discount_code).id)
    check_match(rows.tag(code))
    before = discount_codes.facts_of(code)
    facts = facts_of(before, body)
    refuse(facts, code)
    if facts != before:
        discount_codes.change(code, facts, seen=code.version)
    discount_codes.switch(code, on=body.get("active", code.active))
    return Answer(shown(code), rows.tag(code))


@operation("DELETE", "/discount-codes/<discount_code>", tag=TAG, scopes=WRITE, status=204, refusals=(409, 412))
def delete_discount_code(discount_code: str) -> Answer:
    """Delete a discount code.

    One that was used is refused; switch it off instead.
    """
    code = discount_codes.locked(find(discount_code).id)
    check_match(rows.tag(code))
    discount_codes.delete(code)
    return Answer()


NAMES = {"starts_at": "date_start", "expires_at": "date_expiration", "allowed_periods": "allowed_billing_periods"}
SAME = ("name", "description", "apply_to_renewals", "renewals_limit", "max_uses", "starts_at", "expires_at")


def refuse(facts: Facts, code: DiscountCode | None = None) -> None:
    rows.refuse(discount_codes.problems(facts, code), NAMES)


def facts_of(before: Facts, body: Mapping[str, Any]) -> Facts:
    """What is kept once this was said of it. Raises InvalidFields."""
    given: dict[str, Any] = {name: body[name] for name in SAME if name in body}
    if type(renewals := given.get("apply_to_renewals")) is int:
        given |= {"apply_to_renewals": Renewals.FIRST, "renewals_limit": renewals}
    if "code" in body:
        given["code"] = normalise(body["code"])
    if "currency" in body:
        given["currency"] = body["currency"] or ""
    given["worth"] = worth(before.worth, body, "type", "value")
    given["setup_fee"] = worth(before.setup_fee, body, "setup_fee_type", "setup_fee_value")
    if "allowed_products" in body or body.get("limit_products") is False:
        wanted = body.get("allowed_products", ())
        given["allowed_products"] = () if body.get("limit_products") is False else slugs_of(wanted)
    if "allowed_periods" in body or body.get("limit_billing_periods") is False:
        wanted = body.get("allowed_periods", ())
        given["allowed_periods"] = () if body.get("limit_billing_periods") is False else tuple(dict.fromkeys(wanted))
    return replace(before, **given)


def worth(before: Worth, body: Mapping[str, Any], kind: str, value: str) -> Worth:
    return Worth(body.get(kind, before.type), body.get(value, before.value))


def slugs_of(references: Sequence[str]) -> tuple[str, ...]:
    """Raises InvalidFields for a product that there is not."""
    known = catalog.find_many(references)
    for place, one in enumerate(references):
        if one not in known:
            raise InvalidFields({f"allowed_products.{place}": _("There is no product %(name)s.", name=one)})
    return tuple(dict.fromkeys(known[one].slug for one in references))


def shown(code: DiscountCode) -> dict[str, Any]:
    names = ("id", "code", "name", "description", "type", "setup_fee_type", "currency", "apply_to_renewals")
    others = ("renewals_limit", "max_uses", "uses", "active", "starts_at", "expires_at", "created_at", "updated_at")
    return {
        **{name: getattr(code, name) for name in (*names, *others)},
        "value": said(code.type, code.value),
        "setup_fee_value": said(code.setup_fee_type, code.setup_fee_value),
        "limit_products": bool(code.allowed_products),
        "allowed_products": list(code.allowed_products),
        "limit_billing_periods": bool(code.allowed_periods),
        "allowed_periods": list(code.allowed_periods),
    }


def said(kind: DiscountType, value: Decimal) -> str | int:
    return int(value) if kind == DiscountType.ABSOLUTE else plain(value)
