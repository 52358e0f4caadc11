"""Another template for one's site, on its page."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests import factories
from tests.blueprints.account.test_sites import HOST, bakery
from tests.blueprints.admin import rows
from tests.looking import Look
from tests.pages import Browser, Page
from webapp.extensions import db
from webapp.models import Site, SiteCopy, SitePage
from webapp.transactions import unit_of_work

__all__ = ["bakery"]


def page_of(site: Site) -> str:
    return f"/account/sites/{site.id}/template"


def copies() -> list[SiteCopy]:
    db.session.rollback()
    return list(db.session.scalars(select(SiteCopy).order_by(SiteCopy.id)))


def choose(browser: Browser, site: Site, **values: object) -> Page:
    return browser.submit(rows.form_of(browser.get(page_of(site)), "/template"), **values)


def test_it_is_chosen_shown_at_once_and_brought_back(browser: Browser, look: Look, bakery: Site) -> None:
    with unit_of_work("test") as session:
        session.scalars(select(SitePage).where(SitePage.slug == "")).one().body = "# Only here"
        session.get_one(Site, bakery.id).note_change()
    assert "Only here" in browser.client.get("/", base_url=HOST).text
    choose(browser, bakery, template_id="event")
    assert "Your site has the new template." in browser.page.text
    assert "Only here" not in browser.client.get("/", base_url=HOST).text
    look(page_of(bakery))
    [copy] = copies()
    browser.submit(rows.form_of(browser.get(page_of(bakery)), f"/copies/{copy.id}"))
    assert "Your site shows what it showed before." in browser.page.text
    assert "Only here" in browser.client.get("/", base_url=HOST).text


def test_nothing_chosen_and_nothing_offered_is_said_beside_the_choice(browser: Browser, bakery: Site) -> None:
    for value in (None, "no-such"):
        page = choose(browser, bakery, template_id=value)
        assert browser.response.status_code == 422
        assert "Choose one of the templates." in page.text
    assert copies() == []


def test_a_page_that_is_old_changes_nothing(browser: Browser, bakery: Site) -> None:
    seen = str(bakery.content_version)
    choose(browser, bakery, template_id="event")
    choose(browser, bakery, template_id="portfolio", seen=seen)
    assert browser.response.status_code == 409
    assert "changed meanwhile" in browser.page.text
    assert len(copies()) == 1
    browser.client.post(f"/account/sites/{bakery.id}/copies/{copies()[0].id}", data={"seen": "nonsense"})
    assert len(copies()) == 1


@pytest.mark.parametrize("path", ["template", "copies/1"])
def test_it_is_its_owners_alone(browser: Browser, bakery: Site, path: str) -> None:
    choose(browser, bakery, template_id="event")
    other = factories.signed_in(browser.client.application.test_client(), factories.customer())
    assert other.get(page_of(bakery)).status_code == 404
    assert other.post(f"/account/sites/{bakery.id}/{path}", data={"template_id": "event"}).status_code == 404
