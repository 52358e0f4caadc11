"""What was written to a customer can be read again, and nothing that opens a door."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.looking import Look
from webapp.domain import mails
from webapp.models import Customer, Mail
from webapp.transactions import unit_of_work


def written(owner: Customer, **values: Any) -> Mail:
    facts = {"received_at": "today", "content": "Full name: Ada", **values}
    with unit_of_work("test"):
        mail = mails.send("withdrawal_received", to=owner.email, locale="en", values=facts, customer_id=owner.id)
    assert mail is not None
    return mail


@pytest.mark.ux("T4")
def test_messages_are_listed_and_read(look: Look, ada: Customer) -> None:
    assert "We have not written to you yet" in look("/account/messages").text
    mail = written(ada)
    assert "We received your withdrawal" in look("/account/messages").one("main").text
    assert "Full name: Ada" in look(f"/account/messages/{mail.id}").one("main").text


def test_many_are_paged(look: Look, ada: Customer) -> None:
    for number in range(27):
        written(ada, content=str(number))
    first = look("/account/messages")
    assert len(first.all("th", scope="row")) == 25
    older = next(link.attrs["href"] for link in first.all("a") if link.text == "Older")
    assert len(look(older).all("th", scope="row")) == 2


def test_somebody_elses_is_not_found(signed_in: FlaskClient) -> None:
    theirs = written(factories.customer())
    assert signed_in.get(f"/account/messages/{theirs.id}").status_code == 404
    assert "We received" not in signed_in.get("/account/messages").text


def test_a_link_that_signs_in_is_not_shown(signed_in: FlaskClient, ada: Customer) -> None:
    with unit_of_work("test"):
        values = {"name": "Ada", "link": "http://localhost/password/x"}
        mail = mails.send("password_reset", to=ada.email, locale="en", values=values, customer_id=ada.id)
    assert mail is not None
    assert signed_in.get(f"/account/messages/{mail.id}").status_code == 404
    assert "password" not in signed_in.get("/account/messages").text.split("<main")[1].lower()
