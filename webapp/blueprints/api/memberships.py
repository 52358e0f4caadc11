"""Memberships by the API, to read."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from webapp.blueprints.admin.memberships import search
from webapp.blueprints.api import rows
from webapp.blueprints.api.fields import HIGHEST, Amount, Answers, Choice, Flag, Id, Instant, Number, Shape, Text, Whole
from webapp.blueprints.api.lists import List
from webapp.blueprints.api.operations import Answer, operation
from webapp.domain import form_answers
from webapp.models import LineType, Membership, MembershipItem, MembershipStatus, Product
from webapp.periods import Unit

TAG, READ = "memberships", ("memberships:read",)


class MembershipProduct(Shape):
    """One product of the agreement, and what a renewal charges for it."""

    product = fields.String(metadata={"description": "Its slug."})
    product_id = Id()
    type = Choice(LineType)
    quantity = Whole()
    unit_price = Amount(least=-HIGHEST)
    recurring = Flag()


class MembershipShown(Shape):
    """The standing agreement between a customer and the network. Without an expiration it is for life."""

    id = Id()
    reference = fields.String()
    customer_id = Id()
    plan = fields.String(metadata={"description": "Its slug."})
    plan_id = Id()
    products = fields.List(fields.Nested(MembershipProduct), metadata={"description": "The plan first."})
    status = Choice(MembershipStatus)
    currency = fields.String()
    amount = Amount(metadata={"description": "What a renewal costs now, in minor units."})
    recurring = Flag()
    auto_renew = Flag()
    duration = Whole(least=1)
    duration_unit = Choice(Unit)
    billing_cycles = Whole(metadata={"description": "0: for ever."})
    stays_for_life = Flag(metadata={"description": "Once its limited cycles are paid."})
    times_billed = Whole()
    gateway = fields.String()
    discount_code = fields.String(allow_none=True)
    cancellation_reason = fields.String()
    answers = Answers()
    date_created = Instant()
    date_modified = Instant()
    date_activated = Instant(allow_none=True)
    date_trial_end = Instant(allow_none=True)
    date_expiration = Instant(allow_none=True)
    date_next_charge = Instant(allow_none=True)
    cancel_at = Instant(allow_none=True, metadata={"description": "Asked to end then; served until."})
    date_cancellation = Instant(allow_none=True)


TOLD = {
    "id": 7,
    "reference": "S1Zpzm0oDQ7Y2XhGHVXPMg",
    "customer_id": 5,
    "plan": "premium",
    "plan_id": 2,
    "products": [
        {"product": "premium", "product_id": 2, "type": "product", "quantity": 1, "unit_price": 2999, "recurring": True}
    ],
    "status": "active",
    "currency": "EUR",
    "amount": 2999,
    "recurring": True,
    "auto_renew": True,
    "duration": 1,
    "duration_unit": "month",
    "billing_cycles": 0,
    "stays_for_life": False,
    "times_billed": 1,
    "gateway": "stripe",
    "discount_code": None,
    "cancellation_reason": "",
    "answers": {"shoe_size": "42"},
    "date_created": "2027-01-31T10:00:00Z",
    "date_modified": "2027-01-31T10:00:00Z",
    "date_activated": "2027-01-31T10:00:00Z",
    "date_trial_end": None,
    "date_expiration": "2027-02-28T10:00:00Z",
    "date_next_charge": "2027-02-28T10:00:00Z",
    "cancel_at": None,
    "date_cancellation": None,
}
OPTIONS = (
    joinedload(Membership.plan).load_only(Product.slug),
    selectinload(Membership.items).joinedload(MembershipItem.product).load_only(Product.slug),
)
MEMBERSHIPS = List(
    Membership,
    sorts={"date_created": Membership.created_at, "id": Membership.id},
    search=search,
    statuses={str(one): Membership.status == one for one in MembershipStatus},
    filters={
        "customer_id": lambda value: Membership.customer_id == value,
        "product": lambda value: Membership.plan_id.in_(rows.product_ids(value)),
    },
    options=OPTIONS,
)
ASKED = MEMBERSHIPS.asked(
    customer_id=Number(least=1, most=2**63 - 1),
    product=Text(longest=80, metadata={"description": "The plan, by slug or id."}),
)


@operation("GET", "/memberships", tag=TAG, scopes=READ, query=ASKED, gives=MembershipShown(), many=True, answer=TOLD)
def list_memberships(query: dict[str, Any]) -> Answer:
    """List memberships."""
    return MEMBERSHIPS.answer(query, rows.each(shown))


@operation("GET", "/memberships/<membership>", tag=TAG, scopes=READ, gives=MembershipShown(), answer=TOLD)
def get_membership(membership: str) -> Answer:
    """Read a membership.

    By its id or its reference.
    """
    found = shown(rows.find(select(Membership).options(*OPTIONS), Membership.reference, Membership.id, membership))
    return Answer(found, rows.digest(MembershipShown().dump(found)))


def shown(one: Membership) -> dict[str, Any]:
    same = ("id", "reference", "customer_id", "plan_id", "status", "currency", "recurring", "auto_renew", "duration")
    also = ("duration_unit", "billing_cycles", "stays_for_life", "gateway", "cancellation_reason", "cancel_at")
    return {
        **{name: getattr(one, name) for name in (*same, *also)},
        "plan": one.plan.slug,
        "products": [product_shown(item) for item in one.items],
        "amount": one.price_minor,
        "times_billed": one.periods_paid,
        "answers": form_answers.values(one),
        "discount_code": (one.discount or {}).get("code"),
        "date_created": one.created_at,
        "date_modified": one.updated_at,
        "date_activated": one.activated_at,
        "date_trial_end": one.trial_ends_at,
        "date_expiration": one.expires_at,
        "date_next_charge": one.renews_at,
        "date_cancellation": one.cancelled_at,
    }


def product_shown(item: MembershipItem) -> dict[str, Any]:
    return {
        "product": item.product.slug,
        "product_id": item.product_id,
        "type": item.type,
        "quantity": item.quantity,
        "unit_price": item.unit_price_minor,
        "recurring": item.recurring,
    }
