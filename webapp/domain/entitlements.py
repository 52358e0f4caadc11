"""What the holder of a membership may use, how much of it is used, and whether there is room for more.

    entitlements.of(membership).limits[Limit.PAGES]     # 5; None: as many as they like
    entitlements.room_for(membership, Limit.SITES)      # raises Invalid where there is none

How limits and flags come about is in domain/limits.py. What is over a limit stays, and may become less: only more is
refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ScalarSelect, func, inspect, select
from sqlalchemy.orm import joinedload

from webapp.domain import audit, limit_sentences, visits
from webapp.domain.limits import OF_SITE, Entitlements, Limit, Part, Use, reckon
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.hooks import apply_filters
from webapp.models import (
    DomainName,
    DomainStatus,
    LineType,
    Membership,
    MembershipItem,
    Product,
    ProductType,
    Site,
    SitePage,
    SitePicture,
)

REACHED = "limit_reached"  # the code of what is refused


# -- of a membership, of a site --------------------------------------------------------------------------------------
def part_of(product: Product, quantity: int = 1) -> Part:
    return Part(product.limits, product.flags, product.type == ProductType.PLAN, quantity)


def of(membership: Membership) -> Entitlements:
    return reckon(_parts(membership), membership.overrides)


def of_site(site: Site) -> Entitlements:
    return reckon(_parts(site.membership), site.membership.overrides, site.overrides)


def _parts(membership: Membership) -> list[Part]:
    """Each line counts, also where one package stands in two of them."""
    items = _items(membership)
    bought = [part_of(one.product, one.quantity) for one in items]
    has_plan = any(one.product_id == membership.plan_id for one in items)
    return bought if has_plan else [part_of(membership.plan), *bought]


def _items(membership: Membership) -> list[MembershipItem]:
    """Read with their products, unless a page has them already."""
    if "items" in inspect(membership).unloaded:
        query = select(MembershipItem).where(MembershipItem.membership_id == membership.id).order_by(MembershipItem.id)
        items = list(db.session.scalars(query.options(joinedload(MembershipItem.product).lazyload("*"))))
    else:
        items = membership.items
    return [one for one in items if one.type == LineType.PRODUCT]


# -- what is used ----------------------------------------------------------------------------------------------------
def used(membership: Membership, limit: Limit) -> int:
    """Of what is counted for the membership as a whole."""
    return _count(membership.id, limit)[0]


def used_of(site: Site, limit: Limit) -> int:
    """Of what is counted for each site."""
    return _count(site.id, limit)[0]


def use(membership: Membership, limit: Limit) -> Use:
    return Use(limit, used(membership, limit), of(membership).limits[limit])


def use_of(site: Site, limit: Limit) -> Use:
    return Use(limit, used_of(site, limit), of_site(site).limits[limit])


def uses(membership: Membership, entitled: Entitlements | None = None) -> list[Use]:
    """Of the membership as a whole."""
    most = (entitled or of(membership)).limits
    kinds = [limit for limit in Limit if limit not in OF_SITE]
    return [Use(limit, number, most[limit]) for limit, number in zip(kinds, _count(membership.id, *kinds), strict=True)]


def uses_of(site: Site) -> list[Use]:
    most = of_site(site).limits
    return [Use(limit, number, most[limit]) for limit, number in zip(OF_SITE, _count(site.id, *OF_SITE), strict=True)]


def uses_of_all(membership: Membership, entitled: Entitlements) -> list[tuple[Site, list[Use]]]:
    """Of each site that has its address, in one statement."""
    counts = (COUNTS[limit](Site.id) for limit in OF_SITE)
    query = select(Site, *counts).where(Site.membership_id == membership.id, Site.keeps_address()).order_by(Site.id)
    found = []
    for site, *numbers in db.session.execute(query):
        most = {**entitled.limits, **_own_limits(site)}
        found.append(
            (site, [Use(one, int(number or 0), most[one]) for one, number in zip(OF_SITE, numbers, strict=True)])
        )
    return found


def _own_limits(site: Site) -> dict[Limit, int | None]:
    said = (site.overrides or {}).get("limits", {})
    return {limit: said[limit] for limit in OF_SITE if limit in said}


def _count(owner_id: int, *limits: Limit) -> list[int]:
    """In one statement, however many they are."""
    row = db.session.execute(select(*(COUNTS[limit](owner_id) for limit in limits))).one()
    return [int(number or 0) for number in row]


def _sites(membership_id: Any) -> ScalarSelect[Any]:
    kept = select(func.count()).select_from(Site).where(Site.membership_id == membership_id, Site.keeps_address())
    return kept.scalar_subquery()


def _custom_domains(membership_id: Any) -> ScalarSelect[Any]:
    """Also those that wait for their records; what was given up is as good as gone."""
    wanted = select(func.count()).select_from(DomainName).join(Site, DomainName.site_id == Site.id)
    wanted = wanted.where(Site.membership_id == membership_id, DomainName.status != DomainStatus.GIVEN_UP)
    return wanted.scalar_subquery()


def _pages(site_id: Any) -> ScalarSelect[Any]:
    return select(func.count()).select_from(SitePage).where(SitePage.site_id == site_id).scalar_subquery()


def _disk(site_id: Any) -> ScalarSelect[Any]:
    return select(func.sum(SitePicture.size)).where(SitePicture.site_id == site_id).scalar_subquery()


COUNTS: Mapping[Limit, Callable[[Any], ScalarSelect[Any]]] = {
    Limit.SITES: _sites,
    Limit.CUSTOM_DOMAINS: _custom_domains,
    Limit.PAGES: _pages,
    Limit.DISK: _disk,
    Limit.VISITS: visits.this_month,
}


# -- asked before something is written -------------------------------------------------------------------------------
def room_for(
    membership: Membership, limit: Limit | str, *, site: Site | None = None, more: int = 1, field: str | None = None
) -> None:
    """Whether `more` of it may be added; `site`: of what is counted for each site. Raises Invalid beside `field`.

    Two who add at once are kept apart by who holds the membership's row (domain/locks.py).
    """
    limit = Limit(limit)
    found = use_of(site, limit) if site is not None else use(membership, limit)
    if not has_room(membership, found, site=site, more=more):
        raise Invalid(limit_sentences.no_room(found), code=REACHED, field=field)


def has_room(membership: Membership, now: Use, *, site: Site | None = None, more: int = 1) -> bool:
    """Whether `more` may be added to what is used; add-ons have a say."""
    allowed = now.most is None or now.used + more <= now.most
    return bool(apply_filters("wu_limitation_allowed", allowed, str(now.limit), site, membership))


def may(membership: Membership, flag: str) -> bool:
    """Whether a feature is there for it, as add-ons name it."""
    allowed = flag in of(membership).flags
    return bool(apply_filters("wu_limitation_allowed", allowed, flag, None, membership))


# -- what the staff allows instead -----------------------------------------------------------------------------------
def override(
    row: Membership | Site, limits: Mapping[str, int | None], flags: Mapping[str, bool], *, reason: str
) -> bool:
    """What counts for this membership, or this site, whatever its products say; whether that is news. With neither it
    is as they say again. Noted in the audit log."""
    known = LIMITS_OF[type(row)]
    kept = {"limits": {str(one): limits[one] for one in known if one in limits}, "flags": dict(sorted(flags.items()))}
    wanted = {**kept, "reason": reason} if kept["limits"] or kept["flags"] else None
    before = row.overrides
    if wanted == before:
        return False
    row.overrides = wanted
    audit.note(row, f"{row.__tablename__}.limits", before=_told(before), after={**_told(wanted), "reason": reason})
    return True


def _told(overrides: Mapping[str, Any] | None) -> dict[str, Any]:
    known = overrides or {}
    return {"limits": dict(known.get("limits", {})), "flags": dict(known.get("flags", {}))}


LIMITS_OF: Mapping[type, Sequence[Limit]] = {Membership: tuple(Limit), Site: OF_SITE}


# -- other terms -----------------------------------------------------------------------------------------------------
def too_much_for(membership: Membership, parts: Iterable[Part]) -> list[Use]:
    """Where more is used than these products would allow, and they would allow less than there is now."""
    then = reckon(parts, membership.overrides)
    of_sites = [use for _site, uses in uses_of_all(membership, then) for use in uses if use.limit != Limit.VISITS]
    over = [one for one in (*uses(membership, then), *of_sites) if one.is_over]
    if not over:
        return []
    now = of(membership)
    worst = {
        one.limit: one for one in sorted(over, key=lambda one: one.used) if _is_less(one.most, now.limits[one.limit])
    }
    return list(worst.values())


def _is_less(then: int | None, now: int | None) -> bool:
    return then is not None and (now is None or then < now)
