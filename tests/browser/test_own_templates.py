"""An operator makes a template of a site by keyboard and gives it to a plan; who buys finds their own words in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests import factories
from tests.browser.test_account import Look, Open, press
from tests.browser.test_buying import fill_in, order
from tests.browser.test_german import sideways
from tests.browser.test_sites_of_customers import sign_in
from webapp.extensions import db as database
from webapp.flows import provisioning
from webapp.models import Product, Site, SiteTemplate


@pytest.fixture
def model(site: Any) -> Site:
    """Somebody's site that is worth copying."""
    factories.operator(email="olga@example.com", name="Olga Peters")
    factories.free_product()
    owner = factories.customer(user=factories.user(email="m@example.com"), display_name="Mo Miller")
    agreement = factories.active_membership(customer=owner)
    facts = {"customer": owner, "membership": agreement, "title": "Miller Joinery"}
    made: Site = factories.save(lambda: Site(slug="miller", template="business", **facts))
    provisioning.provision(made)
    database.session.rollback()
    return made


def type_in(page: Page, label: str, text: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def tick(page: Page, label: str) -> None:
    page.get_by_label(label).focus()
    page.keyboard.press("Space")


def test_from_a_site_to_a_customer_with_their_own_words(
    open_page: Open, model: Site, work: Callable[[], None], violations: Look
) -> None:
    page = open_page(f"/login?next=/admin/sites/{model.id}", viewport={"width": 1280, "height": 900})
    sign_in(page, "olga@example.com")
    press(page, "link", "Make a template of it …")
    expect(page.get_by_role("heading", name="Make a template of “Miller Joinery”")).to_be_visible()
    assert violations(page) == []
    type_in(page, "Title (English)", "")
    press(page, "button", "Make the template")
    expect(page.get_by_role("link", name="Enter a title.")).to_be_visible()
    type_in(page, "Title (English)", "Craft")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The template is made, and offered from now on.")).to_be_visible()
    assert violations(page) == []

    plan = database.session.scalars(select(Product).where(Product.slug == "free")).one()
    page.goto(page.url.partition("/admin")[0] + f"/admin/products/{plan.id}/edit")
    tick(page, "Craft")
    tick(page, "Event")
    press(page, "button", "Save")
    expect(page.get_by_text("Changes saved.")).to_be_visible()

    buyer = open_page("/register/free")
    fill_in(buyer)
    expect(buyer.locator("[name=template_id]")).to_have_count(2)
    buyer.get_by_role("radio", name="Craft").focus()
    buyer.keyboard.press("Space")
    assert violations(buyer) == []
    assert not sideways(buyer)
    order(buyer)
    expect(buyer.get_by_role("heading", level=1)).to_have_text("Order received")
    work()
    database.session.rollback()
    made = database.session.scalars(select(Site).where(Site.slug == "adas-bakery")).one()
    template = database.session.scalars(select(SiteTemplate)).one()
    assert (made.template, made.template != "business") == (template.slug, True)
    assert made.pages[0].body.startswith("# Ada's bakery")
    assert "Miller" not in "".join(one.body for one in made.pages)
    buyer.reload()
    buyer.get_by_role("link", name="Open your site").click()
    expect(buyer.get_by_role("heading", level=1)).to_have_text("Ada's bakery")
