"""The pages of products: what is listed, shown, put in order, taken off sale, and which addresses lead there."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.looking import Look
from tests.pages import Browser
from tests.templates.conftest import Element, parse
from webapp.extensions import db
from webapp.models import MembershipStatus, Product, ProductType, Role

FRAGMENT = {"HX-Request": "true"}


def slugs(root: Element) -> list[str]:
    return [one.text.split()[-1] for one in root.all("th", scope="row")]


def texts(root: Element, tag: str) -> list[str]:
    return [one.text for one in root.all(tag)]


def test_products_are_listed_in_the_order_of_the_front_page(look: Look) -> None:
    factories.product("second", name="Second", list_order=20, year=29900)
    factories.free_product("first", name="First", list_order=10, active=False)
    root = look("/admin/products")
    assert rows.names(root) == ["First first", "Second second"]
    cells = texts(root, "td")
    assert cells[:3] == ["Plan", "Free", "off sale"]
    assert "€29.99 per month and 1 other period" in cells


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("search=gol", ["gold"]),
        ("search=Large", ["gold"]),
        ("on_sale=no", ["old"]),
        ("on_sale=yes", ["gold", "seo"]),
        ("type=service", ["seo"]),
        ("sort=-name", ["seo", "old", "gold"]),
        ("type=nonsense", ["gold", "old", "seo"]),
    ],
)
def test_products_are_found_and_narrowed(look: Look, query: str, expected: list[str]) -> None:
    factories.product("gold", name="A large one")
    factories.product("old", name="Before", active=False)
    factories.product("seo", name="Search help", type=ProductType.SERVICE)
    assert slugs(look(f"/admin/products?{query}")) == expected


def test_without_products_one_is_asked_to_add_one(look: Look) -> None:
    assert rows.link(look("/admin/products"), "Add a product") == "/admin/products/new"


def test_a_list_costs_the_same_however_long_it_is(look: Look, statements: list[str]) -> None:
    rows.many(60, lambda index: factories.product(year=29900))
    look("/admin/products")
    statements.clear()
    look("/admin/products")
    few = len(statements)
    rows.many(60, lambda index: factories.product(year=29900))
    statements.clear()
    look("/admin/products")
    assert len(statements) == few <= 12


def test_a_product_shows_who_has_it_and_what_they_pay(look: Look, statements: list[str]) -> None:
    plan = factories.product("premium", year=29900, setup_fee_minor=-500, feature_list=["One site"])
    rows.many(3, lambda index: factories.active_membership(plan=plan))
    factories.active_membership(plan=plan, price_minor=1999)
    factories.membership(plan=plan, status=MembershipStatus.CANCELLED)
    factories.membership(plan=factories.product())
    db.session.rollback()
    statements.clear()
    root = look(f"/admin/products/{plan.id}")
    assert len(statements) <= 12
    figures = [one.text for one in root.all("div", class_="figure")]
    assert figures == [
        "Memberships that are served 4",
        "Memberships that have ended 1",
        "pay €29.99 per month 3",
        "pay €19.99 per month 1",
    ]
    assert "Sign-up credit" in texts(root, "dt")
    assert [one.text.split(" ")[0] for one in root.all("li", class_="plan")] == ["Premium", "Premium"]


def test_more_memberships_than_are_counted_are_said_to_be_more(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    from webapp.blueprints.admin import products

    monkeypatch.setattr(products, "USES_AT_MOST", 1)
    plan = factories.product()
    rows.many(2, lambda index: factories.active_membership(plan=plan))
    assert "more than 2" in look(f"/admin/products/{plan.id}").one("main").text


@pytest.fixture
def three(app: Any) -> list[Product]:
    return [factories.product(slug, name=slug.title(), list_order=10) for slug in ("one", "two", "three")]


def test_a_product_is_moved_up_without_script(browser: Browser, three: list[Product]) -> None:
    browser.get("/admin/products")
    page = rows.send(browser, f"/{three[2].id}/place", press={"by": "-1"})
    assert "“Three” moved up." in page.text
    assert slugs(parse(page.html)) == ["one", "three", "two"]


def test_a_product_is_moved_within_what_is_looked_at(signed_in: FlaskClient, three: list[Product]) -> None:
    answer = signed_in.post(f"/admin/products/{three[0].id}/place?type=plan", data={"by": "1"}, headers=FRAGMENT)
    root = parse(answer.text)
    assert slugs(root) == ["two", "one", "three"]
    assert root.by_id("status-text").text == "“One” moved down."
    assert not root.all("html")
    again = signed_in.post(f"/admin/products/{three[1].id}/place?type=plan", data={"by": "-1"})
    assert again.headers["Location"] == "/admin/products?type=plan"


def test_the_front_page_follows_the_order(signed_in: FlaskClient, three: list[Product]) -> None:
    signed_in.post(f"/admin/products/{three[2].id}/place", data={"by": "-1"})
    front = parse(signed_in.get("/").text)
    assert [one.text for one in front.all("h3")] == ["One", "Three", "Two"]


def test_what_is_off_sale_is_not_bought_and_whoever_has_it_keeps_it(browser: Browser, client: FlaskClient) -> None:
    plan = factories.product("premium")
    membership = factories.active_membership(plan=plan)
    browser.get(f"/admin/products/{plan.id}")
    page = rows.send(browser, "/sale")
    assert "Memberships that have it go on as before." in page.text
    assert "Premium" not in parse(client.get("/").text).one("main").text
    assert rows.fresh(membership).status == MembershipStatus.ACTIVE
    page = rows.send(browser, "/sale")
    assert "It is on sale now." in page.text
    assert rows.fresh(plan).active


def test_a_copy_is_opened_to_be_looked_at(browser: Browser) -> None:
    plan = factories.product("premium", year=29900)
    browser.get(f"/admin/products/{plan.id}")
    page = rows.send(browser, "/copies")
    assert page.fields["slug"] == "premium-2"
    assert page.fields["variations-0-amount"] == "299.00"
    assert "off sale until you put it on sale" in page.text


def test_what_nobody_bought_is_deleted_after_a_question(browser: Browser) -> None:
    plan = factories.product("premium")
    browser.get(f"/admin/products/{plan.id}/deletion")
    page = rows.send(browser, "/deletion")
    assert "“Premium” is deleted." in page.text
    assert db.session.scalars(select(Product)).all() == []


def test_what_was_bought_meanwhile_is_not_deleted(signed_in: FlaskClient, look: Look) -> None:
    plan = factories.product("premium")
    factories.active_membership(plan=plan)
    assert not rows.has_link(look(f"/admin/products/{plan.id}"), "Delete this product …")
    assert signed_in.get(f"/admin/products/{plan.id}/deletion").status_code == 303
    answer = signed_in.post(f"/admin/products/{plan.id}/deletion")
    assert (answer.status_code, "it can only be taken off sale" in answer.text) == (409, True)
    assert db.session.get(Product, plan.id) is not None


def links(root: Element) -> str:
    return root.by_id("links").one("code").text


def test_a_link_leads_to_the_order_form_with_period_and_code(look: Look, client: FlaskClient) -> None:
    plan = factories.product("premium", year=29900)
    factories.discount_code("TEN")
    path = f"/admin/products/{plan.id}/links"
    assert links(look(f"/admin/products/{plan.id}")) == "http://localhost/register/premium"
    address = links(look(f"{path}?period=1-year&code=ten"))
    assert address == "http://localhost/register/premium/1/year?discount_code=TEN"
    root = look(f"{path}?period=1-year&code=ten", **FRAGMENT)
    assert (links(root), root.all("h1")) == (address, [])
    order = parse(client.get(address.removeprefix("http://localhost")).text)
    assert order.one("input", name="period", checked="").attrs["value"] == "1-year"
    assert "€269.10" in order.by_id("summary").text


@pytest.mark.parametrize(
    ("code", "problem"),
    [("NONE", "There is no such code."), ("GONE", "There is no such code."), ("OTHER", "This code is not valid")],
)
def test_a_code_that_takes_nothing_off_is_said(look: Look, code: str, problem: str) -> None:
    plan = factories.product("premium")
    factories.discount_code("GONE", active=False)
    factories.discount_code("OTHER", allowed_products=["free"])
    root = look(f"/admin/products/{plan.id}/links?code={code}")
    assert root.by_id("link-code-error").text.startswith(problem)


def test_who_only_looks_sees_products_and_no_button(client: FlaskClient) -> None:
    factories.signed_in(client, factories.operator(role=Role.READ_ONLY))
    plan = factories.product("premium")
    for path in ("/admin/products", f"/admin/products/{plan.id}"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert 'method="post" action="/admin' not in answer.text
        assert "/admin/products/new" not in answer.text


def test_a_product_is_found_from_any_page(look: Look) -> None:
    plan = factories.product("premium", name="Gold")
    assert rows.link(look("/admin/search?q=gold"), "Gold") == f"/admin/products/{plan.id}"
