"""Guessing by the order form is limited by address; buying is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.blueprints.test_checkout import BUYER
from tests.conftest import unwatched
from webapp import create_app
from webapp.domain import tax_ids
from webapp.extensions import db as database
from webapp.extensions import limiter
from webapp.models import TaxIdCheck
from webapp.settings import Settings


@pytest.fixture
def limited(app: Flask, settings: Settings) -> Iterator[Flask]:
    """The application as it runs outside of tests, on the same database."""
    other = unwatched(create_app(replace(settings, testing=False, development=True)))
    other.config["WTF_CSRF_ENABLED"] = False
    yield other
    limiter.enabled = False
    with other.app_context():
        database.engine.dispose()


def test_refused_orders_are_counted_and_good_ones_go_on(app: Flask, limited: Flask) -> None:
    factories.free_product()
    client = limited.test_client()
    guess = {"products": "free", "email_address": "somebody@example.com"}
    answers = [client.post("/register/free", data=guess).status_code for _ in range(62)]
    assert answers == [422] * 60 + [429] * 2
    assert client.post("/register/free", data=BUYER).status_code == 303
    assert client.get("/register/free").status_code == 200


def test_what_a_view_says_itself_holds(app: Flask, limited: Flask) -> None:
    """The extension's look before every request is taken away: nothing may rely on it."""
    client = limited.test_client()
    answers = [client.post("/checkout/check", data={"field": "email_address"}).status_code for _ in range(301)]
    assert answers == [200] * 300 + [429]


def test_vat_ids_that_are_tried_out_by_the_dozen_are_not_all_looked_up(app: Flask, limited: Flask) -> None:
    factories.taxed()
    factories.tax_rate("25", "DK")
    factories.product("plan")
    client = limited.test_client()
    numbers = [one for one in map(str, range(10000000, 10000500)) if tax_ids.number_of(one, "DK")]
    form = {"products": "plan", "customer_type": "business", "billing_country": "DK"}
    for number in numbers[:30]:
        assert client.post("/checkout/summary", data={**form, "tax_id": number}).status_code == 200
    database.session.rollback()
    assert database.session.scalar(select(func.count()).select_from(TaxIdCheck)) == 20
