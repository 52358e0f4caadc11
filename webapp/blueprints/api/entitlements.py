"""What the holder of a membership may use by the API, and how much of it is used."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.blueprints.api import rows
from webapp.blueprints.api.fields import Choice, Flag, Id, Shape, Whole
from webapp.blueprints.api.memberships import READ, TAG
from webapp.blueprints.api.operations import Answer, operation
from webapp.domain import entitlements
from webapp.domain.limits import Use
from webapp.models import Membership, MembershipStatus, Product


class UseShown(Shape):
    """How much there is of something, and how much of it is used."""

    limit = Whole(allow_none=True, metadata={"description": "Null: unlimited."})
    used = Whole()
    remaining = Whole(allow_none=True, metadata={"description": "Never below 0. Null: unlimited."})
    over = Flag(metadata={"description": "More is used than there is, as after a change to a smaller plan."})


class OfMembership(Shape):
    """What is counted for all sites together."""

    sites = fields.Nested(UseShown)
    custom_domains = fields.Nested(UseShown)


class OfSite(Shape):
    """What is counted for each site."""

    pages = fields.Nested(UseShown)
    disk = fields.Nested(UseShown, metadata={"description": "Bytes of its pictures."})
    visits = fields.Nested(UseShown, metadata={"description": "Of its pages in this month of UTC."})


class SiteEntitled(Shape):
    """One site of the membership."""

    site_id = Id()
    slug = fields.String(metadata={"description": "Its part of the host before the network's domain."})
    limits = fields.Nested(OfSite)


class EntitlementsShown(Shape):
    """What may be used now. Without `entitled` nothing may, whatever the limits are."""

    membership_id = Id()
    customer_id = Id()
    plan = fields.String(metadata={"description": "Its slug."})
    status = Choice(MembershipStatus)
    entitled = Flag(
        metadata={"description": "Whether it is served: active, in its trial, or on hold in its days of grace."}
    )
    features = fields.List(
        fields.String(), metadata={"description": "The flags that are there, in alphabetical order."}
    )
    limits = fields.Nested(OfMembership)
    sites = fields.List(fields.Nested(SiteEntitled))


def _told(limit: int | None, used: int) -> dict[str, Any]:
    remaining = None if limit is None else max(limit - used, 0)
    return {"limit": limit, "used": used, "remaining": remaining, "over": limit is not None and used > limit}


TOLD = {
    "membership_id": 7,
    "customer_id": 5,
    "plan": "premium",
    "status": "active",
    "entitled": True,
    "features": ["api-access"],
    "limits": {"sites": _told(3, 1), "custom_domains": _told(None, 0)},
    "sites": [
        {
            "site_id": 11,
            "slug": "bakery",
            "limits": {"pages": _told(5, 5), "disk": _told(100_000_000, 1_250_000), "visits": _told(None, 120)},
        }
    ],
}
OPTIONS = (joinedload(Membership.plan).lazyload(Product.variations), joinedload(Membership.customer))


@operation(
    "GET", "/memberships/<membership>/entitlements", tag=TAG, scopes=READ, gives=EntitlementsShown(), answer=TOLD
)
def get_entitlements(membership: str) -> Answer:
    """Read what a membership entitles to.

    From its plan and packages, and what the staff allows instead; with how much of it is used now.
    """
    found = rows.find(select(Membership).options(*OPTIONS), Membership.reference, Membership.id, membership)
    return Answer(shown(found))


def shown(one: Membership) -> dict[str, Any]:
    entitled = entitlements.of(one)
    return {
        "membership_id": one.id,
        "customer_id": one.customer_id,
        "plan": one.plan.slug,
        "status": one.status,
        "entitled": one.is_served,
        "features": sorted(entitled.flags),
        "limits": by_name(entitlements.uses(one, entitled)),
        "sites": [
            {"site_id": site.id, "slug": site.slug, "limits": by_name(uses)}
            for site, uses in entitlements.uses_of_all(one, entitled)
        ],
    }


def by_name(uses: list[Use]) -> dict[str, Any]:
    return {str(use.limit): _told(use.most, use.used) for use in uses}
