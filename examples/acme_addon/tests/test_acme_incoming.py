"""What Acme tells us: a customer's new name and address, and the end of a membership."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from fake_acme import WEBHOOK_SECRET, sign
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from webapp import clock as wall
from webapp import hooks
from webapp.models import Customer, Membership, MembershipStatus, Move
from webapp.transactions import unit_of_work

pytestmark = pytest.mark.usefixtures("network")


def tell(client: FlaskClient, event: dict[str, Any], secret: str = WEBHOOK_SECRET) -> TestResponse:
    body = json.dumps(event).encode()
    return client.post("/hooks/acme/crm", data=body, headers={"X-Webhook-Signature": sign(body, secret)})


@pytest.fixture
def customer(app: Flask) -> Customer:
    """Ada, whom Acme knows as con_7."""
    made = factories.registered("ada@example.org")
    with unit_of_work("test"):
        made.meta["crm_contact_id"] = "con_7"
    return made


def updated(**facts: Any) -> dict[str, Any]:
    return {"type": "customer.updated", **facts}


# -- customer.updated ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", [{"contact_id": "con_7"}, {"email": "Ada@Example.org"}])
def test_a_customer_is_known_by_contact_id_or_address(
    client: FlaskClient, db: Session, customer: Customer, who: dict[str, str]
) -> None:
    answer = tell(client, updated(**who, data={"name": "Ada Lovelace"}))
    assert (answer.status_code, answer.json) == (200, {"handled": True})
    assert db.get_one(Customer, customer.id).display_name == "Ada Lovelace"


def test_the_contact_id_goes_before_the_address(client: FlaskClient, db: Session, customer: Customer) -> None:
    other = factories.registered("other@example.org")
    tell(client, updated(contact_id="con_7", email="other@example.org", data={"name": "Ada Lovelace"}))
    assert db.get_one(Customer, customer.id).display_name == "Ada Lovelace"
    assert db.get_one(Customer, other.id).display_name == "Ada Person"


def test_a_new_address_is_for_signing_in_as_well(client: FlaskClient, db: Session, customer: Customer) -> None:
    tell(client, updated(contact_id="con_7", data={"email": "lovelace@example.org"}))
    found = db.get_one(Customer, customer.id)
    assert (found.email, found.user.email_key) == ("lovelace@example.org", "lovelace@example.org")


def test_the_network_hears_of_it_once(client: FlaskClient, customer: Customer) -> None:
    heard: list[str] = []
    hooks.add_action("wu_customer_post_update", lambda one: heard.append(one.display_name))
    for _ in range(2):
        assert tell(client, updated(contact_id="con_7", data={"name": "Ada Lovelace"})).status_code == 200
    assert heard == ["Ada Lovelace"]


@pytest.mark.parametrize(
    "who", [{}, {"contact_id": "con_8"}, {"contact_id": None}, {"email": "nobody@example.org"}, {"contact_id": 7}]
)
def test_a_contact_that_is_no_customer_is_not_for_us(
    client: FlaskClient, customer: Customer, who: dict[str, Any]
) -> None:
    answer = tell(client, updated(**who, data={"name": "Ada Lovelace"}))
    assert (answer.status_code, answer.json) == (200, {"handled": False})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "invalid"),
        ("Ada", "invalid"),
        ({"email": "no address", "name": "Ada Lovelace"}, "invalid"),
        ({"email": "x" * 300 + "@example.org"}, "invalid"),
        ({"email": "taken@example.org", "name": "Ada Lovelace"}, "email_taken"),
    ],
)
def test_what_cannot_be_is_refused_as_a_whole(
    client: FlaskClient, db: Session, customer: Customer, data: Any, code: str
) -> None:
    factories.registered("taken@example.org")
    answer = tell(client, updated(contact_id="con_7", data=data))
    assert (answer.status_code, answer.json["code"]) == (422, code)
    found = db.get_one(Customer, customer.id)
    assert (found.display_name, found.email) == ("Ada Person", "ada@example.org")


@pytest.mark.parametrize("name", ["", None, 7, ["Ada"], "   "])
def test_a_name_that_is_none_leaves_the_one_that_is_known(
    client: FlaskClient, db: Session, customer: Customer, name: Any
) -> None:
    assert tell(client, updated(contact_id="con_7", data={"name": name})).status_code == 200
    assert db.get_one(Customer, customer.id).display_name == "Ada Person"


def test_a_name_is_kept_as_far_as_it_fits(client: FlaskClient, db: Session, customer: Customer) -> None:
    assert tell(client, updated(contact_id="con_7", data={"name": "ä🎉" * 5000})).status_code == 200
    assert db.get_one(Customer, customer.id).display_name == "ä🎉" * 100


# -- subscription.cancelled ------------------------------------------------------------------------------------
def cancelled(membership: Membership, **facts: Any) -> dict[str, Any]:
    return {"type": "subscription.cancelled", "subscription_id": membership.reference, **facts}


@pytest.fixture
def membership(app: Flask) -> Membership:
    return factories.active_membership(expires_at=wall.now() + timedelta(days=20))


def test_a_membership_ends_with_what_is_paid_for(client: FlaskClient, db: Session, membership: Membership) -> None:
    answer = tell(client, cancelled(membership, reason="too expensive"))
    assert (answer.status_code, answer.json) == (200, {"handled": True})
    found = db.get_one(Membership, membership.id)
    assert (found.status, found.cancel_at) == (MembershipStatus.ACTIVE, found.expires_at)
    assert found.cancellation_reason == "too expensive"


def test_or_at_once_when_acme_says_so(client: FlaskClient, db: Session, membership: Membership) -> None:
    tell(client, cancelled(membership, at_once=True))
    assert db.get_one(Membership, membership.id).status == MembershipStatus.CANCELLED
    assert db.scalars(select(Move.actor).where(Move.object_type == "memberships")).all() == ["addon:acme"]


def test_told_again_in_other_words_nothing_happens_twice(
    client: FlaskClient, db: Session, membership: Membership
) -> None:
    heard: list[str] = []
    hooks.add_action("wu_membership_status_to_cancelled", lambda one, old: heard.append(old))
    for number in range(3):
        answer = tell(client, cancelled(membership, id=f"evt_{number}", at_once=True))
        assert (answer.status_code, answer.json) == (200, {"handled": True})
    assert heard == ["active"]


def test_the_same_event_again_is_answered_and_does_nothing(
    client: FlaskClient, db: Session, membership: Membership
) -> None:
    event = cancelled(membership, id="evt_1")
    assert tell(client, event).json == tell(client, event).json == {"handled": True}


@pytest.mark.parametrize("reference", ["", "no-such-membership", None, 7, "x" * 10_000, "🎉"])
def test_a_membership_that_is_not_there_is_a_404(client: FlaskClient, reference: Any) -> None:
    answer = tell(client, {"type": "subscription.cancelled", "subscription_id": reference})
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_an_integrator_may_object(client: FlaskClient, db: Session, membership: Membership) -> None:
    def object_to(membership: Membership) -> None:
        raise hooks.Reject("Bound for a year.")

    hooks.add_action("wu_membership_pre_cancel", object_to)
    answer = tell(client, cancelled(membership))
    assert (answer.status_code, answer.json["message"]) == (422, "Bound for a year.")
    assert db.get_one(Membership, membership.id).cancel_at is None


# -- who may tell us -------------------------------------------------------------------------------------------
def test_nobody_without_the_secret_changes_anything(client: FlaskClient, db: Session, customer: Customer) -> None:
    answer = tell(client, updated(contact_id="con_7", data={"name": "Mallory"}), secret="guessed")
    assert answer.status_code == 401
    assert db.get_one(Customer, customer.id).display_name == "Ada Person"


def test_what_is_no_json_is_a_400(client: FlaskClient) -> None:
    body = b"not json"
    headers = {"X-Webhook-Signature": sign(body, WEBHOOK_SECRET)}
    assert client.post("/hooks/acme/crm", data=body, headers=headers).status_code == 400
