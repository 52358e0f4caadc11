"""The order form that was made for somebody else says what one made for each visitor would say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event, select, update

from tests import factories
from tests.blueprints.test_first_look import (
    change,
    reprice,
    shop,
    tokens,
    unguarded_afterwards,
    without_tokens,
    written,
)
from webapp import hooks
from webapp.blueprints.checkout import routes
from webapp.blueprints.checkout.same_look import FILTERS, SameLooks, same_looks
from webapp.extensions import db
from webapp.models import CurrencyPrice, PriceVariation, Product, Setting, TaxRate
from webapp.transactions import unit_of_work

__all__ = ["shop", "unguarded_afterwards"]  # fixtures
PATH = "/register/premium"


@pytest.fixture(autouse=True)
def made(shop: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses whose page was made, and not taken from another visitor."""
    same_looks.clear()
    seen: list[str] = []
    really = routes.first_page

    def first_page(slug: str, plan: str | None, duration: int | None, unit: str) -> Any:
        seen.append(f"{plan} {duration} {unit}")
        return really(slug, plan, duration, unit)

    monkeypatch.setattr(routes, "first_page", first_page)
    return seen


def settle(app: Flask, path: str = PATH, **headers: str) -> str:
    """Until it is kept: the first time teaches what is read, the second is kept."""
    written(app, path, **headers)
    return written(app, path, **headers)


def execute(statement: Any) -> Callable[[], None]:
    """Past the ORM, as from another process or by hand: nobody in this process is told."""

    def run() -> None:
        with unit_of_work("test") as session:
            session.execute(statement)

    return run


def addon_beside() -> None:
    addon = factories.product("support", name="Support", type="service", amount_minor=500)
    execute(update(Product).where(Product.slug == "premium").values(available_addons=[addon.id]))()


def tax() -> None:
    factories.tax_rate("19")
    change(enable_taxes=True)


def in_dollars() -> None:
    with unit_of_work("test") as session:
        product = session.scalars(select(Product).where(Product.slug == "premium")).one()
        product.currency_prices.append(CurrencyPrice(currency="USD", amount_minor=3300))


CHANGES: dict[str, Callable[[], object]] = {
    "a setting": lambda: change(network_name="Another name"),
    "a setting by hand": execute(Setting.__table__.insert().values(key="terms_url", value="https://example.com/terms")),
    "the ways to pay": lambda: change(active_gateways=["manual"]),
    "a secret": lambda: change(stripe_secret_key="sk_test_1", stripe_publishable_key="pk", stripe_webhook_secret="wh"),
    "the countries": lambda: change(allowed_countries=["AT"]),
    "a price": reprice,
    "a year's price": execute(update(PriceVariation).values(amount_minor=12300)),
    "no year's price": execute(delete(PriceVariation)),
    "a text": execute(update(Product).where(Product.slug == "premium").values(feature_list=["Something new"])),
    "the order": execute(update(Product).where(Product.slug == "studio").values(list_order=1)),
    "another plan": lambda: factories.product("new", name="Brand new"),
    "a plan that is gone": execute(update(Product).where(Product.slug == "premium").values(active=False)),
    "another currency": in_dollars,
    "something beside it": addon_beside,
    "taxes": tax,
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_shows_at_once(app: Flask, made: list[str], what: str) -> None:
    before = settle(app)
    assert without_tokens(written(app, PATH)) == without_tokens(before)
    assert len(made) == 2
    CHANGES[what]()
    after = written(app, PATH)
    assert len(made) == 3
    same_looks.clear()
    assert without_tokens(after) == without_tokens(written(app, PATH)) != without_tokens(before)


def test_what_is_beside_a_plan_counts_too(app: Flask, made: list[str]) -> None:
    addon_beside()
    settle(app)
    assert "Support" in written(app, PATH)
    assert len(made) == 2
    execute(update(Product).where(Product.slug == "support").values(name="Our helping hand"))()
    assert "Our helping hand" in written(app, PATH)


def test_rates_of_tax_count_too(app: Flask, made: list[str]) -> None:
    tax()
    before = settle(app)
    written(app, PATH)
    assert len(made) == 2
    execute(update(TaxRate).values(rate=Decimal(7)))()
    assert without_tokens(written(app, PATH)) != without_tokens(before)


def test_a_change_while_the_page_is_made_is_not_missed(
    app: Flask, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came after its statements makes it a page that is kept, and shown to nobody."""
    written(app, PATH)
    first_page = routes.first_page

    def overtaken(slug: str, plan: str | None, duration: int | None, unit: str) -> Any:
        page = first_page(slug, plan, duration, unit)
        reprice()
        return page

    with monkeypatch.context() as patch:
        patch.setattr(routes, "first_page", overtaken)
        old = written(app, PATH)
    new = written(app, PATH)
    assert "31.99" not in old
    assert "31.99" in new
    assert len(made) == 3


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_is_asked_each_time(app: Flask, made: list[str], name: str) -> None:
    settle(app)
    hooks.add_filter(name, lambda value: value)
    for _ in range(3):
        written(app, PATH)
    assert len(made) == 5


def test_each_language_country_and_choice_has_its_own(app: Flask, made: list[str]) -> None:
    settle(app)
    german = settle(app, PATH, **{"Accept-Language": "de"})
    assert 'lang="de"' in german
    assert 'lang="de"' in written(app, PATH, **{"Accept-Language": "de"})
    assert 'lang="en"' in written(app, PATH)
    assert len(made) == 4


def test_another_day_is_another_page(app: Flask, clock: Any) -> None:
    assert "14 February 2027" in settle(app)
    clock.tick(86400)
    assert "15 February 2027" in written(app, PATH)


def test_each_visitor_gets_tokens_of_their_own_that_place_an_order(app: Flask, made: list[str]) -> None:
    settle(app)
    client = app.test_client()
    pages = [written(app, PATH), written(app, PATH), client.get(PATH).get_data(as_text=True)]
    assert len(made) == 2
    assert len({token for page in pages for token in tokens(page)}) == 6
    csrf_token, order_token = tokens(pages[-1])
    answer = client.post(PATH, data={"csrf_token": csrf_token, "order_token": order_token, "products": "premium"})
    assert "You were inactive for a while" not in answer.get_data(as_text=True)
    assert "Enter an e-mail address" in answer.get_data(as_text=True)


@pytest.mark.parametrize("query", ["email_address=ada@example.com", "discount_code=TEN", "site_title=Ada", "x=1"])
def test_what_is_somebodys_own_or_ends_is_not_kept(app: Flask, made: list[str], query: str) -> None:
    for _ in range(3):
        written(app, f"{PATH}?{query}")
    assert len(made) == 3
    assert not same_looks._kept


def test_a_message_for_one_visitor_is_shown_to_nobody_else(app: Flask) -> None:
    settle(app)
    client = app.test_client()
    with client.session_transaction() as session:
        session["_flashes"] = [("info", "Only for you")]
    assert "Only for you" in client.get(PATH).get_data(as_text=True)
    assert "Only for you" not in written(app, PATH)


def test_no_more_are_kept_than_said(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    few = SameLooks(at_most=2)
    monkeypatch.setattr(routes, "same_looks", few)
    for plan in ("premium", "studio", "premium", "none"):
        written(app, f"/register/{plan}")
    addresses = [str(key[0]) for key in few._kept if isinstance(key, tuple)]
    assert addresses == ["/register/premium?", "/register/none?"]


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def test_one_that_is_kept_costs_the_statements_it_was_made_of(app: Flask, statements: list[str]) -> None:
    settle(app)
    statements.clear()
    written(app, PATH)
    assert len([one for one in statements if one.startswith("SELECT")]) == 2
