"""An address is confirmed by whoever reads what is sent there; until then nothing that matters depends on it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests import factories
from tests.blueprints.auth.conftest import SignIn
from tests.conftest import TurnedClock
from tests.integrations.mailbox import kinds, written
from tests.pages import Page
from webapp import hooks
from webapp.domain import customers, email_addresses, mails, network
from webapp.domain.customers import Profile
from webapp.extensions import db
from webapp.flows import ordering, relaying
from webapp.models import (
    Customer,
    EmailVerification,
    Event,
    Mail,
    MailStatus,
    Membership,
    Payment,
    Role,
    Site,
    SiteStatus,
    User,
)
from webapp.settings import Settings
from webapp.transactions import unit_of_work

LISTENERS, PROVISIONING = "webapp.integrations.mailing.listeners", "webapp.flows.provisioning"


def work(app: Flask) -> None:
    db.session.rollback()
    for handler in (LISTENERS, PROVISIONING):
        relaying.drain(app, handler, lease=timedelta(minutes=1))
    db.session.rollback()


def link_in(kind: str) -> str:
    mail = [one for one in written() if one.kind == kind][-1]
    found = re.search(r"http://localhost(/confirm-email/\S+)", mails.revealed(mail.text, mail.secrets))
    assert found is not None
    return found[1]


def signed_up() -> Customer:
    """A new customer of a network that wants addresses confirmed."""
    with unit_of_work("test"):
        network.change({"require_email_verification": True})
        user = customers.create_user("ada@example.com", "", "Ada", password_hash=factories.password_hash())
        customer_id = customers.create(user, Profile(full_name="Ada"), signup_form="test", locale="de")
    return db.session.scalars(select(Customer)).one() if customer_id else customer_id


# -- the first address -----------------------------------------------------------------------------------------------
def test_a_new_customer_is_asked_to_confirm_where_the_network_wants_it(app: Flask, client: FlaskClient) -> None:
    customer, heard = signed_up(), []
    hooks.add_action("wu_customer_email_verified", lambda one: heard.append(one.id))
    assert customer.email_verification == EmailVerification.PENDING
    assert [one.type for one in db.session.scalars(select(Event))] == [
        "customer.created",
        "email.verification_requested",
    ]
    work(app)
    [mail] = written()
    assert (mail.kind, mail.locale, mail.to_address) == ("email_verification", "de", "ada@example.com")
    url = link_in("email_verification")
    assert "ada@example.com" in client.get(url).text
    assert db.session.scalars(select(Customer)).one().email_verification == EmailVerification.PENDING
    assert client.post(url).status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(Customer)).one().email_verification == EmailVerification.VERIFIED
    assert heard == [customer.id]
    refused = client.post(url)
    assert refused.status_code == 410
    assert ("/account/", "Go to your account") in Page(refused.text).links


def test_nobody_is_asked_where_the_network_does_not_want_it(app: Flask) -> None:
    with unit_of_work("test"):
        user = customers.create_user("ada@example.com", "", "Ada", password_hash=factories.password_hash())
        customers.create(user, Profile(), signup_form="test", locale="en")
    work(app)
    assert kinds() == []
    assert db.session.scalars(select(Customer)).one().is_verified


def test_a_delivery_that_runs_twice_writes_one_mail(app: Flask) -> None:
    customer = signed_up()
    for _ in range(2):
        with unit_of_work("test"):
            email_addresses.write_confirmation(customers.find(customer.id), once="confirm:1")
    assert kinds() == ["email_verification"]


def test_an_address_that_is_not_confirmed_holds_the_site_and_not_the_sale(
    app: Flask, client: FlaskClient, settings: Settings
) -> None:
    with unit_of_work("test"):
        network.change({"require_email_verification": True})
    factories.free_product()
    placed = ordering.place(factories.order("free", gateway="free"), settings)
    work(app)
    assert db.session.scalars(select(Payment)).one().is_paid
    assert db.session.scalars(select(Membership)).one().is_served
    assert db.session.scalars(select(Site)).one().status == SiteStatus.REQUESTED
    factories.signed_in(client, db.session.scalars(select(Customer)).one())
    page = client.get(f"/thank-you/{placed.reference}").text
    assert "waits for your confirmation" in page
    assert "hx-trigger" not in page.partition('id="state"')[2].partition(">")[0]
    client.post(link_in("email_verification"))
    work(app)
    assert db.session.scalars(select(Site)).one().status == SiteStatus.PUBLISHED


@pytest.mark.ux("T3")
def test_the_account_says_so_until_it_is_confirmed_and_sends_the_link_again(
    app: Flask, client: FlaskClient, sign_in: SignIn
) -> None:
    signed_up()
    work(app)
    sign_in(client)
    first = link_in("email_verification")
    for page in ("/account/", "/account/security"):
        assert "We sent a link to ada@example.com. Your site goes online" in client.get(page).text
    assert client.post("/account/security/email/confirmation").status_code == 303
    work(app)
    assert kinds() == ["email_verification"] * 2
    assert client.get(first).status_code == 410
    client.post(link_in("email_verification"))
    assert "Your site goes online" not in client.get("/account/").text
    assert client.post("/account/security/email/confirmation").status_code == 409


def test_the_link_is_not_sent_without_end(app: Flask, client: FlaskClient, sign_in: SignIn, clock: TurnedClock) -> None:
    signed_up()
    sign_in(client)
    for _ in range(6):
        client.post("/account/security/email/confirmation")
    work(app)
    assert len(kinds()) == 1 + 3


def test_a_password_by_mail_confirms_the_address(app: Flask, client: FlaskClient) -> None:
    signed_up()
    with unit_of_work("test"):
        email_addresses.request_reset("ada@example.com", locale="en", base_url="http://localhost")
        email_addresses.answer_resets()
    mail = written()[-1]
    found = re.search(r"http://localhost(/password/\S+)", mails.revealed(mail.text, mail.secrets))
    assert found is not None
    assert client.post(found[1], data={"new_password": "another long sentence"}).status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(Customer)).one().email_verification == EmailVerification.VERIFIED


# -- another address -------------------------------------------------------------------------------------------------
NEW = "ada@elsewhere.example"


def ask(client: FlaskClient, email: str = NEW) -> int:
    return client.post("/account/security/email", data={"email_address": email}).status_code


@pytest.mark.ux("K7")
def test_a_new_address_counts_once_it_is_confirmed_from_there(
    client: FlaskClient, ada: User, sign_in: SignIn, app: Flask
) -> None:
    sign_in(client)
    assert ask(client) == 303
    to_new, to_old = written()
    assert (to_new.kind, to_new.to_address) == ("email_change", NEW)
    assert (to_old.kind, to_old.to_address) == ("email_change_requested", "ada@example.com")
    assert NEW in to_old.text
    for page in ("/account/security", "/account/profile"):
        assert "waits for confirmation" in client.get(page).text
    visitor = app.test_client()
    assert sign_in(visitor, NEW).status_code == 422
    assert visitor.post(link_in("email_change")).status_code == 303
    assert sign_in(visitor, NEW).status_code == 303
    assert written()[-1].kind == "email_changed"
    assert written()[-1].to_address == "ada@example.com"
    db.session.rollback()
    customer = db.session.scalars(select(Customer)).one()
    assert (customer.email, customer.email_verification) == (NEW, EmailVerification.VERIFIED)
    assert "The e-mail address was changed" in client.get("/account/security").text


def test_it_is_undone_and_the_link_is_worth_nothing(client: FlaskClient, ada: User, sign_in: SignIn) -> None:
    sign_in(client)
    ask(client)
    url = link_in("email_change")
    assert client.post("/account/security/email/undo").status_code == 303
    assert client.get(url).status_code == 410
    assert "waits for confirmation" not in client.get("/account/security").text


def test_the_link_comes_again_and_the_old_address_is_told_once(client: FlaskClient, ada: User, sign_in: SignIn) -> None:
    sign_in(client)
    ask(client)
    assert client.post("/account/security/email/link").status_code == 303
    assert kinds() == ["email_change", "email_change_requested", "email_change"]
    client.post("/account/security/email/undo")
    assert client.post("/account/security/email/link").status_code == 409


def test_an_address_of_another_account_is_not_told_to_who_asks(client: FlaskClient, ada: User, sign_in: SignIn) -> None:
    factories.user(email="bob@example.com")
    sign_in(client)
    assert ask(client, "Bob@example.com") == 303
    page = client.get("/account/security").text
    assert "waits for confirmation" in page
    assert [(one.kind, one.to_address) for one in written()] == [
        ("email_taken", "bob@example.com"),
        ("email_change_requested", "ada@example.com"),
    ]


def test_of_two_who_want_the_same_address_one_gets_it(client: FlaskClient, ada: User, sign_in: SignIn) -> None:
    sign_in(client)
    ask(client)
    factories.user(email=NEW)
    assert client.post(link_in("email_change")).status_code == 422
    assert customers.find_user(ada.id).email == "ada@example.com"


@pytest.mark.parametrize("email", ["", "nobody", "ada@example.com"])
def test_what_cannot_be_an_other_address_is_refused(
    client: FlaskClient, ada: User, sign_in: SignIn, email: str
) -> None:
    sign_in(client)
    assert ask(client, email) == 422
    assert kinds() == []


def test_a_browser_that_was_left_open_changes_no_address(
    client: FlaskClient, ada: User, sign_in: SignIn, clock: TurnedClock
) -> None:
    sign_in(client)
    clock.tick(minutes=11)
    assert "/proof" in client.post("/account/security/email", data={"email_address": NEW}).headers["Location"]
    assert kinds() == []


def test_staff_change_their_address_too(client: FlaskClient, app: Flask, sign_in: SignIn) -> None:
    olga = factories.operator(email="olga@example.com", role=Role.SUPPORT)
    sign_in(client, "olga@example.com")
    assert ask(client, "olga@elsewhere.example") == 303
    assert client.post(link_in("email_change")).status_code == 303
    db.session.rollback()
    assert customers.find_user(olga.id).email == "olga@elsewhere.example"


def test_who_signs_in_otherwise_from_now_on_is_told(client: FlaskClient, ada: User, sign_in: SignIn) -> None:
    sign_in(client)
    client.post(
        "/account/security/password", data={"password": factories.PASSWORD, "new_password": "another long sentence"}
    )
    [mail] = written()
    assert (mail.kind, mail.to_address) == ("password_changed", "ada@example.com")
    assert "Firefox" not in mail.text or "(" in mail.text
    client.post("/account/security/two-step/codes")
    assert kinds() == ["password_changed"]


def test_a_mistyped_address_at_the_checkout_gets_what_was_written_so_far(app: Flask) -> None:
    customer = signed_up()
    work(app)
    with unit_of_work("test"):
        mails.send(
            "test", to="ada@example.com", locale="en", values={"name": "Ada"}, customer_id=customer.id, once="test:1"
        )
    with unit_of_work("test"):
        email_addresses.correct(customers.find(customer.id), NEW)
    work(app)
    assert [(one.kind, one.to_address, str(one.status)) for one in written()] == [
        ("email_verification", "ada@example.com", "dead"),
        ("test", NEW, "pending"),
        ("email_verification", NEW, "pending"),
    ]


def test_an_address_that_is_put_right_twice_gets_each_mail_once(app: Flask) -> None:
    customer = signed_up()
    with unit_of_work("test"):
        mails.send("test", to="ada@example.com", locale="en", values={"name": "Ada"}, customer_id=customer.id)
    for email in ("one@example.com", "two@example.com", "three@example.com"):
        with unit_of_work("test") as session:
            session.execute(update(Mail).values(status=MailStatus.SENT))
            email_addresses.correct(customers.find(customer.id), email)
    told = [one.to_address for one in written() if one.kind == "test"]
    assert told == ["ada@example.com", "one@example.com", "two@example.com", "three@example.com"]
