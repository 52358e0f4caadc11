"""What the holder of a membership may use: reckoned from its products, asked before something is written."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.addons import installed
from tests.domain.test_site_renaming import site
from webapp import hooks
from webapp.domain import domain_names, entitlements, site_building, site_export, site_filling, site_import, sites
from webapp.domain.entitlements import room_for
from webapp.domain.limits import Limit, Part, Use, reckon
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.models import AuditEntry, DomainStatus, LineType, Membership, MembershipItem, ProductType, Site, SiteStatus
from webapp.transactions import unit_of_work

numbers = st.one_of(st.none(), st.integers(0, 10**6))
said = st.dictionaries(st.sampled_from(list(Limit)).map(str), numbers)
parts = st.lists(st.builds(Part, said, st.just(()), st.just(False), st.integers(1, 5)), max_size=4)


def plan(quantity: int = 1, **limits: int | None) -> Part:
    return Part(limits, ("support",), True, quantity)


def package(quantity: int = 1, **limits: int | None) -> Part:
    return Part(limits, ("api",), False, quantity)


# -- reckoning -------------------------------------------------------------------------------------------------------
def test_a_plan_that_says_nothing_has_one_site_and_room_for_pictures() -> None:
    found = reckon([plan()]).limits
    assert found == {
        Limit.SITES: 1,
        Limit.CUSTOM_DOMAINS: None,
        Limit.PAGES: None,
        Limit.DISK: 100_000_000,
        "visits": None,
    }


def test_what_packages_bring_is_added_as_often_as_it_was_bought() -> None:
    found = reckon([plan(sites=2, pages=5), package(3, sites=1), package(pages=10)])
    assert (found.limits[Limit.SITES], found.limits[Limit.PAGES]) == (5, 15)
    assert found.flags == {"support", "api"}


def test_one_without_a_limit_takes_the_limit_away() -> None:
    assert reckon([plan(pages=5), package(pages=None)]).limits[Limit.PAGES] is None


def test_the_staff_has_the_last_word_and_a_site_before_its_membership() -> None:
    mine = {"limits": {"pages": 3, "sites": None}, "flags": {"api": True, "support": False}}
    found = reckon([plan(pages=5)], mine, {"limits": {"pages": 7}})
    assert (found.limits[Limit.PAGES], found.limits[Limit.SITES], found.flags) == (7, None, {"api"})
    assert reckon([plan(pages=5)], None, None).limits[Limit.PAGES] == 5


@given(parts, said)
def test_a_package_never_takes_anything_away(packages: list[Part], limits: dict[str, int | None]) -> None:
    before = reckon([Part(limits, (), True)]).limits
    after = reckon([Part(limits, (), True), *packages]).limits
    for limit in Limit:
        least, most = before[limit], after[limit]
        assert most is None or (least is not None and most >= least)


@given(parts)
def test_the_order_of_products_makes_no_difference(packages: list[Part]) -> None:
    assert reckon(packages) == reckon(packages[::-1])


@pytest.mark.parametrize(
    ("used", "most", "near", "over", "percent"),
    [
        (0, None, False, False, 0),
        (3, 5, False, False, 60),
        (4, 5, True, False, 80),
        (6, 5, True, True, 100),
        (0, 0, True, False, 100),
    ],
)
def test_how_much_is_used(used: int, most: int | None, near: bool, over: bool, percent: int) -> None:
    use = Use(Limit.PAGES, used, most)
    assert (use.is_near, use.is_over, use.percent) == (near, over, percent)


# -- of a membership -------------------------------------------------------------------------------------------------
def contract(limits: dict[str, int | None], **more: Any) -> Membership:
    return factories.active_membership(plan=factories.product("premium", limits=limits, **more))


def test_what_was_bought_counts(app: Flask) -> None:
    mine = contract({"sites": 2}, flags=["support"])
    extra = factories.product("extra-sites", type=ProductType.PACKAGE, limits={"sites": 3}, flags=["api"])
    with unit_of_work("test"):
        item = MembershipItem(membership_id=mine.id, product_id=extra.id, type=LineType.PRODUCT, quantity=2)
        item.unit_price_minor = 500
        db.session.add(item)
    found = entitlements.of(mine)
    assert (found.limits[Limit.SITES], found.flags) == (8, {"support", "api"})


def test_a_package_that_stands_in_two_lines_counts_twice(app: Flask) -> None:
    mine = contract({"sites": 2})
    extra = factories.product("extra-sites", type=ProductType.PACKAGE, limits={"sites": 3})
    with unit_of_work("test"):
        for quantity in (1, 2):
            item = MembershipItem(membership_id=mine.id, product_id=extra.id, quantity=quantity, unit_price_minor=500)
            db.session.add(item)
    assert entitlements.of(mine).limits[Limit.SITES] == 2 + 3 + 6


def test_one_more_is_refused_with_the_limit_and_a_way_on(app: Flask) -> None:
    mine = contract({"sites": 1})
    site(membership=mine)
    with pytest.raises(Invalid) as refused:
        room_for(mine, "sites", field="title")
    assert refused.value.message == "Your plan includes 1 site. A bigger plan has more."
    assert (refused.value.code, refused.value.field) == ("limit_reached", "title")


def test_what_was_put_away_leaves_room(app: Flask) -> None:
    mine = contract({"sites": 1})
    site(membership=mine, status=SiteStatus.ARCHIVED)
    room_for(mine, Limit.SITES)


def test_an_addon_may_allow_more_or_less(app: Flask) -> None:
    mine = contract({"sites": 1}, flags=["api"])
    site(membership=mine)
    heard = []

    def decide(allowed: bool, limit: str, one: Any, membership: Membership) -> bool:
        heard.append((allowed, limit, one, membership.id))
        return not allowed

    with installed(app):
        hooks.add_filter("wu_limitation_allowed", decide, accepted_args=4)
        room_for(mine, Limit.SITES)
        assert not entitlements.may(mine, "api")
        assert entitlements.may(mine, "other")
    assert heard == [(False, "sites", None, mine.id), (True, "api", None, mine.id), (False, "other", None, mine.id)]


def test_what_the_staff_allows_is_noted_with_its_reason(app: Flask) -> None:
    mine = contract({"pages": 5})
    with unit_of_work("user:1"):
        assert entitlements.override(mine, {"pages": 9, "nonsense": 1}, {"api": True}, reason="A promise.")
        assert not entitlements.override(mine, {"pages": 9}, {"api": True}, reason="A promise.")
    db.session.rollback()
    [entry] = db.session.query(AuditEntry)
    assert entry.after == {"limits": {"pages": 9}, "flags": {"api": True}, "reason": "A promise."}
    assert entitlements.of(mine).limits[Limit.PAGES] == 9
    with unit_of_work("user:1"):
        assert entitlements.override(mine, {}, {}, reason="Over.")
    assert mine.overrides is None


def test_domains_count_for_all_sites_together(app: Flask) -> None:
    mine = contract({"sites": 2, "custom_domains": 1})
    bakery, garden = (site(slug, membership=mine) for slug in ("bakery", "garden"))
    with unit_of_work("test"):
        given_up = domain_names.add(bakery, "old.example.com", ours=["localhost"])
        given_up.move_to(DomainStatus.GIVEN_UP, reason="test")
        domain_names.add(bakery, "bakery.example.com", ours=["localhost"])
    with pytest.raises(Invalid, match="includes 1 domain"), unit_of_work("test"):
        domain_names.add(garden, "garden.example.com", ours=["localhost"])
    assert entitlements.used(mine, Limit.CUSTOM_DOMAINS) == 1


def test_an_export_that_is_too_big_for_the_plan_is_not_taken(app: Flask) -> None:
    mine = contract({"pages": 1})
    bakery = site("bakery", membership=mine)
    with unit_of_work("test"):
        site_building.build(sites.locked(bakery.id))
    db.session.rollback()
    held = site_export.write(db.session.get_one(Site, bakery.id))
    with pytest.raises(Invalid, match="includes 1 page"), unit_of_work("test"):
        site_filling.fill(sites.locked(bakery.id), site_import.read(held))
