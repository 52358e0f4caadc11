"""A hosting system elsewhere makes the sites: whatever is lost, doubled or late, each is there once, and as wanted."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from tests import factories
from tests.conftest import TurnedClock
from tests.fakes.hosting import SECRET, HostingFake
from tests.fakes.vendor import Drip, DropAnswer, HangUp, Status
from tests.flows.test_site_jobs import Killed, drain, fresh, jobs, made, move, once, ordered
from webapp import our_provisioners, standard_webhooks
from webapp.domain import locks, network, site_changes, site_keeping, site_renaming, site_transfers, sites
from webapp.extensions import db as database
from webapp.models import MembershipStatus, SiteStatus
from webapp.provisioners import base, provisioners
from webapp.provisioners.base import Config, Job, Owner, PermanentFailure, State, TryLater
from webapp.provisioners.webhook import WebhookProvisioner
from webapp.transactions import unit_of_work
from webapp.vendors.answers import Limits

S = SiteStatus
EXPIRED, ACTIVE, CANCELLED = MembershipStatus.EXPIRED, MembershipStatus.ACTIVE, MembershipStatus.CANCELLED


@pytest.fixture(autouse=True)
def noon(clock: TurnedClock) -> TurnedClock:
    clock.use("2027-01-01T12:00Z")
    return clock


@pytest.fixture
def hosting(app: Flask) -> Iterator[HostingFake]:
    """It makes the sites of this network, and is told nothing that breaks its protocol."""
    with HostingFake() as fake:
        env = {"PROVISIONER_URL": f"{fake.url}/sites", "PROVISIONER_SECRET": SECRET}
        use({**env, "OUTBOUND_ALLOW_PRIVATE": "loopback"})
        save(provisioner="webhook")
        yield fake
        assert fake.problems == []
    use({})


def use(env: dict[str, str]) -> None:
    provisioners.init(base.Config(env, "http://localhost"), our_provisioners())


def save(**values: Any) -> None:
    with unit_of_work("test"):
        network.change(values)


def later(app: Flask, clock: TurnedClock, **more: float) -> None:
    clock.tick(**more)
    drain(app)


# -- at once, and in a while -----------------------------------------------------------------------------------------
def test_a_site_is_there_as_soon_as_it_says_so(app: Flask, hosting: HostingFake) -> None:
    site = fresh(made(app))
    assert (site.provisioner, site.address, site.made_as) == ("webhook", "https://bakery.hosting.example/", "h-1")
    [call] = hosting.calls
    told = call.json()
    assert (told["type"], told["timestamp"]) == ("site.create", "2027-01-01T12:00:00Z")
    assert told["data"]["customer"]["email"] == site.customer.email
    assert told["data"]["plan"] == site.membership.plan.slug
    assert jobs() == [("provision", "done")]


def test_what_takes_its_time_is_asked_about(app: Flask, hosting: HostingFake, noon: TurnedClock) -> None:
    hosting.slow = True
    site = ordered()
    drain(app)
    later(app, noon, minutes=1)
    assert fresh(site).status == S.CREATING
    hosting.finish()
    later(app, noon, minutes=1)
    assert (fresh(site).status, fresh(site).address) == (S.PUBLISHED, "https://bakery.hosting.example/")
    assert [call.method for call in hosting.calls] == ["POST", "GET", "GET"]


def test_what_breaks_down_over_there_is_said(app: Flask, hosting: HostingFake, noon: TurnedClock) -> None:
    hosting.slow = True
    site = ordered()
    drain(app)
    hosting.break_down("no space left")
    later(app, noon, minutes=1)
    assert (fresh(site).status, fresh(site).problem) == (S.FAILED, "the hosting system: no space left")
    with unit_of_work("operator:1"):
        sites.request_again(sites.find(site.id))
    drain(app)
    hosting.finish()
    later(app, noon, minutes=1)
    assert (fresh(site).status, fresh(site).problem) == (S.PUBLISHED, "")


def test_a_whole_life_in_order(app: Flask, hosting: HostingFake) -> None:
    site = made(app)
    for status in (EXPIRED, ACTIVE, EXPIRED):
        move(site, status)
        drain(app)
    with unit_of_work("clock"):
        site_keeping.empty(sites.locked(site.id), reason="kept long enough")
    drain(app)
    assert hosting.told == ["create", "suspend", "resume", "suspend", "delete"]
    assert hosting.states == {"bakery": "deleted"}


# -- lost answers, doubled jobs, dead workers ------------------------------------------------------------------------
@pytest.mark.parametrize("trick", [DropAnswer(), HangUp(), Status(500), Status(503), Status(429)], ids=repr)
def test_whatever_becomes_of_an_answer_the_job_is_done_once(
    app: Flask, hosting: HostingFake, noon: TurnedClock, trick: object
) -> None:
    hosting.next(trick)
    site = ordered()
    drain(app)
    assert fresh(site).status == S.FAILED
    later(app, noon, minutes=5)
    assert fresh(site).status == S.PUBLISHED
    move(site, EXPIRED)
    hosting.next(trick)
    drain(app)
    later(app, noon, minutes=5)
    assert hosting.told == ["create", "suspend"]
    assert len({call.headers["webhook-id"] for call in hosting.calls}) == 2
    bodies = {call.headers["webhook-id"]: call.body for call in hosting.calls}
    assert all(bodies[call.headers["webhook-id"]] == call.body for call in hosting.calls)


def test_while_it_asks_for_a_pause_nothing_is_tried_and_nothing_has_failed(
    app: Flask, hosting: HostingFake, noon: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [0.0]
    webhook = provisioners.get("webhook")
    assert isinstance(webhook, WebhookProvisioner)
    monkeypatch.setattr(webhook._client()._http, "_timer", lambda: seconds[0])
    hosting.next(Status(429, {"Retry-After": "120"}))
    first = ordered()
    drain(app)
    second = ordered(slug="florist")
    drain(app)
    assert len(hosting.calls) == 1
    assert {fresh(first).status, fresh(second).status} == {S.FAILED, S.CREATING}
    seconds[0] = 121
    later(app, noon, minutes=3)
    assert {fresh(first).status, fresh(second).status} == {S.PUBLISHED}


def test_a_day_without_it_costs_a_day_and_nothing_else(app: Flask, hosting: HostingFake, noon: TurnedClock) -> None:
    """Meanwhile one site is ordered, and another is blocked, paid for, and blocked again."""
    other = made(app, slug="florist")
    calls = len(hosting.calls)
    hosting.next(*[HangUp()] * 60)
    site = ordered()
    for hours, status in ((2, EXPIRED), (6, ACTIVE), (10, EXPIRED)):
        drain(app)
        later(app, noon, hours=hours)
        move(other, status)
    drain(app)
    assert fresh(site).status == S.FAILED
    assert "was not reached" in fresh(site).problem
    assert {status for _callback, status in jobs()} == {"done", "pending"}
    assert len(hosting.calls) - calls < 30, "who does not answer is asked less and less often"
    hosting._tricks.clear()
    for _ in range(3):
        later(app, noon, days=1)
    assert (fresh(site).status, hosting.states) == (S.PUBLISHED, {"florist": "suspended", "bakery": "active"})
    assert hosting.told == ["create", "create", "suspend"] or hosting.told == ["create", "suspend", "create"]


def test_after_four_days_it_is_given_up_visibly_and_can_be_sent_again(
    app: Flask, hosting: HostingFake, noon: TurnedClock
) -> None:
    hosting.next(*[HangUp()] * 60)
    site = ordered()
    for _ in range(20):
        drain(app)
        noon.tick(days=1)
    assert jobs() == [("provision", "dead")]
    assert fresh(site).status == S.FAILED
    hosting._tricks.clear()
    with unit_of_work("operator:1"):
        sites.request_again(sites.find(site.id))
    drain(app)
    assert fresh(site).status == S.PUBLISHED


@pytest.mark.parametrize("slow", [False, True], ids=["at once", "in a while"])
@pytest.mark.parametrize("at", range(1, 10))
def test_wherever_a_worker_dies_there_is_one_site(
    app: Flask, hosting: HostingFake, noon: TurnedClock, at: int, slow: bool
) -> None:
    site, commits = ordered(), 0
    hosting.slow = slow

    def die(_connection: Any) -> None:
        nonlocal commits
        commits += 1
        if commits == at:
            raise Killed

    event.listen(database.engine, "commit", die)
    for _ in range(6):
        with contextlib.suppress(Killed):
            once(app)
        hosting.finish()
        noon.tick(minutes=10)
    event.remove(database.engine, "commit", die)
    assert (fresh(site).status, fresh(site).address) == (S.PUBLISHED, "https://bakery.hosting.example/")
    assert hosting.told == ["create"]
    assert jobs() == [("provision", "done")]


def test_a_name_that_is_taken_there(app: Flask, hosting: HostingFake) -> None:
    hosting.taken |= {"bakery", "bakery-2"}
    site = fresh(made(app))
    assert (site.slug, site.address) == ("bakery-3", "https://bakery-3.hosting.example/")
    assert hosting.told == ["create"]


def test_a_site_that_somebody_deleted_over_there_is_said_to_be_gone(app: Flask, hosting: HostingFake) -> None:
    site = made(app)
    hosting.sites.clear()
    move(site, EXPIRED)
    drain(app)
    assert "unknown_site" in fresh(site).problem
    assert jobs()[-1] == ("suspend", "dead")
    with unit_of_work("test"):
        site_keeping.empty(sites.locked(site.id), reason="test")
    drain(app)
    assert jobs()[-1] == ("delete", "done")


# -- what is set -----------------------------------------------------------------------------------------------------
def test_what_is_saved_holds_from_the_next_job_on(app: Flask, hosting: HostingFake, noon: TurnedClock) -> None:
    use({"OUTBOUND_ALLOW_PRIVATE": "loopback"})
    site = ordered()
    drain(app)
    assert (fresh(site).status, "is not set up" in fresh(site).problem) == (S.FAILED, True)
    save(provisioner_url=f"{hosting.url}/sites", provisioner_secret=SECRET)
    later(app, noon, minutes=5)
    assert fresh(site).status == S.PUBLISHED


def test_a_wrong_secret_is_a_refusal_for_a_person(app: Flask, hosting: HostingFake, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    hosting.secrets = [SECRET.replace("whsec_Y", "whsec_Z")]
    site = ordered()
    drain(app)
    hosting.problems.remove("signature")
    assert (fresh(site).status, "does not accept the credentials" in fresh(site).problem) == (S.FAILED, True)
    assert jobs() == [("provision", "dead")]
    assert SECRET not in caplog.text


def test_while_the_secret_is_changed_both_are_signed_with(app: Flask, hosting: HostingFake) -> None:
    newer = SECRET.replace("whsec_Y", "whsec_Z")
    use({"OUTBOUND_ALLOW_PRIVATE": "loopback"})
    save(provisioner_url=f"{hosting.url}/sites", provisioner_secret=f"{newer},{SECRET}")
    made(app)
    hosting.secrets = [newer]
    made(app, slug="florist")


def test_a_private_address_is_called_only_where_that_is_allowed(app: Flask, hosting: HostingFake) -> None:
    for url in (f"{hosting.url}/sites", hosting.url.replace("http://127.0.0.1", "https://localhost")):
        use({"PROVISIONER_URL": url, "PROVISIONER_SECRET": SECRET})
        site = ordered(slug=f"site-{len(url)}")
        drain(app)
        assert fresh(site).status == S.FAILED
        assert "https address" in fresh(site).problem or "not public" in fresh(site).problem
    assert hosting.connections == 0


# -- answers that make no sense --------------------------------------------------------------------------------------
JOB = Job(
    key="0191-key",
    asked_at=standard_webhooks.clock.parse("2027-01-01T12:00:00Z"),
    site="k" * 22,
    name="bakery",
    title="Bakery",
    template="",
    language="en",
    membership="m",
    plan="premium",
    owner=Owner("1", "Ada", "ada@example.com"),
)


@pytest.fixture
def webhook(hosting: HostingFake) -> WebhookProvisioner:
    found = provisioners.get("webhook")
    assert isinstance(found, WebhookProvisioner)
    return found


@pytest.mark.parametrize(
    ("trick", "failure"),
    [
        (Status(200, body={"state": "active", "address": "javascript:alert(1)"}), PermanentFailure),
        (Status(200, body={"state": "active", "address": "https://a.example/", "id": "x" * 300}), PermanentFailure),
        (Status(400, body={"message": "no"}), PermanentFailure),
        (Status(404, body=b"<html>"), PermanentFailure),
        (Status(403, body={"code": "no"}), PermanentFailure),
        (Status(302, {"Location": "https://elsewhere.example/"}), PermanentFailure),
        (Status(200, body=b"x" * 70_000), PermanentFailure),
        (Drip(), TryLater),
    ],
    ids=lambda one: str(one)[:40],
)
def test_what_is_no_answer_is_a_failure(
    webhook: WebhookProvisioner, hosting: HostingFake, monkeypatch: Any, trick: object, failure: type[Exception]
) -> None:
    monkeypatch.setattr(webhook._client()._http, "limits", base_limits())
    hosting.next(trick)
    with pytest.raises(failure):
        webhook.create(JOB)


def base_limits() -> Limits:
    return Limits(read=0.3, total=0.3, answer_bytes=64 * 1024)


@pytest.mark.parametrize(
    ("status", "body", "progress"),
    [
        (200, b"", "waiting"),
        (204, None, "waiting"),
        (202, None, "waiting"),
        (200, [], "waiting"),
        (200, {"state": "odd"}, "waiting"),
        (200, {"state": ["active"]}, "waiting"),
        (200, {"state": "suspended"}, "waiting"),
        (200, {"state": "failed"}, "failed"),
        (200, {"state": "active"}, "failed"),  # and where?
        (200, {"state": "deleted"}, "failed"),
        (422, {"code": "no_room", "message": "Full."}, "failed"),
        (201, {"state": "active", "address": "https://a.example/"}, "done"),
    ],
)
def test_what_an_answer_means(
    webhook: WebhookProvisioner, hosting: HostingFake, status: int, body: Any, progress: str
) -> None:
    hosting.next(Status(status, body=body))
    answer = webhook.create(JOB)
    assert answer.progress == progress
    assert answer.problem or progress != "failed"


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, {"state": "working"}, State.WORKING),
        (200, {"state": "suspended"}, State.SUSPENDED),
        (404, {"code": "unknown_site", "message": "Never heard."}, State.DELETED),
        (200, {"state": "failed", "message": "Full."}, State.FAILED),
    ],
)
def test_what_a_standing_means(
    webhook: WebhookProvisioner, hosting: HostingFake, status: int, body: Any, state: State
) -> None:
    hosting.next(Status(status, body=body))
    assert webhook.fetch(JOB).state == state


@pytest.mark.parametrize("body", [b"", b"<html>", [], {}])
def test_a_standing_that_cannot_be_read_is_none(webhook: WebhookProvisioner, hosting: HostingFake, body: Any) -> None:
    hosting.next(Status(200, body=body))
    with pytest.raises(TryLater, match="cannot be read"):
        webhook.fetch(JOB)


def test_a_question_that_is_refused_says_nothing_of_the_site(webhook: WebhookProvisioner, hosting: HostingFake) -> None:
    hosting.next(Status(422, body={"code": "no_room", "message": "Full."}))
    with pytest.raises(PermanentFailure, match="refuses this: 422"):
        webhook.fetch(JOB)


def test_a_path_stays_as_it_was_typed(app: Flask, hosting: HostingFake) -> None:
    config = Config({"PROVISIONER_URL": f"{hosting.url}/sites/", "PROVISIONER_SECRET": SECRET}, "")
    provisioner = WebhookProvisioner(
        Config({**config.env, "OUTBOUND_ALLOW_PRIVATE": "loopback"}, ""), value_of=network.value_of
    )
    with pytest.raises(PermanentFailure):
        provisioner.fetch(JOB)
    assert hosting.calls[-1].path == "/sites/"
    hosting.problems.remove("address")


# -- another address, another owner ----------------------------------------------------------------------------------
@pytest.mark.parametrize("slow", [False, True])
def test_a_new_address_and_a_new_owner_are_there_once_it_says_so(
    app: Flask, hosting: HostingFake, noon: TurnedClock, slow: bool
) -> None:
    save(provisioner_renames=True, provisioner_transfers=True)
    site, to = made(app), factories.active_membership(plan=factories.product("other", limits={"sites": 1}))
    hosting.slow = slow
    with unit_of_work("test"):
        site_renaming.rename(sites.locked(site.id), "cakes", there=True)
    drain(app)
    assert fresh(site).slug == ("bakery" if slow else "cakes")
    later(app, noon, minutes=1)
    hosting.finish()
    later(app, noon, minutes=1)
    assert (fresh(site).slug, fresh(site).address) == ("cakes", "https://cakes.hosting.example/")
    with unit_of_work("test"):
        site_transfers.lock(site.membership_id, to.id)
        site_transfers.give(sites.find(site.id), locks.membership(to.id), there=True)
    drain(app)
    later(app, noon, minutes=1)
    hosting.finish()
    later(app, noon, minutes=1)
    assert fresh(site).customer_id == to.customer_id
    assert next(iter(hosting.sites.values()))["owner"] == to.customer.email
    assert hosting.told == ["create", "rename", "transfer"]


def test_a_site_that_is_blocked_while_its_address_changes_has_both(
    app: Flask, hosting: HostingFake, noon: TurnedClock
) -> None:
    save(provisioner_renames=True)
    site = made(app)
    hosting.slow = True
    with unit_of_work("test"):
        site_renaming.rename(sites.locked(site.id), "cakes", there=True)
    drain(app)
    hosting.slow = False
    move(site, EXPIRED)
    drain(app)
    later(app, noon, minutes=1)
    assert (fresh(site).slug, hosting.states["bakery"]) == ("bakery", "suspended")
    hosting.finish()
    later(app, noon, minutes=5)
    assert (fresh(site).slug, fresh(site).status, hosting.states["cakes"]) == ("cakes", S.SUSPENDED, "suspended")


@pytest.mark.parametrize("day", [HangUp(), DropAnswer(), Status(503)])
def test_a_lost_answer_about_a_new_address_is_asked_for_again(
    app: Flask, hosting: HostingFake, noon: TurnedClock, day: Any
) -> None:
    save(provisioner_renames=True)
    site = made(app)
    with unit_of_work("test"):
        site_renaming.rename(sites.locked(site.id), "cakes", there=True)
    hosting.next(day)
    drain(app)
    assert fresh(site).slug == "bakery"
    later(app, noon, minutes=10)
    assert (fresh(site).slug, hosting.told) == ("cakes", ["create", "rename"])


def test_a_name_that_is_taken_there_is_told(app: Flask, hosting: HostingFake) -> None:
    save(provisioner_renames=True)
    site = made(app)
    hosting.taken.add("cakes")
    with unit_of_work("test"):
        site_renaming.rename(sites.locked(site.id), "cakes", there=True)
    drain(app)
    change = site_changes.last(fresh(site))
    assert change is not None
    assert (change.status, change.code, fresh(site).slug) == ("refused", "name_taken", "bakery")
