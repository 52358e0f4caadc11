"""The links that the law asks for: on every page, word for word, with nothing around them."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.consumer.test_cancelling import GERMAN
from tests.templates.conftest import parse
from webapp.models import Membership, Site, SiteStatus

LINKS = [("Verträge hier kündigen", "/cancel-contract"), ("Vertrag widerrufen", "/withdraw")]


def links_of(html: str) -> list[tuple[str, str]]:
    footer = parse(html).one("footer")
    assert footer.all("details") == []
    return [(one.text, one.attrs["href"]) for one in footer.all("a")][:2]


@pytest.mark.ux("X1", "X2", "L2", "L3", "L21")
@pytest.mark.parametrize("path", ["/", "/register", "/login", "/cancel-contract", "/withdraw", "/none/such"])
def test_they_are_on_every_page_for_visitors(client: FlaskClient, path: str) -> None:
    assert links_of(client.get(path, headers=GERMAN).text) == LINKS


@pytest.mark.ux("X1", "L21")
@pytest.mark.parametrize("path", ["/account/", "/account/profile", "/account/security"])
def test_they_are_on_every_page_of_the_account(client: FlaskClient, contract: Membership, path: str) -> None:
    page = factories.signed_in(client, contract.customer).get(path, headers=GERMAN)
    assert links_of(page.text) == LINKS


@pytest.mark.ux("X1", "L21")
@pytest.mark.parametrize("path", ["/admin/customers", "/admin/declarations", "/admin/none"])
def test_they_are_on_every_page_of_the_admin(client: FlaskClient, path: str) -> None:
    page = factories.signed_in(client, factories.operator()).get(path, headers=GERMAN)
    assert links_of(page.text) == LINKS


@pytest.mark.parametrize("status", [SiteStatus.PUBLISHED, SiteStatus.SUSPENDED])
def test_they_lead_from_the_sites_to_the_network(client: FlaskClient, contract: Membership, status: SiteStatus) -> None:
    facts: dict[str, Any] = {"customer": contract.customer, "membership": contract, "slug": "bakery", "title": "B"}
    factories.save(lambda: Site(status=status, **facts))
    page = client.get("/", headers={**GERMAN, "Host": "bakery.localhost"})
    assert links_of(page.text) == [(label, f"http://localhost{path}") for label, path in LINKS]


@pytest.mark.parametrize(
    ("language", "words"), [("de", "Zahlungspflichtig bestellen"), ("en", "Order with obligation to pay")]
)
def test_the_order_button_says_exactly_that_one_has_to_pay(
    client: FlaskClient, app: Any, language: str, words: str
) -> None:
    factories.product("premium")
    form = parse(client.get("/register/premium", headers={"Accept-Language": language}).text).by_id("checkout-form")
    assert [one.text for one in form.all("button", id="order-button")] == [words]


@pytest.mark.ux("X4", "L24")
def test_the_laws_buttons_say_exactly_what_it_asks(client: FlaskClient, app: Any) -> None:
    page = parse(client.get("/cancel-contract", headers={"Accept-Language": "en"}).text)
    assert [one.text for one in page.one("main").all("button")] == ["Cancel now"]
    told = {"full_name": "Ada", "contract": "12", "email_address": "ada@example.com"}
    second = parse(client.post("/withdraw", data=told, headers={"Accept-Language": "en"}).text)
    assert second.one("main").all("button")[0].text == "Confirm withdrawal"
