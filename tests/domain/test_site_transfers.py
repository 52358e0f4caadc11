"""A site goes to another customer: asked by mail, taken into a contract of theirs, or not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock
from tests.flows.at_once import at_once
from webapp import hooks
from webapp.domain import (
    entitlements,
    erasure,
    locks,
    mails,
    own_data,
    site_pages,
    site_renaming,
    site_transfers,
    sites,
)
from webapp.domain.limits import Limit
from webapp.errors import Conflict, DomainError, Gone, Invalid, NotFound
from webapp.extensions import db as database
from webapp.jobs import schedule
from webapp.models import (
    Customer,
    DomainName,
    DomainStatus,
    Event,
    Mail,
    Membership,
    MembershipStatus,
    Payment,
    Site,
    SitePage,
    SitePicture,
    SiteStatus,
    SiteTransfer,
    TransferStatus,
)
from webapp.transactions import unit_of_work

S, T = SiteStatus, TransferStatus


def person(email: str, **values: Any) -> Customer:
    found: Customer = factories.customer(user=factories.user(email=email), **values)
    return found


@pytest.fixture
def grace(app: Flask) -> Customer:
    return person("grace@example.com", display_name="Grace Hopper")


@pytest.fixture
def room(grace: Customer) -> Membership:
    found: Membership = factories.active_membership(customer=grace)
    return found


@pytest.fixture
def bakery(app: Flask) -> Site:
    return owned(person("ada@example.com", display_name="Ada Lovelace"))


def owned(owner: Customer, slug: str = "bakery", **values: Any) -> Site:
    agreement = factories.active_membership(customer=owner)
    facts = {"status": S.PUBLISHED, "published_at": agreement.created_at, "title": "Bakery", **values}
    site = factories.save(lambda: Site(customer=owner, membership=agreement, slug=slug, **facts))
    factories.save(lambda: SitePage(site_id=site.id, title="Home"))
    return site


def offer(site: Site, email: str = "Grace@Example.com ") -> str:
    """The token that stands in the mail."""
    with unit_of_work("customer:1"):
        site_transfers.offer(sites.locked(site.id), email, locale="en", site_url="http://bakery.localhost/")
    mail = last_mail("site_offered")
    [token] = re.findall(r"/account/transfers/([\w-]+)", mails.revealed(mail.text, mail.secrets))
    return token


def last_mail(kind: str) -> Mail:
    database.session.rollback()
    return database.session.scalars(select(Mail).where(Mail.kind == kind).order_by(Mail.id.desc())).first() or Mail()


def accept(token: str, membership: Membership, customer: Customer | None = None) -> None:
    with unit_of_work("customer:2"):
        site_transfers.accept(token, (customer or membership.customer).id, membership.id)


def owner_of(site: Site) -> tuple[int, int]:
    database.session.rollback()
    found = database.session.get_one(Site, site.id, populate_existing=True)
    return found.customer_id, found.membership_id


def states() -> list[str]:
    database.session.rollback()
    return [str(one) for one in database.session.scalars(select(SiteTransfer.status).order_by(SiteTransfer.id))]


# -- taken over ------------------------------------------------------------------------------------------------------
def test_what_is_accepted_moves_with_all_that_it_shows_and_nothing_that_was_paid(
    bakery: Site, room: Membership
) -> None:
    paid = factories.payment(membership=bakery.membership)
    told: list[Any] = []
    hooks.add_action("wu_site_transferred", lambda site, old, was: told.append((site.customer_id, old.id, was.id)))
    giver, before = owner_of(bakery)
    accept(offer(bakery), room)
    assert owner_of(bakery) == (room.customer_id, room.id)
    assert database.session.scalars(select(SitePage.site_id)).all() == [bakery.id]
    assert database.session.get_one(Payment, paid.id).customer_id == giver
    assert (told, states()) == ([(room.customer_id, giver, before)], ["accepted"])
    [event] = database.session.scalars(select(Event).where(Event.type == "site.transferred"))
    assert (event.customer_id, event.data["from_customer_id"]) == (room.customer_id, giver)
    mail = last_mail("site_taken_over")
    assert (mail.to_address, "grace@example.com has taken over" in mail.text) == ("ada@example.com", True)


@pytest.mark.parametrize(("limit", "number"), [("pages", 1), ("custom_domains", 0), ("disk", 0)])
def test_a_contract_that_has_no_room_for_what_it_holds_takes_it_not(
    bakery: Site, grace: Customer, limit: str, number: int
) -> None:
    factories.save(lambda: SitePage(site_id=bakery.id, slug="about", title="About"))
    factories.save(lambda: DomainName(site_id=bakery.id, name="bakery.example", status=DomainStatus.ACTIVE))
    picture = {"name": "a.png", "label": "a", "size": 3, "content": b"png"}
    factories.save(lambda: SitePicture(site_id=bakery.id, **picture))
    small = factories.active_membership(customer=grace, plan=factories.product(limits={limit: number}))
    token = offer(bakery)
    with pytest.raises(Conflict, match="no room for all that the site holds"):
        accept(token, small)
    assert (owner_of(bakery)[0], states()) == (bakery.customer_id, ["open"])


def test_its_domains_and_former_addresses_move_along(bakery: Site, room: Membership) -> None:
    factories.save(lambda: DomainName(site_id=bakery.id, name="bakery.example", status=DomainStatus.ACTIVE))
    with unit_of_work("test"):
        site_renaming.rename(sites.locked(bakery.id), "bread")
    accept(offer(bakery), room)
    [domain] = database.session.scalars(select(DomainName)).all()
    assert (domain.customer_id, site_pages.by_domain("bakery.example")) == (
        room.customer_id,
        site_pages.by_slug("bread"),
    )
    moved = site_pages.moved_to("bakery")
    assert moved is not None
    assert moved.slug == "bread"


def test_a_site_that_nobody_paid_for_is_shown_again(bakery: Site, room: Membership) -> None:
    with unit_of_work("test") as session:
        agreement = session.get_one(Membership, bakery.membership_id)
        agreement.move_to(MembershipStatus.EXPIRED, reason="test")
        sites.stop_serving(agreement, reason="test")
    token = offer(bakery)
    accept(token, room)
    found = database.session.get_one(Site, bakery.id)
    assert (found.status, found.delete_at, found.next_step_at) == (S.PUBLISHED, None, None)


# -- not taken over --------------------------------------------------------------------------------------------------
def test_it_is_offered_to_one_person_alone(bakery: Site, room: Membership) -> None:
    token = offer(bakery)
    stranger = person("eve@example.com")
    for who, link in ((stranger, token), (room.customer, "nothing")):
        with pytest.raises(NotFound, match="another address than that of your account"):
            site_transfers.find(link, who)
    theirs = factories.active_membership(customer=stranger)
    with pytest.raises(NotFound):  # somebody else's contract
        accept(token, theirs, room.customer)
    assert (owner_of(bakery)[0], states()) == (bakery.customer_id, ["open"])


def test_declined_withdrawn_asked_anew_and_too_late(bakery: Site, room: Membership, clock: TurnedClock) -> None:
    grace = room.customer
    first = offer(bakery)
    with unit_of_work("customer:2"):
        site_transfers.decline(first, grace.id)
    assert "does not want to take over" in last_mail("site_offer_declined").text
    second = offer(bakery)
    third = offer(bakery)
    with unit_of_work("customer:1"):
        assert site_transfers.withdraw_open(sites.locked(bakery.id), reason="withdrawn")
        assert not site_transfers.withdraw_open(sites.locked(bakery.id), reason="withdrawn")
    fourth = offer(bakery)
    clock.tick(days=7)
    assert states() == ["declined", "withdrawn", "withdrawn", "open"]
    for token in (first, second, third, fourth):
        with pytest.raises(Gone):
            accept(token, room)
    assert (schedule.end_transfers(), states()[-1]) == (1, "expired")
    clock.tick(days=91)
    assert (schedule.end_transfers(), states()) == (4, [])
    assert owner_of(bakery)[0] == bakery.customer_id


@pytest.mark.parametrize("status", [MembershipStatus.PENDING, MembershipStatus.EXPIRED, MembershipStatus.CANCELLED])
def test_a_contract_that_is_not_running_takes_none(bakery: Site, grace: Customer, status: MembershipStatus) -> None:
    over = factories.active_membership(customer=grace, status=status)
    token = offer(bakery)
    with pytest.raises(Conflict, match="not running"):
        accept(token, over)
    assert site_transfers.choices(grace.id) == []
    assert states() == ["open"]


def test_a_full_contract_takes_none(bakery: Site, grace: Customer) -> None:
    full = owned(grace, "full").membership
    token = offer(bakery)
    with pytest.raises(Conflict, match="allows 1 site, and it has as many"):
        accept(token, full)
    assert [has_room for _one, has_room in site_transfers.choices(grace.id)] == [False]
    assert owner_of(bakery)[0] == bakery.customer_id


@pytest.mark.parametrize(
    "facts",
    [
        {"status": S.REQUESTED},
        {"status": S.FAILED},
        {"status": S.ARCHIVED},
        {"status": S.DELETED},
        {"provisioner": "webhook"},
        {"status": S.SUSPENDED, "held_at": "now"},
    ],
)
def test_what_is_not_there_is_not_given(app: Flask, clock: TurnedClock, facts: dict[str, Any]) -> None:
    if "held_at" in facts:
        facts = {**facts, "held_at": clock.now}
    site = owned(person("ada@example.com"), **facts)
    with pytest.raises(Conflict):
        offer(site)


def test_what_was_put_away_meanwhile_is_not_taken_over(bakery: Site, room: Membership) -> None:
    token = offer(bakery)
    with unit_of_work("test"):
        sites.suspend(sites.locked(bakery.id), reason="an operator")
    with pytest.raises(Gone):
        accept(token, room)


# -- what is said about others ---------------------------------------------------------------------------------------
def test_the_same_is_written_whether_an_address_is_known_or_not(bakery: Site, grace: Customer) -> None:
    texts = set()
    for email in ("grace@example.com", "nobody@example.com"):
        token = offer(bakery, email)
        mail = last_mail("site_offered")
        assert (mail.to_address, mail.customer_id, mail.user_id) == (email, None, None)
        texts.add(mails.revealed(mail.text, mail.secrets).replace(token, "…"))
    assert len(texts) == 1


def test_ones_own_address_and_too_many_are_refused(bakery: Site, clock: TurnedClock) -> None:
    with pytest.raises(Invalid, match="your own"):
        offer(bakery, "ADA@example.com")
    for number in range(site_transfers.A_DAY_AT_MOST):
        offer(bakery, f"friend-{number}@example.com")
    with pytest.raises(Invalid, match="Try again tomorrow"):
        offer(bakery, "one-more@example.com")
    clock.tick(days=1, seconds=1)
    offer(bakery, "one-more@example.com")


def test_a_deleted_account_offers_nothing_and_is_not_named(bakery: Site, grace: Customer) -> None:
    offer(bakery)
    assert [one["email"] for one in own_data.of(bakery.customer)["sites_offered"]] == ["grace@example.com"]
    assert "token_hash" not in own_data.of(bakery.customer)["sites_offered"][0]
    with unit_of_work("test") as session:
        erasure.delete_account(session.get_one(Customer, grace.id))
    kept = database.session.scalars(select(SiteTransfer).order_by(SiteTransfer.id)).one()
    assert (kept.email, kept.status) == ("", T.OPEN)
    with unit_of_work("test") as session:
        session.get_one(Membership, bakery.membership_id).move_to(MembershipStatus.CANCELLED, reason="test")
        erasure.delete_account(session.get_one(Customer, bakery.customer_id))
    assert states() == ["withdrawn"]


# -- at once ---------------------------------------------------------------------------------------------------------
def test_two_sites_at_once_into_the_last_room_of_a_contract(app: Flask, bakery: Site, room: Membership) -> None:
    other = owned(person("eve@example.com"), "flowers")
    grace, into = room.customer_id, room.id
    tokens = [offer(bakery), offer(other)]

    def take(token: str) -> str:
        try:
            with unit_of_work("test"):
                site_transfers.accept(token, grace, into)
        except DomainError as error:
            return error.code
        return "done"

    assert sorted(at_once(app, lambda: take(tokens[0]), lambda: take(tokens[1]))) == ["done", "no_room"]
    database.session.rollback()
    assert entitlements.used(database.session.get_one(Membership, into), Limit.SITES) == 1


def test_accepted_twice_at_once_it_moves_once(app: Flask, bakery: Site, room: Membership) -> None:
    second = factories.active_membership(customer=room.customer)
    grace, into, token = room.customer_id, [room.id, second.id], offer(bakery)

    def take(membership_id: int) -> str:
        try:
            with unit_of_work("test"):
                site_transfers.accept(token, grace, membership_id)
        except DomainError as error:
            return error.code
        return "done"

    assert sorted(at_once(app, lambda: take(into[0]), lambda: take(into[1]))) == ["done", "gone"]


# -- by an operator --------------------------------------------------------------------------------------------------
def give(site: Site, membership: Membership) -> None:
    with unit_of_work("operator:1") as session:
        site_transfers.lock(site.membership_id, membership.id)
        site_transfers.give(session.get_one(Site, site.id, populate_existing=True), locks.membership(membership.id))


def test_an_operator_gives_it_at_once_and_an_open_offer_is_over(bakery: Site, room: Membership) -> None:
    token = offer(bakery, "eve@example.com")
    give(bakery, room)
    assert (owner_of(bakery), states()) == ((room.customer_id, room.id), ["withdrawn"])
    with pytest.raises(Gone):
        site_transfers.find(token, person("eve@example.com"))
    with pytest.raises(Conflict, match="same customer"):
        give(database.session.get_one(Site, bakery.id), factories.active_membership(customer=room.customer))
