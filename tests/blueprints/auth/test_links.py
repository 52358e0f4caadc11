"""A new password by a link: once, for half an hour, and for as long as nothing else has changed."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.blueprints.auth.conftest import SignIn
from tests.conftest import TurnedClock
from tests.pages import Page
from webapp import clock
from webapp.domain import customers, one_time_links
from webapp.models import Customer, EmailVerification, LinkPurpose, OneTimeLink, User
from webapp.transactions import unit_of_work

NEW = "another long sentence"


def link_for(email: str, purpose: LinkPurpose = LinkPurpose.RESET) -> str:
    with unit_of_work("test"):
        user = customers.user_by_email(email)
        assert user is not None
        return f"/password/{one_time_links.make(user, purpose)}"


def follow(client: FlaskClient, url: str, password: str = NEW) -> int:
    return client.post(url, data={"new_password": password}).status_code


@pytest.mark.parametrize("purpose", [LinkPurpose.RESET, LinkPurpose.INVITATION])
def test_it_sets_the_password_once_and_ends_every_session(
    client: FlaskClient, app: Flask, ada: User, sign_in: SignIn, purpose: LinkPurpose
) -> None:
    sign_in(client)
    url, visitor = link_for(ada.email, purpose), app.test_client()
    assert visitor.get(url).status_code == visitor.get(url).status_code == 200
    assert follow(visitor, url) == 303
    assert client.get("/account/security").status_code == 303
    assert sign_in(visitor, password=NEW).status_code == 303
    assert follow(visitor, url, "a third long sentence") == 410
    assert ("/password", "Ask for a new link") in Page(visitor.get(url).text).links


def test_a_password_that_is_refused_uses_nothing_up(client: FlaskClient, ada: User) -> None:
    url = link_for(ada.email)
    assert follow(client, url, "short") == 422
    assert follow(client, url) == 303


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (30, 410)])
def test_it_works_for_thirty_minutes(
    client: FlaskClient, ada: User, clock: TurnedClock, minutes: int, status: int
) -> None:
    url = link_for(ada.email)
    clock.tick(minutes=minutes)
    assert client.get(url).status_code == status


def test_a_newer_link_a_new_password_or_address_ends_it(client: FlaskClient, ada: User, db: Session) -> None:
    first, second = link_for(ada.email), link_for(ada.email)
    assert (client.get(first).status_code, client.get(second).status_code) == (410, 200)
    with unit_of_work("test"):
        customers.find_user(ada.id).email = "ada@elsewhere.example"
    assert client.get(second).status_code == 410
    third = link_for("ada@elsewhere.example")
    with unit_of_work("test"):
        customers.find_user(ada.id).password_hash = factories.password_hash(NEW)
    assert client.get(third).status_code == 410


def test_a_link_for_something_else_sets_no_password(client: FlaskClient, ada: User) -> None:
    assert client.get(link_for(ada.email, LinkPurpose.VERIFY)).status_code == 410


def test_the_address_is_kept_from_caches_other_pages_and_the_database(
    client: FlaskClient, ada: User, db: Session
) -> None:
    url = link_for(ada.email)
    headers = client.get(url).headers
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert url.rpartition("/")[2] != db.query(OneTimeLink).one().token_hash


def test_an_operator_prints_one(app: Flask, client: FlaskClient, ada: User) -> None:
    done = app.test_cli_runner().invoke(args=["password-link", "ADA@example.com"])
    assert done.exit_code == 0
    assert follow(client, done.output.strip().removeprefix("http://localhost")) == 303
    assert app.test_cli_runner().invoke(args=["password-link", "nobody@example.com"]).exit_code == 1


def test_a_printed_one_proves_no_mailbox(app: Flask, client: FlaskClient, ada: User, db: Session) -> None:
    """Whoever it was handed to has read nothing that was sent to the address."""
    with unit_of_work("test"):
        customers.find_user(ada.id).two_step_at = clock.now()
    printed = app.test_cli_runner().invoke(args=["password-link", ada.email]).output.strip()
    assert follow(client, printed.removeprefix("http://localhost")) == 303
    db.rollback()
    customer = db.scalars(select(Customer)).one()
    assert customer.email_verification == EmailVerification.NONE
    assert customer.user.two_step_at is not None
