"""What a hosting system says by itself: believed only when it is signed, kept once, and then asked about."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.conftest import TurnedClock
from tests.fakes.hosting import SECRET, HostingFake, signature
from tests.fakes.vendor import HangUp
from tests.flows.test_site_jobs import Far, drain, far, fresh, jobs, made, move, noon, ordered
from tests.flows.test_sites_by_webhook import hosting, save, use
from webapp import clock, hooks
from webapp.domain import inbox, sites
from webapp.extensions import db as database
from webapp.flows import inbound
from webapp.models import InboundEvent, InboundStatus, MembershipStatus, Site, SiteStatus
from webapp.provisioners.base import Answer, Base, Progress, Standing, State
from webapp.transactions import unit_of_work

__all__ = ["far", "hosting", "noon"]
S = SiteStatus
URL = "/webhooks/provisioner"


def told(client: FlaskClient, hosting: HostingFake, site: Site, event_id: str = "evt_1", **more: Any) -> int:
    """The other side calls, and workers do what is due."""
    reference = fresh(site).reference or ""
    answer = client.post(URL, **hosting.notice(reference, event_id, **more))
    inbound.work_off()
    return answer.status_code


def notices() -> list[InboundEvent]:
    database.session.rollback()
    query = select(InboundEvent).order_by(InboundEvent.id).execution_options(populate_existing=True)
    return list(database.session.scalars(query))


def taken(app: Flask, hosting: HostingFake) -> Site:
    """A site that the other side works on."""
    hosting.slow = True
    site = ordered()
    drain(app)
    assert fresh(site).status == S.CREATING
    return site


# -- what it does ----------------------------------------------------------------------------------------------------
def test_a_notice_ends_the_waiting(app: Flask, client: FlaskClient, hosting: HostingFake) -> None:
    site = taken(app, hosting)
    hosting.finish()
    drain(app)
    assert fresh(site).status == S.CREATING, "it is not due yet"
    assert told(client, hosting, site) == 200
    drain(app)
    assert (fresh(site).status, fresh(site).address) == (S.PUBLISHED, "https://bakery.hosting.example/")
    assert [(one.status, one.effect) for one in notices()] == [(InboundStatus.DONE, "it is asked how the site stands")]


def test_a_notice_of_what_is_not_so_moves_nothing(app: Flask, client: FlaskClient, hosting: HostingFake) -> None:
    """It may say what it likes: what counts is what is answered when it is asked."""
    site = taken(app, hosting)
    hosting.sites[fresh(site).reference or ""]["state"] = "active"
    notice = hosting.notice(fresh(site).reference or "")
    hosting.sites[fresh(site).reference or ""]["state"] = "working"
    assert client.post(URL, **notice).status_code == 200
    inbound.work_off()
    drain(app)
    assert fresh(site).status == S.CREATING


def test_a_notice_that_comes_before_the_answer_is_not_lost(
    app: Flask, client: FlaskClient, hosting: HostingFake
) -> None:
    """It is through before we have read that it has begun."""
    hosting.slow = True
    reply, site = hosting.reply, ordered()
    said: list[int] = []

    def quick(call: Any) -> Any:
        answer = reply(call)
        if call.method == "POST":
            for one in hosting.sites.values():
                one["state"] = "active"
            body = hosting.notice(next(iter(hosting.sites)))
            thread = threading.Thread(target=lambda: said.append(elsewhere(app, body)))
            thread.start()
            thread.join()
        return answer

    hosting.reply = quick  # type: ignore[method-assign]
    drain(app)
    assert said == [200]
    assert fresh(site).status == S.PUBLISHED, "without any time having passed"
    assert [call.method for call in hosting.calls] == ["POST", "GET"]


def elsewhere(app: Flask, notice: dict[str, Any]) -> int:
    """In another process: it is taken and worked off there."""
    with app.app_context():
        status = app.test_client().post(URL, **notice).status_code
        inbound.work_off()
        database.session.remove()
        return status


def test_an_answer_that_was_lost_is_made_good_by_the_notice(
    app: Flask, client: FlaskClient, hosting: HostingFake
) -> None:
    site = ordered()
    hosting.next(HangUp())
    drain(app)
    assert fresh(site).status == S.FAILED
    hosting._begin("site.create", fresh(site).reference or "", {"name": "bakery"})
    assert told(client, hosting, site) == 200
    drain(app)
    assert (fresh(site).status, hosting.told) == (S.PUBLISHED, ["create", "create"])


def test_what_is_there_after_all_when_it_was_given_up(
    app: Flask, client: FlaskClient, hosting: HostingFake, noon: TurnedClock
) -> None:
    site = taken(app, hosting)
    noon.tick(hours=25)
    drain(app)
    assert (fresh(site).status, jobs()) == (S.FAILED, [("provision", "dead")])
    hosting.finish()
    hosting.slow = False
    assert told(client, hosting, site) == 200
    drain(app)
    assert fresh(site).status == S.PUBLISHED


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_notices_does_not_matter(
    app: Flask, client: FlaskClient, hosting: HostingFake, noon: TurnedClock, order: tuple[int, ...]
) -> None:
    """Of the making, of a suspension and of the day it was shown again, all late and shuffled."""
    site = made(app)
    reference = fresh(site).reference or ""
    sent = [hosting.notice(reference, "evt_created")]
    move(site, MembershipStatus.EXPIRED)
    drain(app)
    sent.append(hosting.notice(reference, "evt_suspended"))
    move(site, MembershipStatus.ACTIVE)
    drain(app)
    sent.append(hosting.notice(reference, "evt_resumed"))
    for number in order:
        assert client.post(URL, **sent[number]).status_code == 200
        inbound.work_off()
        drain(app)
    assert (fresh(site).status, fresh(site).problem) == (S.PUBLISHED, "")
    assert hosting.states == {"bakery": "active"}


def test_another_address_is_noticed(app: Flask, client: FlaskClient, hosting: HostingFake) -> None:
    site = made(app)
    hosting.sites[fresh(site).reference or ""]["address"] = "https://ada.example/"
    told(client, hosting, site)
    drain(app)
    assert fresh(site).address == "https://ada.example/"
    assert jobs() == [("provision", "done"), ("look", "done")]


def test_what_somebody_did_over_there_is_shown_to_the_operator_and_moves_nothing(
    app: Flask, client: FlaskClient, hosting: HostingFake
) -> None:
    site = made(app)
    hosting.sites[fresh(site).reference or ""]["state"] = "suspended"
    told(client, hosting, site)
    drain(app)
    assert (fresh(site).status, fresh(site).problem) == (S.PUBLISHED, "it is suspended there")
    hosting.sites[fresh(site).reference or ""]["state"] = "active"
    told(client, hosting, site, "evt_2")
    drain(app)
    assert fresh(site).problem == ""


def test_a_question_that_is_not_answered_holds_up_no_suspension(
    app: Flask, client: FlaskClient, hosting: HostingFake, noon: TurnedClock
) -> None:
    site = made(app)
    hosting.next(HangUp(), HangUp(), HangUp())
    told(client, hosting, site)
    for _ in range(3):
        drain(app)
        noon.tick(hours=1)
    assert jobs()[-1] == ("look", "pending")
    move(site, MembershipStatus.EXPIRED)
    drain(app)
    assert jobs()[1:] == [("look", "done"), ("suspend", "done")]


def test_nobody_waits_for_a_site_that_was_given_up(app: Flask, client: FlaskClient, hosting: HostingFake) -> None:
    site = taken(app, hosting)
    move(site, MembershipStatus.CANCELLED)
    drain(app)
    hosting.finish()
    assert hosting.told == ["create", "delete"]
    told(client, hosting, site)
    drain(app)
    assert (fresh(site).status, fresh(site).published_at) == (S.ARCHIVED, None)
    assert hosting.states == {"bakery": "deleted"}


def test_a_flood_of_notices_is_one_question(app: Flask, client: FlaskClient, hosting: HostingFake) -> None:
    site = made(app)
    for number in range(20):
        told(client, hosting, site, f"evt_{number}")
    assert jobs()[1:] == [("look", "pending")]
    drain(app)
    assert [call.method for call in hosting.calls] == ["POST", "GET"]


# -- what is believed ------------------------------------------------------------------------------------------------
def test_the_same_notice_is_kept_once(app: Flask, client: FlaskClient, hosting: HostingFake) -> None:
    site = made(app)
    for _ in range(3):
        assert told(client, hosting, site) == 200
    assert len(notices()) == 1


def test_it_needs_no_token_and_is_answered_before_anything_is_done(
    app: Flask, client: FlaskClient, hosting: HostingFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = made(app)
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    notice = hosting.notice(fresh(site).reference or "")
    calls = len(hosting.calls)
    assert client.post(URL, **notice).json == {"received": True}
    assert ([one.status for one in notices()], len(hosting.calls)) == ([InboundStatus.RECEIVED], calls)


@pytest.mark.parametrize("url", [URL, f"{URL}/webhook"])
def test_it_has_one_address_with_and_without_its_name(
    app: Flask, client: FlaskClient, hosting: HostingFake, url: str
) -> None:
    site = made(app)
    assert client.post(url, **hosting.notice(fresh(site).reference or "")).status_code == 200


@pytest.mark.parametrize(
    "made_wrong",
    [
        {"secret": SECRET.replace("whsec_Y", "whsec_Z")},
        {"at": timedelta(minutes=-6)},
        {"at": timedelta(minutes=6)},
        {"kind": "site.create"},  # one of our own, thrown back
        {"kind": ""},
        {"event_id": ""},
        {"event_id": "x" * 201},
    ],
    ids=str,
)
def test_what_is_forged_old_or_thrown_back_is_refused_and_kept_nowhere(
    app: Flask, client: FlaskClient, hosting: HostingFake, noon: TurnedClock, made_wrong: dict[str, Any]
) -> None:
    site = made(app)
    wrong = {**made_wrong, "at": noon.now + made_wrong["at"]} if "at" in made_wrong else made_wrong
    answer = client.post(URL, **hosting.notice(fresh(site).reference or "", **wrong))
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "bad_notice")
    assert notices() == []


def test_what_we_sent_ourselves_is_no_notice(app: Flask, client: FlaskClient, hosting: HostingFake) -> None:
    made(app)
    [ours] = hosting.calls
    headers = {name: ours.headers[name] for name in ours.headers if name.lower().startswith("webhook-")}
    assert client.post(URL, data=ours.body, headers=headers).status_code == 400


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"type": "site.changed"}', b"\xff", b"[" * 9000])
def test_a_body_that_says_nothing_is_refused(
    app: Flask, client: FlaskClient, hosting: HostingFake, body: bytes
) -> None:
    at = str(int(clock.now().timestamp()))
    headers = {"webhook-id": "e", "webhook-timestamp": at, "webhook-signature": signature("e", at, body)}
    assert client.post(URL, data=body, headers=headers).status_code == 400
    assert notices() == []


def test_of_a_site_that_is_nobodys_nothing_is_done(app: Flask, client: FlaskClient, hosting: HostingFake) -> None:
    made(app)
    assert client.post(URL, **hosting.notice("somebody-elses")).status_code == 200
    inbound.work_off()
    assert [(one.status, one.effect) for one in notices()] == [(InboundStatus.IGNORED, "not ours")]


def test_without_a_secret_nothing_is_believed(app: Flask, client: FlaskClient, hosting: HostingFake) -> None:
    site = made(app)
    use({})
    assert client.post(URL, **hosting.notice(fresh(site).reference or "")).status_code == 400
    save(provisioner_url="https://hosting.example.com/sites", provisioner_secret=SECRET)
    assert client.post(URL, **hosting.notice(fresh(site).reference or "")).status_code == 200


@pytest.mark.parametrize(("name", "status"), [("nobody", 404), ("built-in", 400), ("NOBODY", 404), ("%00", 404)])
def test_who_sends_no_notices_is_not_listened_to(app: Flask, client: FlaskClient, name: str, status: int) -> None:
    assert client.post(f"{URL}/{name}", data=b"{}").status_code == status


# -- an add-on's -----------------------------------------------------------------------------------------------------
def test_the_provisioner_of_an_addon_is_told_at_its_own_address(app: Flask, client: FlaskClient, far: Far) -> None:
    far.answers = [Answer(Progress.WAITING)]
    site = ordered()
    drain(app)
    reference = fresh(site).reference or ""

    def open_notice(body: bytes, headers: Any) -> inbox.Notice:
        assert (body, headers["x-signature"]) == (b"ready", "right")
        return inbox.Notice("evt", "ready", reference, {})

    far.open_notice = open_notice  # type: ignore[method-assign]
    far.standing = Standing(State.ACTIVE, "https://bakery.far.example/")
    assert client.post(f"{URL}/far", data=b"ready", headers={"X-Signature": "right"}).status_code == 200
    inbound.work_off()
    drain(app)
    assert fresh(site).status == S.PUBLISHED


def test_one_without_a_mailbox_is_none_of_ours(app: Flask, client: FlaskClient) -> None:
    class Own:
        id = title = description = "own"
        create = suspend = resume = delete = fetch = Base.create

    def factory(_config: Any) -> Any:
        return Own()

    hooks.add_filter("wu_site_provisioners", lambda known: {**known, "own": factory})
    assert client.post(f"{URL}/own", data=b"{}").status_code == 400


# -- by hand ---------------------------------------------------------------------------------------------------------
def test_who_does_not_want_to_wait_asks_at_once(app: Flask, hosting: HostingFake) -> None:
    site = taken(app, hosting)
    hosting.finish()
    with unit_of_work("operator:1"):
        sites.request_again(sites.find(site.id))
    drain(app)
    assert (fresh(site).status, jobs()) == (S.PUBLISHED, [("provision", "done")])
