"""A membership with several sites: added while there is room, and all of them live as it does."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.conftest import Statements, TurnedClock
from tests.flows.at_once import at_once
from tests.flows.test_site_jobs import drain
from webapp import hooks
from webapp.domain import locks, network, site_adding, site_archive, site_export, site_import, site_room, sites
from webapp.errors import Conflict, DomainError, Invalid
from webapp.extensions import db
from webapp.jobs import schedule
from webapp.models import Event, Membership, MembershipStatus, Site, SitePage, SiteStatus
from webapp.transactions import unit_of_work

S = SiteStatus


@pytest.fixture
def three(app: Flask) -> Membership:
    """A membership that may have three sites."""
    return with_room(3)


def with_room(number: int | None, **values: object) -> Membership:
    found: Membership = factories.active_membership(plan=factories.product(limits={"sites": number}), **values)
    return found


def add(membership_id: int, address: str, **values: Any) -> int:
    with unit_of_work("customer:1"):
        facts: dict[str, Any] = {"title": address.title(), "address": address, **values}
        return site_adding.add(locks.membership(membership_id), **facts).id


def standing(membership: Membership) -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.execute(
        select(Site.slug, Site.status).where(Site.membership_id == membership.id).order_by(Site.id)
    )
    return [(slug, str(status)) for slug, status in rows]


def move(membership: Membership, status: MembershipStatus) -> None:
    with unit_of_work("test") as session:
        agreement = session.get_one(Membership, membership.id)
        agreement.move_to(status, reason="test")
        if status == MembershipStatus.ACTIVE:
            sites.request_for(agreement)
        else:
            sites.stop_serving(agreement, reason="test")


# -- adding ----------------------------------------------------------------------------------------------------------
def test_sites_are_added_until_there_is_no_room(app: Flask, three: Membership) -> None:
    for slug in ("one-one", "two-two", "three-three"):
        add(three.id, slug, template="event")
    with pytest.raises(Conflict, match="allows 3 sites, and it has as many"):
        add(three.id, "four-four")
    drain(app)
    assert standing(three) == [(slug, "published") for slug in ("one-one", "two-two", "three-three")]
    created = db.session.scalar(select(func.count()).select_from(Event).where(Event.type == "site.published"))
    assert created == 3
    assert set(db.session.scalars(select(Site.template))) == {"event"}


def test_what_is_in_the_archive_takes_no_room_and_needs_some_to_come_back(app: Flask, three: Membership) -> None:
    first = add(three.id, "one-one")
    for slug in ("two-two", "three-three"):
        add(three.id, slug)
    drain(app)
    with unit_of_work("test"):
        site_archive.archive(sites.locked(first), reason="test")
    add(three.id, "four-four")
    with pytest.raises(Conflict, match="has as many"), unit_of_work("test"):
        site_archive.restore(sites.locked(first), reason="test")
    assert standing(three)[0] == ("one-one", "archived")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "site_title"),
        ({"title": "x" * 201}, "site_title"),
        ({"template": "nothing"}, "template_id"),
        ({"address": "admin"}, "site_url"),
        ({"address": "Taken"}, "site_url"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(three: Membership, values: dict[str, str], field: str) -> None:
    add(three.id, "taken")
    with pytest.raises(Invalid) as refused:
        add(three.id, **{"address": "free-one", **values})
    assert (refused.value.field, len(standing(three))) == (field, 1)


@pytest.mark.parametrize("status", [MembershipStatus.PENDING, MembershipStatus.EXPIRED, MembershipStatus.CANCELLED])
def test_only_a_running_contract_gets_more(app: Flask, status: MembershipStatus) -> None:
    agreement = with_room(None, status=status)
    with pytest.raises(Conflict, match="not running"):
        add(agreement.id, "one-one")


def test_without_a_limit_there_is_always_room(app: Flask) -> None:
    agreement = with_room(None)
    for number in range(5):
        add(agreement.id, f"site-{number}")
    assert site_room.look(agreement) == (None, 5, True)


def test_an_add_on_may_allow_more_or_none(app: Flask, three: Membership) -> None:
    seen: list[tuple[bool, str, object, int]] = []

    def more(allowed: bool, limitation: str, site: object, membership: Membership) -> bool:
        seen.append((allowed, limitation, site, membership.id))
        return answer

    hooks.add_filter("wu_limitation_allowed", more)
    answer = False
    with pytest.raises(Conflict):
        add(three.id, "one-one")
    answer = True
    for number in range(4):
        add(three.id, f"site-{number}")
    assert seen[0] == (True, "sites", None, three.id)
    assert (seen[-1][0], len(standing(three))) == (False, 4)


def test_raced_adds_never_exceed_the_limit(app: Flask, three: Membership) -> None:
    membership_id = three.id
    add(membership_id, "first-one")

    def take(slug: str) -> str:
        try:
            add(membership_id, slug)
        except DomainError as error:
            return error.code
        return "done"

    slugs = ("two-two", "three-three", "four-four", "five-five")
    said = at_once(app, *(partial(take, slug) for slug in slugs))
    assert sorted(said) == ["done", "done", "no_room", "no_room"]
    assert len(standing(three)) == 3


def test_of_two_who_add_the_same_address_at_once_one_gets_it(app: Flask, three: Membership) -> None:
    other = factories.active_membership()
    both = [three.id, other.id]

    def take(membership_id: int) -> str:
        try:
            add(membership_id, "bread")
        except DomainError as error:
            return error.code
        return "done"

    assert sorted(at_once(app, lambda: take(both[0]), lambda: take(both[1]))) == ["done", "site_taken"]


# -- from an export --------------------------------------------------------------------------------------------------
def package_of(site_id: int) -> site_import.Package:
    db.session.rollback()
    with site_export.write(db.session.get_one(Site, site_id)) as file:
        return site_import.read(io.BytesIO(file.read()))


def test_a_site_begins_with_an_export(app: Flask, three: Membership) -> None:
    first = add(three.id, "bakery", template="event")
    drain(app)
    with unit_of_work("test") as session:
        session.get_one(Site, first).pages[0].body = "Bread"
    copy = add(three.id, "copy-one", package=package_of(first))
    drain(app)
    site = db.session.get_one(Site, copy)
    assert (site.title, site.status, site.design) == ("Copy-One", S.PUBLISHED, "event")
    bodies = {
        number: db.session.execute(
            select(SitePage.slug, SitePage.body).where(SitePage.site_id == number).order_by(SitePage.position)
        ).all()
        for number in (first, copy)
    }
    assert bodies[first] == bodies[copy]


def test_what_is_made_elsewhere_begins_with_none(app: Flask, three: Membership) -> None:
    first = add(three.id, "bakery")
    drain(app)
    package = package_of(first)
    with unit_of_work("test"):
        network.change({"provisioner": "webhook"})
    with pytest.raises(Conflict, match="made elsewhere"):
        add(three.id, "copy-one", package=package)
    assert len(standing(three)) == 1


# -- its membership's life -------------------------------------------------------------------------------------------
def test_all_sites_live_as_their_membership_does(app: Flask, three: Membership) -> None:
    names = ("one-one", "two-two", "three-three")
    for slug in names:
        add(three.id, slug)
    drain(app)
    with unit_of_work("operator:1"):
        sites.suspend(db.session.scalars(select(Site).filter_by(slug="two-two")).one(), reason="by hand")
    for status, expected in (
        (MembershipStatus.ON_HOLD, None),
        (MembershipStatus.EXPIRED, ("suspended", "suspended", "suspended")),
        (MembershipStatus.ACTIVE, ("published", "suspended", "published")),
        (MembershipStatus.CANCELLED, ("suspended", "suspended", "suspended")),
    ):
        if expected is None:
            continue
        move(three, status)
        assert standing(three) == list(zip(names, expected, strict=True)), status
    for site in db.session.scalars(select(Site).where(Site.membership_id == three.id)):
        assert site.delete_at is not None


def test_what_all_hold_goes_when_their_time_is_over(app: Flask, three: Membership, clock: TurnedClock) -> None:
    for slug in ("one-one", "two-two", "three-three"):
        add(three.id, slug)
    drain(app)
    move(three, MembershipStatus.CANCELLED)
    for _day in range(13):
        clock.tick(days=10)
        schedule.keep_sites()
    assert {status for _slug, status in standing(three)} == {"deleted"}
    assert db.session.scalars(select(SitePage)).all() == []


def test_sites_that_were_never_made_are_all_made_once_it_is_paid_again(app: Flask, three: Membership) -> None:
    for slug in ("one-one", "two-two"):
        add(three.id, slug)
    for _twice in range(2):
        move(three, MembershipStatus.EXPIRED)
        move(three, MembershipStatus.ACTIVE)
    drain(app)
    shown = [slug for slug, status in standing(three) if status == "published"]
    assert sorted(shown) == ["one-one", "two-two"]
    assert sorted(status for _slug, status in standing(three)) == ["deleted"] * 4 + ["published"] * 2


def test_the_life_of_three_costs_as_many_statements_as_that_of_one(
    app: Flask, three: Membership, statements: Statements
) -> None:
    counts = {}
    for number, slugs in ((1, ("one-one",)), (3, ("two-two", "three-three"))):
        for slug in slugs:
            add(three.id, slug)
        drain(app)
        for status in (MembershipStatus.EXPIRED, MembershipStatus.ACTIVE):
            db.session.rollback()
            statements.clear()
            move(three, status)
            counts[number, status] = len(statements)
    for status in (MembershipStatus.EXPIRED, MembershipStatus.ACTIVE):
        assert counts[3, status] <= counts[1, status] + 2, counts
