"""The choice of a template: shown on the order form, kept, and what the site is made from."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.blueprints.test_checkout import BUYER
from tests.pages import Browser
from webapp.domain import built_in_templates
from webapp.extensions import db
from webapp.flows import provisioning
from webapp.models import Site

PATH = "/register/free"


@pytest.fixture(autouse=True)
def shop(app: Flask) -> None:
    factories.free_product()


def chosen(html: str) -> list[str]:
    found = re.findall(r'<input[^>]*name="template_id"[^>]*>', html)
    assert len(found) == len(built_in_templates.built_in())
    return [one.partition('value="')[2].partition('"')[0] for one in found if " checked" in one]


def made() -> Site:
    db.session.rollback()
    return db.session.scalars(select(Site)).one()


def test_the_first_template_is_chosen_until_another_is(browser: Browser) -> None:
    assert chosen(browser.get(PATH).html) == ["business"]
    for name in ("template_id", "template"):
        assert chosen(browser.get(f"{PATH}?{name}=event").html) == ["event"]


def test_the_choice_is_kept_when_the_form_comes_back(browser: Browser) -> None:
    browser.get(PATH)
    page = browser.submit(**{**BUYER, "template_id": "portfolio", "full_name": ""})
    assert chosen(page.html) == ["portfolio"]


def test_the_site_is_made_from_the_chosen_template(browser: Browser) -> None:
    browser.get(PATH)
    browser.submit(**{**BUYER, "template_id": "event"})
    site = made()
    assert site.template == "event"
    provisioning.provision(site)
    assert [page.slug for page in made().pages] == ["", "programme", "way"]


def test_a_template_that_nobody_offers_is_said_at_its_field(browser: Browser) -> None:
    browser.get(PATH)
    page = browser.submit(**{**BUYER, "template_id": "../secrets"})
    assert re.search(r'id="template_id-error"[^>]*>Choose one of the templates.<', page.html)
    assert 'href="#template_id"' in page.html
    db.session.rollback()
    assert db.session.scalars(select(Site)).all() == []


def test_the_gallery_asks_the_database_nothing(browser: Browser, statements: list[str]) -> None:
    browser.get(PATH)
    assert not any("FROM site" in one for one in statements)


@pytest.mark.parametrize("template", list(built_in_templates.built_in()))
@pytest.mark.parametrize("language", ["en", "de"])
def test_each_template_can_be_looked_around_in(client: Any, template: str, language: str) -> None:
    front = f"/site-templates/{template}/"
    headers = {"Accept-Language": language}
    answer = client.get(front, headers=headers)
    assert answer.status_code == 200
    assert "{{" not in answer.text
    assert "Set-Cookie" not in answer.headers
    links = re.findall(r'href="([^"#]+)"', answer.text)
    pictures = re.findall(r'src="([^"]+)"', answer.text)
    assert all(link.startswith(front) for link in links)
    assert len(set(links)) > 3
    for address in {*links, *pictures}:
        assert client.get(address, headers=headers).status_code == 200, address


def test_what_no_template_has_is_not_there(client: Any) -> None:
    for path in ("nothing/", "business/nothing", "business/files/nothing.webp", "business/files/..%2Ftemplate.toml"):
        assert client.get(f"/site-templates/{path}").status_code == 404


def test_each_template_has_a_preview_that_is_small(client: Any) -> None:
    for one in built_in_templates.built_in().values():
        assert client.get(f"/site-templates/{one.slug}/files/{one.preview.name}").content_type == "image/webp"
        assert 1_000 < len(one.preview.content) < 15_000


def test_an_address_of_another_language_leads_to_the_same_page_in_ones_own(client: Any) -> None:
    german = {"Accept-Language": "de"}
    answer = client.get("/site-templates/business/contact", headers=german)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/site-templates/business/kontakt")
    assert client.get("/site-templates/business/kontakt", headers=german).status_code == 200
    assert client.get("/site-templates/business/nowhere", headers=german).status_code == 404
