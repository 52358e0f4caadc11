"""One customer gives a site away on their pages, another takes it over on theirs."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.looking import looking
from tests.pages import Page
from webapp.domain import mails
from webapp.extensions import db
from webapp.models import Customer, Mail, Membership, Site, SiteStatus


@pytest.fixture
def bakery(agreement: Membership) -> Site:
    facts = {"customer": agreement.customer, "membership": agreement, "status": SiteStatus.PUBLISHED}
    return factories.save(lambda: Site(slug="bakery", title="Bakery", design="business", **facts))


@pytest.fixture
def grace(app: Flask) -> Customer:
    found: Customer = factories.customer(user=factories.user(email="grace@example.com"), display_name="Grace Hopper")
    return found


@pytest.fixture
def graces(app: Flask, grace: Customer) -> FlaskClient:
    """Her browser."""
    found: FlaskClient = factories.signed_in(app.test_client(), grace)
    return found


def fields(client: FlaskClient, at: str) -> dict[str, str]:
    found: dict[str, str] = next(one["fields"] for one in Page(client.get(at).text).forms if one["action"] == at)
    return found


def ask(client: FlaskClient, site: Site, email: str = "grace@example.com") -> str:
    """The path of the link in the mail."""
    at = f"/account/sites/{site.id}/transfer"
    assert client.post(at, data={**fields(client, at), "email": email}).status_code == 303
    db.session.rollback()
    mail = db.session.scalars(select(Mail).where(Mail.kind == "site_offered").order_by(Mail.id.desc())).first()
    assert mail is not None
    found = re.findall(r"/account/transfers/[\w-]+", mails.revealed(mail.text, mail.secrets))
    return str(found[0])


def test_it_is_offered_looked_at_and_taken_over(
    signed_in: FlaskClient, graces: FlaskClient, grace: Customer, bakery: Site
) -> None:
    assert f"/account/sites/{bakery.id}/transfer" in signed_in.get(f"/account/sites/{bakery.id}").text
    link = ask(signed_in, bakery)
    waiting = looking(signed_in)(f"/account/sites/{bakery.id}/transfer").text
    assert "grace@example.com is asked" in waiting
    empty = looking(graces)(link).text
    assert "You have no contract with room for this site" in empty
    room = factories.active_membership(customer=grace)
    page = graces.get(link)
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    form = fields(graces, link)
    none = graces.post(link, data={})
    assert (none.status_code, "Choose the contract" in none.text) == (422, True)
    done = graces.post(link, data={**form, "membership_id": str(room.id)})
    assert done.location == f"/account/sites/{bakery.id}"
    assert "The site is yours now." in graces.get(done.location).text
    assert signed_in.get(f"/account/sites/{bakery.id}").status_code == 404
    assert "Site taken over from another customer" in graces.get(f"/account/memberships/{room.id}").text
    assert graces.get(link).status_code == 410


def test_who_gives_sees_the_same_whether_an_address_is_known_or_not(
    signed_in: FlaskClient, graces: FlaskClient, bakery: Site
) -> None:
    at = f"/account/sites/{bakery.id}/transfer"
    said = []
    for email in ("grace@example.com", "nobody1@example.com"):
        answer = signed_in.post(at, data={**fields(signed_in, at), "email": email})
        text = signed_in.get(answer.location).text.replace(email, "…")
        said.append((answer.status_code, answer.location, re.sub(r'value="[^"]{30,}"|nonce-[^"]*', "", text)))
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("", "Enter an e-mail address like name@example.com."),
        ("grace", "Enter an e-mail address like name@example.com."),
        ("Ada@example.com", "This is your own address."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    signed_in: FlaskClient, ada: Customer, bakery: Site, email: str, sentence: str
) -> None:
    at = f"/account/sites/{bakery.id}/transfer"
    email = email.replace("Ada@example.com", ada.user.email.upper())
    answer = signed_in.post(at, data={**fields(signed_in, at), "email": email})
    assert (answer.status_code, sentence in answer.text) == (422, True)


def test_it_is_withdrawn_or_declined(signed_in: FlaskClient, graces: FlaskClient, bakery: Site) -> None:
    link = ask(signed_in, bakery)
    token = fields(signed_in, f"/account/sites/{bakery.id}/transfer")
    taken_back = signed_in.post(f"/account/sites/{bakery.id}/transfer/withdrawal", data=token)
    assert "The offer is withdrawn." in signed_in.get(taken_back.location).text
    gone = graces.get(link)
    assert (gone.status_code, "withdrawn, or its time is over" in gone.text) == (410, True)
    again = ask(signed_in, bakery)
    answer = graces.post(f"{again}/refusal", data=refusal(graces, again))
    assert "You have declined the site." in graces.get(answer.location).text
    assert graces.get(again).status_code == 410


def refusal(client: FlaskClient, link: str) -> dict[str, str]:
    found: dict[str, str] = next(
        one["fields"] for one in Page(client.get(link).text).forms if one["action"] == f"{link}/refusal"
    )
    return found


def test_nobody_else_follows_the_link(app: Flask, signed_in: FlaskClient, client: FlaskClient, bakery: Site) -> None:
    link = ask(signed_in, bakery)
    visitor = app.test_client()
    assert visitor.get(link).location == f"/login?next={link}"
    other = factories.signed_in(app.test_client(), factories.customer())
    for answer in (other.get(link), signed_in.get(link)):
        assert (answer.status_code, "Sign in with the address that it was sent to." in answer.text) == (404, True)
        assert "Bakery" not in answer.text
