"""The order form that is written once says what one written for each visitor would say."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests import factories
from webapp import hooks
from webapp.blueprints.checkout.first_look import Pages, pages
from webapp.domain import network
from webapp.models import DiscountCode, Product
from webapp.transactions import unit_of_work

PATH = "/register/premium"


@pytest.fixture(autouse=True)
def shop(app: Flask) -> None:
    pages.clear()
    app.config["WTF_CSRF_ENABLED"] = True
    factories.product("premium", setup_fee_minor=9900, year=29900, list_order=2)
    factories.product("studio", name="Studio", amount_minor=4900, trial_duration=14, list_order=3)
    factories.discount_code("TEN")


@pytest.fixture(autouse=True)
def unguarded_afterwards(app: Flask) -> Any:
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def tokens(html: str) -> list[str]:
    return re.findall(r'name="(?:csrf_token|order_token)"[^>]*value="([^"]+)"', html)


def without_tokens(html: str) -> str:
    for token in tokens(html):
        html = html.replace(token, "…")
    return html


def written(app: Flask, path: str, **headers: str) -> str:
    """The page for a new visitor."""
    return app.test_client().get(path, headers=headers).get_data(as_text=True)


def change(**values: Any) -> None:
    with unit_of_work("test"):
        network.change(values)


def reprice() -> None:
    with unit_of_work("test") as session:
        session.execute(update(Product).where(Product.slug == "premium").values(amount_minor=3199))


def withdraw() -> None:
    with unit_of_work("test") as session:
        session.execute(update(Product).where(Product.slug == "studio").values(active=False))


def use_up() -> None:
    with unit_of_work("test") as session:
        session.execute(update(DiscountCode).values(active=False))


def rename_gateway() -> None:
    hooks.add_filter("wu_available_gateways", lambda gateways: dict(list(gateways.items())[:1]))


CHANGES: dict[str, Callable[[], None]] = {
    "a setting": lambda: change(network_name="Another name"),
    "the law": lambda: change(consumer_law="none"),
    "the countries": lambda: change(allowed_countries=["AT"]),
    "a price": reprice,
    "a plan": withdraw,
    "a code": use_up,
    "a filter": rename_gateway,
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_shows_at_once(app: Flask, what: str) -> None:
    path = f"{PATH}?discount_code=TEN"
    before = written(app, path)
    assert without_tokens(written(app, path)) == without_tokens(before)
    CHANGES[what]()
    after = written(app, path)
    pages.clear()
    assert without_tokens(after) == without_tokens(written(app, path)) != without_tokens(before)


def test_another_day_is_another_page(app: Flask, clock: Any) -> None:
    before = written(app, PATH)
    clock.tick(3600)
    assert without_tokens(written(app, PATH)) == without_tokens(before)
    clock.tick(86400)
    assert "14 February 2027" in before
    assert "15 February 2027" in written(app, PATH)


@pytest.mark.parametrize(
    "path",
    [
        "/register",
        "/register/studio",
        "/register/premium/1/year",
        "/register/none",
        "/register/premium?billing_country=AT",
        "/register/premium?customer_type=business",
        "/register/premium?discount_code=NONE",
        "/register/premium?gateway=manual",
    ],
)
def test_every_address_has_its_own_page(app: Flask, path: str) -> None:
    written(app, PATH)
    first, second = written(app, path), written(app, path)
    pages.clear()
    assert without_tokens(first) == without_tokens(second) == without_tokens(written(app, path))


def test_each_visitor_gets_tokens_of_their_own(app: Flask) -> None:
    seen = [tokens(written(app, PATH)) for _ in range(3)]
    assert [len(one) for one in seen] == [2, 2, 2]
    assert len({token for one in seen for token in one}) == 6


def test_the_tokens_of_a_page_that_was_kept_place_an_order(app: Flask) -> None:
    written(app, PATH)
    client: FlaskClient = app.test_client()
    csrf_token, order_token = tokens(client.get(PATH).get_data(as_text=True))
    answer = client.post(PATH, data={"csrf_token": csrf_token, "order_token": order_token, "products": "premium"})
    assert "You were inactive for a while" not in answer.get_data(as_text=True)


def test_what_somebody_typed_is_not_kept(app: Flask) -> None:
    written(app, f"{PATH}?email_address=ada@example.com")
    assert not pages._kept
    written(app, PATH)
    assert len(pages._kept) == 1


def test_a_message_for_one_visitor_is_shown_to_nobody_else(app: Flask) -> None:
    written(app, PATH)
    client = app.test_client()
    with client.session_transaction() as session:
        session["_flashes"] = [("info", "Only for you")]
    assert "Only for you" in client.get(PATH).get_data(as_text=True)
    assert "Only for you" not in written(app, PATH)


def test_no_more_pages_are_kept_than_said() -> None:
    few = Pages(at_most=2)
    for number in (1, 2, 1, 3):
        few.show(number, [], lambda: "page")
    assert list(few._kept) == [1, 3]
