"""Another address or another owner for a site that another system made: nothing is so here before it is so there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock
from tests.flows.test_site_jobs import DONE, Far, drain, far, fresh, jobs, made, move, noon
from webapp.domain import locks, mails, network, site_changes, site_renaming, site_transfers, sites
from webapp.errors import Conflict, Gone, Invalid
from webapp.extensions import db as database
from webapp.flows import site_changing
from webapp.models import (
    Customer,
    Delivery,
    Event,
    FormerAddress,
    Mail,
    Membership,
    MembershipStatus,
    Site,
    SiteChange,
    SiteChangeStatus,
    SiteStatus,
    SiteTransfer,
    TransferStatus,
)
from webapp.outgoing import PermanentFailure, TryLater
from webapp.provisioners import provisioners
from webapp.provisioners.base import NAME_TAKEN, Answer, Change, Job, Progress, offered
from webapp.transactions import unit_of_work

__all__ = ["far", "noon"]

MOVED = Answer(Progress.DONE, "https://cakes.far.example/", "far-2")
WAITING = Answer(Progress.WAITING)
S, C = SiteStatus, SiteChangeStatus


@pytest.fixture(autouse=True)
def willing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provisioner of these tests offers both."""

    def rename(self: Far, job: Job) -> Any:
        return self.take("rename", job, MOVED)

    def transfer(self: Far, job: Job) -> Any:
        return self.take("transfer", job, DONE)

    monkeypatch.setattr(Far, "offers", (Change.RENAME, Change.TRANSFER))
    monkeypatch.setattr(Far, "rename", rename)
    monkeypatch.setattr(Far, "transfer", transfer)


def rename(site: Site, slug: str = "cakes") -> None:
    with unit_of_work("test"):
        site_renaming.rename(sites.locked(site.id), slug, there=True)


def changes() -> list[SiteChange]:
    database.session.rollback()
    query = select(SiteChange).order_by(SiteChange.id).execution_options(populate_existing=True)
    return list(database.session.scalars(query))


def events(kind: str) -> int:
    return len(database.session.scalars(select(Event).where(Event.type == kind)).all())


# -- another address -------------------------------------------------------------------------------------------------
def test_the_old_address_stays_until_the_other_side_says_yes(app: Flask, far: Far) -> None:
    site = made(app)
    rename(site)
    assert (fresh(site).slug, fresh(site).address) == ("bakery", "https://bakery.far.example/")
    assert events("site.renamed") == 0
    drain(app)
    found = fresh(site)
    assert (found.slug, found.address, found.made_as) == ("cakes", MOVED.address, "far-2")
    assert [(one.slug, one.site_id) for one in database.session.scalars(select(FormerAddress))] == [("bakery", site.id)]
    assert [one.status for one in changes()] == [C.DONE]
    assert events("site.renamed") == 1
    (verb, job), key = far.asked[-1], changes()[0].key
    assert (verb, job.name, job.address, job.key) == (
        "rename",
        "cakes",
        "https://bakery.far.example/",
        key,
    )


def test_meanwhile_nobody_else_gets_the_new_address(app: Flask, far: Far) -> None:
    site = made(app)
    rename(site)
    database.session.rollback()
    with pytest.raises(Invalid, match="cakes-2"):
        sites.check_address("cakes")
    assert sites.check_address("cakes", for_site=site.id) == "cakes"
    far.answers = [Answer(Progress.FAILED, problem="no", code=NAME_TAKEN)]
    drain(app)
    assert sites.check_address("cakes") == "cakes"


def test_one_change_at_a_time(app: Flask, far: Far) -> None:
    site = made(app)
    rename(site)
    with pytest.raises(Conflict):
        rename(site, "pies")
    with pytest.raises(Conflict), unit_of_work("test"):
        site_changes.ask_for_name(sites.locked(site.id), "pies")
    assert [one.slug for one in changes()] == ["cakes"]


def test_a_refusal_changes_nothing_and_is_told(app: Flask, far: Far) -> None:
    site = made(app)
    rename(site)
    far.answers = [Answer(Progress.FAILED, problem="taken over here", code=NAME_TAKEN)]
    drain(app)
    refused = changes()[0]
    assert (refused.status, refused.problem, refused.code) == (C.REFUSED, "taken over here", NAME_TAKEN)
    found = fresh(site)
    assert (found.slug, found.address, found.status, found.problem) == (
        "bakery", "https://bakery.far.example/", S.PUBLISHED, "",
    )  # fmt: skip
    assert jobs()[-1] == ("change", "done")
    rename(site, "pies")
    drain(app)
    assert fresh(site).slug == "pies"


def test_what_takes_its_time_is_asked_for_again_under_the_same_key(app: Flask, far: Far, clock: TurnedClock) -> None:
    site = made(app)
    rename(site)
    far.answers = [WAITING, WAITING]
    for moment in ("12:00:00", "12:00:05", "12:00:11", "12:00:30"):
        clock.use(f"2027-01-01T{moment}Z")
        drain(app)
    assert far.verbs == ["create", "rename", "rename", "rename"]
    assert len({(job.key, job.asked_at) for verb, job in far.asked if verb == "rename"}) == 1
    assert fresh(site).slug == "cakes"


def test_a_lost_answer_comes_again_and_is_done_once(app: Flask, far: Far, clock: TurnedClock) -> None:
    site = made(app)
    rename(site)
    far.answers = [TryLater("timed out"), RuntimeError("a bug")]
    drain(app)
    assert (changes()[0].status, changes()[0].problem) == (C.WAITING, "timed out")
    for moment in ("12:10", "13:00"):
        clock.use(f"2027-01-01T{moment}Z")
        drain(app)
    assert (fresh(site).slug, changes()[0].status, changes()[0].problem) == ("cakes", C.DONE, "")
    assert events("site.renamed") == 1
    assert len({job.key for verb, job in far.asked if verb == "rename"}) == 1


def test_a_job_that_is_delivered_twice_does_nothing_the_second_time(app: Flask, far: Far) -> None:
    site = made(app)
    rename(site)
    drain(app)
    change = changes()[0]
    assert site_changing.change(fresh(site), change.id) == "nothing to do"
    assert far.verbs == ["create", "rename"]


def test_what_is_worked_on_for_too_long_is_given_up(app: Flask, far: Far, clock: TurnedClock) -> None:
    site = made(app)
    rename(site)
    far.answers = [WAITING, WAITING]
    drain(app)
    clock.use("2027-01-02T12:00:01Z")
    drain(app)
    assert (changes()[0].status, changes()[0].problem) == (C.REFUSED, "no end within 24 hours")
    assert jobs()[-1] == ("change", "dead")
    assert (fresh(site).slug, fresh(site).status) == ("bakery", S.PUBLISHED)


def test_a_refusal_without_a_word_is_for_a_person(app: Flask, far: Far) -> None:
    site = made(app)
    rename(site)
    far.answers = [PermanentFailure("HTTP 403")]
    drain(app)
    assert (changes()[0].status, changes()[0].problem) == (C.REFUSED, "HTTP 403")
    assert jobs()[-1] == ("change", "dead")


def test_a_site_that_must_be_blocked_does_not_wait_for_its_address(app: Flask, far: Far, clock: TurnedClock) -> None:
    site = made(app)
    rename(site)
    far.answers = [WAITING, DONE]
    drain(app)
    move(site, MembershipStatus.EXPIRED)
    drain(app)
    assert far.verbs == ["create", "rename", "suspend", "rename"]
    assert (fresh(site).slug, fresh(site).status) == ("cakes", S.SUSPENDED)


def test_of_a_site_that_is_gone_nothing_is_asked(app: Flask, far: Far) -> None:
    site = made(app)
    rename(site)
    with unit_of_work("test"):
        sites.locked(site.id).move_to(S.ARCHIVED, reason="test")
    drain(app)
    assert far.verbs == ["create"]
    assert (changes()[0].status, sites.check_address("cakes")) == (C.REFUSED, "cakes")


def test_what_nobody_works_on_any_more_is_given_up(app: Flask, far: Far, clock: TurnedClock) -> None:
    site = made(app)
    rename(site)
    clock.use("2027-01-01T14:00Z")
    with unit_of_work("test"):
        assert site_changes.give_up_lost() == 0
    far.answers = [PermanentFailure("x")]

    with unit_of_work("test") as session:
        for one in session.scalars(select(Delivery).where(Delivery.callback == site_changes.CALLBACK)):
            session.delete(one)
    with unit_of_work("test"):
        assert site_changes.give_up_lost() == 1
    assert changes()[0].status == C.REFUSED


def test_an_address_that_went_here_in_that_very_moment_is_told(app: Flask, far: Far) -> None:
    site = made(app)
    rename(site)

    def meanwhile() -> Answer:
        agreement = factories.active_membership()
        facts = {"customer": agreement.customer, "membership": agreement, "title": "Cakes"}
        factories.save(lambda: Site(slug="cakes", **facts))
        return MOVED

    far.answers = [meanwhile]
    drain(app)
    found = fresh(site)
    assert (found.slug, found.address) == ("bakery", MOVED.address)
    assert (changes()[0].status, "another site" in changes()[0].problem) == (C.DONE, True)


def test_who_cannot_is_not_asked(app: Flask, far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    site = made(app)
    with pytest.raises(Conflict), unit_of_work("test"):
        site_renaming.rename(sites.locked(site.id), "cakes")
    rename(site)
    monkeypatch.setattr(Far, "offers", ())
    drain(app)
    assert far.verbs == ["create"]
    assert changes()[0].status == C.REFUSED


# -- another owner ---------------------------------------------------------------------------------------------------
def given(site: Site, to: Membership) -> None:
    with unit_of_work("test"):
        site_transfers.lock(site.membership_id, to.id)
        site_transfers.give(sites.find(site.id), locks.membership(to.id), there=True)


def told_token() -> str:
    """Of the newest offer, as it stands in the mail."""
    database.session.rollback()
    mail = database.session.scalars(select(Mail).where(Mail.kind == "site_offered").order_by(Mail.id.desc())).first()
    assert mail is not None
    found: str = re.findall(r"/account/transfers/([\w-]+)", mails.revealed(mail.text, mail.secrets))[0]
    return found


def other_contract(**facts: Any) -> Membership:
    found: Membership = factories.active_membership(plan=factories.product("other", limits={"sites": 1}), **facts)
    return found


def test_a_site_has_its_new_owner_once_it_has_it_there(app: Flask, far: Far) -> None:
    site, to = made(app), other_contract()
    given(site, to)
    assert fresh(site).membership_id != to.id
    drain(app)
    found = fresh(site)
    assert (found.membership_id, found.customer_id, found.status) == (to.id, to.customer_id, S.PUBLISHED)
    verb, job = far.asked[-1]
    assert (verb, job.owner.reference, job.membership, job.plan) == (
        "transfer", str(to.customer_id), to.reference, "other",
    )  # fmt: skip
    assert events("site.transferred") == 1


def test_a_contract_that_ended_meanwhile_gets_it_blocked(app: Flask, far: Far) -> None:
    site, to = made(app), other_contract()
    given(site, to)
    with unit_of_work("test") as session:
        session.get_one(Membership, to.id).move_to(MembershipStatus.EXPIRED, reason="test")
    drain(app)
    drain(app)
    assert (fresh(site).membership_id, fresh(site).status) == (to.id, S.SUSPENDED)
    assert far.verbs == ["create", "transfer", "suspend"]


def test_an_offer_that_was_taken_waits_for_the_other_side(app: Flask, far: Far) -> None:
    site, to = made(app), other_contract()
    giver_id, taker_id, email = site.customer_id, to.customer_id, to.customer.user.email_key
    no = Answer(Progress.FAILED, problem="no")
    for answer, status in ((no, TransferStatus.REFUSED), (DONE, TransferStatus.ACCEPTED)):
        with unit_of_work("test"):
            locked = sites.locked(site.id)
            site_transfers.offer(locked, email, locale="en", site_url="https://bakery.far.example/", there=True)
        token = told_token()
        with unit_of_work("test"):
            site_transfers.accept(token, taker_id, to.id)
        database.session.rollback()
        with pytest.raises(Gone, match="being moved"):
            site_transfers.find(token, database.session.get_one(Customer, taker_id))
        assert fresh(site).customer_id == giver_id
        far.answers = [answer]
        drain(app)
        asked = select(SiteTransfer).order_by(SiteTransfer.id.desc()).execution_options(populate_existing=True)
        assert database.session.scalars(asked.limit(1)).one().status == status
    assert fresh(site).customer_id == taker_id


def test_the_network_says_what_its_hosting_system_can(app: Flask) -> None:
    webhook = provisioners.get("webhook")
    assert offered(webhook) == frozenset()
    with unit_of_work("test"):
        network.change({"provisioner_renames": True, "provisioner_transfers": True})
    assert offered(webhook) == {"rename", "transfer"}


def test_a_contract_without_room_is_not_asked_for(app: Flask, far: Far) -> None:
    site, to = made(app), other_contract()
    facts = {"customer": to.customer, "membership": to, "title": "There", "status": S.PUBLISHED}
    factories.save(lambda: Site(slug="there", **facts))
    with pytest.raises(Conflict, match="allows 1 site"):
        given(site, to)
    assert changes() == []
    drain(app)
    assert far.verbs == ["create"]
