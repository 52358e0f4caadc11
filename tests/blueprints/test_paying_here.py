"""What the script on our payment page asks for, with a gateway that has no part on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.addons import installed
from tests.fakes.stripe import StripeFake
from webapp.extensions import db as database
from webapp.flows import ordering
from webapp.models import Try


@pytest.fixture
def stripe(app: Flask, db: Session) -> Iterator[StripeFake]:
    with StripeFake() as fake, installed(app, env=fake.env):
        yield fake


@pytest.mark.parametrize("gateway", ["sandbox", "manual", "stripe-checkout", "free", "nobody", ""])
def test_a_gateway_without_a_part_on_our_page_is_refused_and_leaves_no_try(
    stripe: StripeFake, app: Flask, client: FlaskClient, gateway: str
) -> None:
    factories.product("premium")
    placed = ordering.place(factories.order("premium", gateway="stripe"), app.extensions["settings"])
    tries = database.session.scalar(select(func.count(Try.id)))
    answer = client.post(f"/pay/{placed.reference}/confirmation", data={"gateway": gateway})
    assert (answer.status_code, answer.json) == (422, {"problem": "Choose how you want to pay."})
    assert database.session.scalar(select(func.count(Try.id))) == tries


def test_our_own_gateway_goes_on(stripe: StripeFake, app: Flask, client: FlaskClient) -> None:
    factories.product("premium")
    placed = ordering.place(factories.order("premium", gateway="stripe"), app.extensions["settings"])
    answer = client.post(f"/pay/{placed.reference}/confirmation", data={"gateway": "stripe"})
    assert answer.status_code == 200
    assert "client_secret" in answer.get_json()["step"]
