"""A site gets another address, and the old one leads to it for a while."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock
from tests.flows.at_once import at_once
from tests.plans import read_through, steps
from webapp import hooks
from webapp.domain import audit, erasure, own_data, site_archive, site_keeping, site_pages, site_renaming, sites
from webapp.errors import Conflict, DomainError, Invalid
from webapp.extensions import db as database
from webapp.jobs import schedule
from webapp.models import AuditEntry, Event, FormerAddress, Membership, MembershipStatus, Site, SiteStatus
from webapp.transactions import unit_of_work

S = SiteStatus


def site(slug: str = "bakery", **values: Any) -> Site:
    agreement = values.pop("membership", None) or factories.active_membership()
    facts = {"status": S.PUBLISHED, "published_at": agreement.created_at, "title": "Bakery", **values}
    return factories.save(lambda: Site(customer=agreement.customer, membership=agreement, slug=slug, **facts))


def rename(one: Site, slug: str) -> str:
    with unit_of_work("test"):
        return site_renaming.rename(sites.locked(one.id), slug)


def where(slug: str) -> str | None:
    """The address that is answered or led to at this one."""
    database.session.rollback()
    if site_pages.by_slug(slug) is not None:
        return slug
    moved = site_pages.moved_to(slug)
    return moved.slug if moved is not None else None


def former() -> list[str]:
    database.session.rollback()
    return list(database.session.scalars(select(FormerAddress.slug).order_by(FormerAddress.id)))


def test_the_old_address_leads_straight_to_the_newest(app: Flask) -> None:
    one = site()
    assert rename(one, " Bread.localhost ") == "bread"
    assert rename(one, "cakes") == "cakes"
    assert [where(slug) for slug in ("bakery", "bread", "cakes", "nobody")] == ["cakes", "cakes", "cakes", None]


def test_back_and_forth_leads_to_where_it_is(app: Flask) -> None:
    one = site()
    for slug in ("bread", "bakery", "bread", "bakery"):
        rename(one, slug)
    assert (where("bakery"), where("bread"), former()) == ("bakery", "bakery", ["bread"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.sampled_from([0, 1]), st.sampled_from(["aaa", "bbb", "ccc", "ddd"])), max_size=8))
def test_however_two_sites_move_each_address_leads_to_who_had_it_last(app: Flask, moves: list[tuple[int, str]]) -> None:
    both, now, last = [site("first-one"), site("second-one")], ["first-one", "second-one"], {}
    for which, slug in moves:
        try:
            rename(both[which], slug)
        except Invalid:
            assert slug in now or last.get(slug, which) != which
            continue
        last.pop(slug, None)
        last[now[which]], now[which] = which, slug
    assert {slug: where(slug) for slug in last} == {slug: now[which] for slug, which in last.items()}
    with unit_of_work("test") as session:
        for one in both:
            session.delete(session.get_one(Site, one.id))


def test_what_is_not_to_be_had_is_refused(app: Flask) -> None:
    one, _other = site(), site("flowers")
    gone = site("gone")
    rename(gone, "elsewhere")
    for slug in ("flowers", "Flowers", "gone", "admin", "ab", "x--y!", "", "bäcker", "bakery"):
        with pytest.raises(Invalid):
            rename(one, slug)
        assert where("bakery") == "bakery"
    with pytest.raises(Invalid, match="Try gone-2"):
        sites.check_address("gone")
    assert database.session.get_one(Site, one.id).slug == "bakery"


@pytest.mark.parametrize(
    "facts",
    [
        {"status": S.REQUESTED},
        {"status": S.CREATING},
        {"status": S.FAILED},
        {"status": S.ARCHIVED},
        {"status": S.DELETED},
        {"provisioner": "webhook"},
    ],
)
def test_only_what_is_here_can_be_renamed(app: Flask, facts: dict[str, Any]) -> None:
    with pytest.raises(Conflict):
        rename(site(**facts), "bread")


def test_it_is_told_once(app: Flask) -> None:
    told: list[tuple[str, str]] = []
    hooks.add_action("wu_site_renamed", lambda site, old: told.append((site.slug, old)))
    one = site()
    rename(one, "bread")
    assert told == [("bread", "bakery")]
    [event] = database.session.scalars(select(Event).where(Event.type == "site.renamed"))
    assert (event.data["slug"], event.data["old_slug"], event.customer_id) == ("bread", "bakery", one.customer_id)


def test_what_is_kept_of_its_pages_is_made_anew(app: Flask) -> None:
    one = site()
    before = one.content_version
    rename(one, "bread")
    assert database.session.get_one(Site, one.id).content_version != before


def test_after_ninety_days_it_is_free(app: Flask, clock: TurnedClock) -> None:
    one = site()
    rename(one, "bread")
    clock.tick(days=89, hours=23)
    assert (where("bakery"), sites.is_taken("bakery")) == ("bread", True)
    assert schedule.forget_addresses() == 0
    clock.tick(hours=1)
    assert (where("bakery"), sites.is_taken("bakery")) == (None, False)
    assert sites.suggest("bakery") == "bakery-2"
    other = site("bakery")
    assert where("bakery") == "bakery"
    rename(other, "biscuits")  # and now the address is that one's to lead on
    assert where("bakery") == "biscuits"
    clock.tick(days=90)
    assert (schedule.forget_addresses(), former()) == (1, [])


def test_only_the_newest_few_are_kept(app: Flask) -> None:
    one = site()
    for number in range(7):
        rename(one, f"name-{number}")
    assert former() == [f"name-{number}" for number in range(1, 6)]


def test_a_site_that_is_put_away_keeps_no_address_from_others(app: Flask) -> None:
    one = site()
    rename(one, "bread")
    with unit_of_work("test"):
        site_archive.archive(sites.locked(one.id), reason="test")
    assert (where("bakery"), sites.is_taken("bakery"), sites.is_taken("bread")) == (None, False, False)
    with unit_of_work("test"):
        site_archive.restore(sites.locked(one.id), reason="test")
    assert where("bakery") == "bread"
    with unit_of_work("test"):
        site_keeping.empty(sites.locked(one.id), reason="test")
    assert former() == []


def test_an_owners_data_name_them_and_a_deleted_account_does_not(app: Flask) -> None:
    agreement = factories.active_membership()
    rename(site("ada-lovelace", membership=agreement), "bread")
    owner = agreement.customer
    assert [one["slug"] for one in own_data.of(owner)["former_addresses"]] == ["ada-lovelace"]
    with unit_of_work("operator:1") as session:
        one = session.scalars(select(Site)).one()
        audit.note(one, "sites.rename", before={"slug": "ada-lovelace"}, after={"slug": "bread"})
        session.get_one(Membership, agreement.id).move_to(MembershipStatus.CANCELLED, reason="test")
        erasure.delete_account(session.merge(owner))
    assert former() == []
    kept = [one.data for one in database.session.scalars(select(Event).where(Event.type == "site.renamed"))]
    assert "ada-lovelace" not in str(kept)
    [entry] = database.session.scalars(select(AuditEntry))
    assert (entry.before, entry.after) == ({"slug": ""}, {"slug": ""})


def test_of_two_who_want_the_same_address_at_once_one_gets_it(app: Flask) -> None:
    first, second = (site(slug).id for slug in ("first-one", "second-one"))

    def take(site_id: int) -> str:
        try:
            with unit_of_work("test"):
                site_renaming.rename(sites.locked(site_id), "bread")
        except DomainError as error:
            return error.code
        return "done"

    assert sorted(at_once(app, lambda: take(first), lambda: take(second))) == ["done", "site_taken"]


def test_an_address_of_before_is_found_by_its_index(app: Flask, clock: TurnedClock) -> None:
    plan = steps(site_pages.LED_ON, {"slug": "bakery", "now": clock.now})
    assert read_through(plan) == [], plan
