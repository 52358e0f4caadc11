"""Taking one's data along, and going."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import factories
from tests.blueprints.admin.rows import attempt, delivery, fresh
from tests.conftest import TurnedClock
from tests.looking import Look
from webapp import clock
from webapp.domain import audit, customers, erasure, memberships, outbox
from webapp.extensions import db
from webapp.models import (
    AuditEntry,
    Customer,
    Delivery,
    Event,
    Membership,
    MembershipStatus,
    Meta,
    PaymentStatus,
    Site,
    SiteStatus,
    StoredCredential,
    UserSession,
)
from webapp.transactions import unit_of_work


def test_the_export_has_everything_that_is_theirs_and_no_secret(
    signed_in: FlaskClient, ada: Customer, agreement: Membership
) -> None:
    factories.payment(membership=agreement)
    stranger = factories.payment()
    with unit_of_work("test"):
        db.session.merge(ada).meta["crm_contact_id"] = "42"
    answer = signed_in.get("/account/data/export.json")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="my-data-')
    told = json.loads(answer.text)
    assert told["customer"]["email"] == "ada@example.com"
    assert told["customer"]["kept_by_connected_systems"] == {"crm_contact_id": "42"}
    assert [one["plan_id"] for one in told["memberships"]] == [agreement.plan_id]
    assert [one["total_minor"] for one in told["payments"]] == [2999]
    assert len(told["sign_ins"]) == 1
    for secret in (ada.user.password_hash, "token_hash", stranger.reference, "argon2"):
        assert secret not in answer.text


@pytest.mark.ux("K8")
def test_an_account_with_a_running_contract_is_not_deleted(look: Look, signed_in: FlaskClient, ada: Customer) -> None:
    running = factories.active_membership(customer=ada, expires_at=clock.now() + timedelta(days=3))
    page = look("/account/deletion").one("main")
    assert "Cancel your contracts first" in page.text
    assert page.all("input", type="password") == []
    assert f"/account/memberships/{running.id}/cancellation" in [one.attrs["href"] for one in page.all("a")]
    answer = signed_in.post("/account/deletion", data={"password": factories.PASSWORD})
    assert (answer.status_code, fresh(ada).deleted_at) == (409, None)


def test_staff_who_also_buy_stay_staff(client: FlaskClient) -> None:
    both = factories.customer(user=factories.operator())
    answer = factories.signed_in(client, both).post("/account/deletion", data={"password": factories.PASSWORD})
    assert (answer.status_code, "You are of the staff." in answer.text, fresh(both).deleted_at) == (409, True, None)


@pytest.mark.ux("K8", "W15")
def test_it_asks_for_the_password(signed_in: FlaskClient, ada: Customer) -> None:
    for password in ("", "not the right sentence"):
        answer = signed_in.post("/account/deletion", data={"password": password})
        assert (answer.status_code, fresh(ada).deleted_at) == (422, None)


def test_a_deleted_account_names_nobody_and_its_payments_stay(
    signed_in: FlaskClient, ada: Customer, agreement: Membership
) -> None:
    payment = factories.payment(membership=agreement, status=PaymentStatus.COMPLETED, completed_at=clock.now())
    facts = {"customer": ada, "membership": agreement, "slug": "ada-lovelace", "title": "Adas Werkstatt"}
    site = factories.save(lambda: Site(status=SiteStatus.SUSPENDED, **facts))
    factories.save(lambda: StoredCredential(customer_id=ada.id, gateway="sandbox", reference="pm_1", label="Visa"))
    told = delivery(ada, arguments=["customer.created", {"email": "ada@example.com", "country": "DE"}])
    attempt(told, answer="created ada@example.com")
    with unit_of_work("test"):
        owner = customers.find(ada.id)
        customers.rewrite(owner, customers.Profile(full_name="Ada Lovelace", billing_city="London"))
        outbox.record("customer.updated", owner)
        outbox.record("site.suspended", db.session.merge(site))
        audit.note(owner, "customers.act", before={}, after={"name": "Ada Lovelace"})
        memberships.cancel(memberships.find(agreement.id), reason="x", at_once=True)
    answer = signed_in.post("/account/deletion", data={"password": factories.PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/")

    own = fresh(ada)
    assert own.deleted_at is not None
    assert (own.display_name, own.billing_city) == (f"Deleted customer {own.id}", "")
    assert not {"Ada", "ada@example.com"} & {own.email, own.user.email, own.user.name, own.user.username}
    assert db.session.scalar(select(func.count()).select_from(UserSession)) == 0
    assert db.session.scalar(select(func.count()).select_from(StoredCredential)) == 0
    kept = json.dumps([one.data for one in db.session.scalars(select(Event))])
    kept += json.dumps([one.arguments for one in db.session.scalars(select(Delivery))])
    assert "ada@example.com" not in kept
    kept += json.dumps([one.after for one in db.session.scalars(select(AuditEntry))])
    for word in ("Lovelace", "lovelace", "Werkstatt"):
        assert word not in kept
    assert "customer.deleted" in db.session.scalars(select(Event.type)).all()
    assert (fresh(site).status, site.title) == (SiteStatus.DELETED, f"Site {site.id}")
    assert (fresh(payment).total_minor, payment.status) == (2999, PaymentStatus.COMPLETED)
    assert payment.meta["billed_to"]["name"] == "Ada Lovelace"


def test_nobody_signs_in_as_a_deleted_customer_and_the_address_is_free(client: FlaskClient, ada: Customer) -> None:
    with unit_of_work("test"):
        erasure.delete_account(customers.find(ada.id))
    data = {"email_address": "ada@example.com", "password": factories.PASSWORD}
    assert client.post("/login", data=data).status_code == 422
    assert factories.registered("ada@example.com").id != ada.id


def test_who_was_billed_is_forgotten_when_its_years_are_over(
    ada: Customer, agreement: Membership, clock: TurnedClock
) -> None:
    over = {"status": MembershipStatus.CANCELLED}
    ended = factories.membership(customer=factories.customer(), **over)
    factories.payment(membership=ended, status=PaymentStatus.COMPLETED)
    with unit_of_work("test"):
        erasure.delete_account(customers.find(ended.customer_id))
    clock.use("2037-12-31T12:00Z")
    with unit_of_work("test"):
        assert erasure.sweep() == 0
    clock.use("2038-01-01T12:00Z")
    with unit_of_work("test"):
        assert erasure.sweep() == 1
    assert db.session.scalars(select(Meta)).all() == []
