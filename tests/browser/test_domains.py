"""A customer adds their own domain by keyboard on the smallest telephone, in German, without script as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.test_account import EMAIL
from tests.browser.test_changing import SMALL, sideways
from webapp.domain import network
from webapp.extensions import db as database
from webapp.flows import provisioning
from webapp.models import DomainName, Site
from webapp.transactions import unit_of_work

Open = Callable[..., Page]
Look = Callable[[Page], list[str]]


@pytest.fixture
def bakery(site: Any) -> Site:
    ada = factories.customer(user=factories.user(email=EMAIL), display_name="Ada Lovelace")
    membership = factories.active_membership(customer=ada)
    made: Site = factories.save(lambda: Site(slug="bakery", title="Bäckerei", customer=ada, membership=membership))
    provisioning.provision(made)
    with unit_of_work("test"):
        network.change({"network_ips": "203.0.113.7"})
    return made


def press(page: Page, role: Any, name: str) -> None:
    page.get_by_role(role, name=name, exact=True).focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_domain_is_added_by_keyboard(open_page: Open, bakery: Site, violations: Look, script: bool) -> None:
    page = open_page("/login", locale="de-DE", java_script_enabled=script, **SMALL)
    page.locator("input[type=email]").fill(EMAIL)
    page.locator("input[type=password]").fill(factories.PASSWORD)
    page.get_by_role("main").locator("button[type=submit]").first.click()
    page.wait_for_url("**/account/")
    page.goto(f"/account/sites/{bakery.id}")
    press(page, "link", "Eigene Domains")
    expect(page.get_by_role("heading", name="Eigene Domains", level=1)).to_be_visible()
    field = page.get_by_label("Domain", exact=True)
    field.focus()
    page.keyboard.type("https://bücher-und-brot.example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Domain hinzufügen")).to_be_visible()
    assert field.get_attribute("aria-invalid") == "true"
    if script:
        assert violations(page) == []
        assert sideways(page) <= 0
    field.focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("bücher-und-brot.example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="bücher-und-brot.example.com")).to_be_visible()
    expect(page.get_by_text("TXT", exact=True)).to_be_visible()
    database.session.rollback()
    domain = database.session.query(DomainName).one()
    expect(page.get_by_text(domain.token, exact=True)).to_be_visible()
    if script:
        assert violations(page) == []
        assert sideways(page) <= 0
    press(page, "button", "Erneut prüfen")
    expect(page.get_by_text("wird geprüft")).to_be_visible()
