"""The example receiver makes the sites of a network that it tells of each of them, from the order to the deletion."""

from __future__ import annotations

import base64
import importlib.util
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.fakes.serving import FakeServer, serving
from tests.waiting import wait_until
from webapp import our_provisioners
from webapp.domain import network, site_keeping, sites
from webapp.domain.site_jobs import HANDLER
from webapp.extensions import db
from webapp.flows import inbound, relaying
from webapp.models import InboundEvent, Membership, MembershipStatus, Site
from webapp.provisioners import base, provisioners
from webapp.transactions import unit_of_work

SECRET = "whsec_" + base64.b64encode(b"a secret of both sides, no other").decode()
FILE = Path(__file__).resolve().parents[1] / "receiver.py"


@pytest.fixture
def receiver() -> ModuleType:
    spec = importlib.util.spec_from_file_location("receiver", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hosting(app: Flask, receiver: ModuleType, tmp_path: Path) -> Iterator[Any]:
    """The receiver and the network, each at an address of its own, and each with the other's."""
    with serving(app) as url:
        made = receiver.Hosting(str(tmp_path / "sites.sqlite"), SECRET, f"{url}/webhooks/provisioner")
        server = ThreadingHTTPServer(("127.0.0.1", 0), receiver.handler_of(made))
        server.daemon_threads = False
        with FakeServer(server) as fake:
            made.url = f"http://{fake.address}/"
            env = {"PROVISIONER_URL": made.url, "PROVISIONER_SECRET": SECRET, "OUTBOUND_ALLOW_PRIVATE": "loopback"}
            provisioners.init(base.Config(env, "http://localhost"), our_provisioners())
            with unit_of_work("test"):
                network.change({"provisioner": "webhook"})
            yield made
    provisioners.init(base.Config({}, "http://localhost"), our_provisioners())


def drain(app: Flask) -> None:
    db.session.rollback()
    relaying.drain(app, HANDLER, lease=relaying.timedelta(minutes=1))


def fresh(site: Site) -> Site:
    db.session.rollback()
    return db.session.get_one(Site, site.id, populate_existing=True)


def notices() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(InboundEvent.id))) or 0


def ordered(slug: str = "bakery") -> Site:
    agreement = factories.active_membership()
    told = {"customer": agreement.customer, "membership": agreement, "title": "Bakery"}
    site: Site = factories.save(lambda: Site(slug=slug, **told))
    with unit_of_work("test"):
        sites.request_for(db.session.get_one(Membership, agreement.id))
    return site


def change(site: Site, status: MembershipStatus) -> None:
    with unit_of_work("test") as session:
        agreement = session.get_one(Membership, site.membership_id)
        agreement.move_to(status, reason="test")
        if status == MembershipStatus.ACTIVE:
            sites.request_for(agreement)
        else:
            sites.stop_serving(agreement, reason="test")


def delete(site: Site) -> None:
    with unit_of_work("test"):
        site_keeping.empty(sites.locked(site.id), reason="test")


def test_a_life_from_the_order_to_the_deletion(app: Flask, hosting: Any) -> None:
    site, said = ordered(), []
    steps = [
        lambda: None,
        lambda: change(site, MembershipStatus.EXPIRED),
        lambda: change(site, MembershipStatus.ACTIVE),
        lambda: delete(site),
    ]
    for number, step in enumerate(steps, start=1):
        step()
        drain(app)  # it is told, and works on it
        wait_until(lambda number=number: notices() == number)  # type: ignore[misc]
        inbound.work_off()
        drain(app)  # it has said that it is through, and is asked
        said.append((str(fresh(site).status), hosting.standing(fresh(site).reference)[1]["state"]))
        assert (fresh(site).waits_since, fresh(site).problem) == (None, "")
    assert said == [
        ("published", "active"),
        ("suspended", "suspended"),
        ("published", "active"),
        ("deleted", "deleted"),
    ]
    assert (fresh(site).address, fresh(site).made_as) == ("https://bakery.sites.example/", "bakery")


def test_a_name_is_given_once_and_a_job_is_done_once(app: Flask, hosting: Any) -> None:
    site = ordered()
    drain(app)
    wait_until(lambda: notices() == 1)
    known = {"site": fresh(site).reference, "name": "bakery", "customer": {"email": "ada@example.com"}}
    for _ in range(3):
        assert hosting.take(fresh(site).job, {"type": "site.create", "data": known})[0] == 200
    assert hosting.take("other", {"type": "site.create", "data": {**known, "site": "other"}})[0] == 409
    assert hosting.take("another", {"type": "site.suspend", "data": {**known, "site": "other"}})[0] == 404
    assert notices() == 1


@pytest.mark.parametrize("headers", [{}, {"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,eA=="}])
def test_it_believes_nobody_else(hosting: Any, headers: dict[str, str]) -> None:
    for method in ("GET", "POST"):
        answer = requests.request(method, hosting.url, data=b"{}", headers=headers, timeout=5)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")


def test_a_network_that_is_away_is_no_trouble(hosting: Any, capfd: pytest.CaptureFixture[str]) -> None:
    hosting.network = "http://127.0.0.1:9/webhooks/provisioner"
    hosting.tell("any")
    assert "not told" in capfd.readouterr().err
