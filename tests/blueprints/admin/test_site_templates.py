"""Templates in the admin: made of a site or a file, offered, ordered, given to plans, and chosen by a buyer."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin.conftest import Look
from tests.blueprints.test_checkout import BUYER
from tests.pages import Browser
from webapp.domain import site_export, site_templates
from webapp.extensions import db
from webapp.flows import provisioning
from webapp.models import Product, Site, SiteTemplate

BASE = "/admin/site-templates"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cfc0f01f0005000"
    "1ff89993d1d0000000049454e44ae426082"
)


@pytest.fixture
def bakery(app: Any) -> Site:
    membership = factories.active_membership()
    facts = {"customer": membership.customer, "membership": membership, "title": "Bakery"}
    made: Site = factories.save(lambda: Site(slug="bakery", template="business", **facts))
    provisioning.provision(made)
    db.session.rollback()
    return db.session.get_one(Site, made.id)


def templates() -> dict[str, SiteTemplate]:
    db.session.remove()
    return {one.slug: one for one in db.session.scalars(select(SiteTemplate).order_by(SiteTemplate.id))}


def made(client: FlaskClient, site: Site, **more: Any) -> str:
    sent = {"title_en": "Workshop", "list_order": "5", "active": "y", "with_placeholders": "y", **more}
    answer = client.post(f"/admin/sites/{site.id}/template", data=sent)
    assert answer.status_code == 303, answer.text
    return list(templates())[-1]


def test_a_site_becomes_a_template_that_is_listed_with_those_that_came_with_it(
    signed_in: FlaskClient, look: Look, bakery: Site
) -> None:
    assert "Make a template of it" in look(f"/admin/sites/{bakery.id}").text
    look(f"/admin/sites/{bakery.id}/template")
    slug = made(signed_in, bakery, category_en="Craft", description_en="For <b>makers</b>.")
    text = look(BASE).text
    assert [name in text for name in (slug, "business", "event", "portfolio", "Craft")] == [True] * 5
    assert list(site_templates.offered()) == [slug, "business", "event", "portfolio"]
    row = templates()[slug]
    look(f"{BASE}/{row.id}")
    page = signed_in.get(f"{BASE}/{row.id}").text
    assert "For &lt;b&gt;makers&lt;/b&gt;." in page
    assert "Template for sites made" in page


def test_a_file_becomes_one_with_a_screenshot_that_is_drawn_anew(signed_in: FlaskClient, bakery: Site) -> None:
    file = io.BytesIO(site_export.write(bakery).read())
    sent = {"title_en": "Filed", "list_order": "5", "active": "y"}
    picture = (io.BytesIO(PNG + b"<script>"), "shot.png")
    answer = signed_in.post(BASE, data={**sent, "file": (file, "x.zip"), "screenshot": picture})
    assert answer.status_code == 303, answer.text
    row = templates()["filed"]
    assert row.preview.endswith(".png")
    answer = signed_in.get(f"/site-templates/filed/files/{row.preview}")
    assert (answer.status_code, answer.content_type, b"script" in answer.data) == (200, "image/png", False)
    facts = {**sent, "version": str(row.version), "no_screenshot": "y"}
    assert signed_in.post(f"{BASE}/{row.id}", data=facts).status_code == 303
    assert templates()["filed"].preview == ""
    shown = re.findall(r'src="(/site-templates/filed/files/outline[^"]+)"', signed_in.get(BASE).text)
    assert signed_in.get(shown[0]).content_type.startswith("image/svg+xml")


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({}, "file", "Choose a file."),
        ({"file": (io.BytesIO(b"no"), "x.zip")}, "file", "This file cannot be read."),
    ],
)
def test_what_is_wrong_with_a_file_is_said_beside_it(
    signed_in: FlaskClient, sent: dict[str, Any], field: str, said: str
) -> None:
    answer = signed_in.post(BASE, data={"title_en": "X", "list_order": "5", **sent})
    assert answer.status_code == 422
    assert re.search(rf'id="{field}-error">{re.escape(said)}', answer.text)


def test_what_is_wrong_with_the_words_is_said_beside_them(signed_in: FlaskClient, bakery: Site) -> None:
    for sent, field in (
        ({"title_en": "", "list_order": "5"}, "title_en"),
        ({"title_en": "X" * 61, "list_order": "5"}, "title_en"),
        ({"title_en": "X", "list_order": "-1"}, "list_order"),
        ({"title_en": "X", "list_order": "5", "screenshot": (io.BytesIO(b"x"), "x.png")}, "screenshot"),
    ):
        answer = signed_in.post(f"/admin/sites/{bakery.id}/template", data=sent)
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text, field
    assert templates() == {}


def test_one_that_came_with_it_is_switched_off_and_moved_and_not_edited(signed_in: FlaskClient, look: Look) -> None:
    assert signed_in.post(f"{BASE}/places/event", data={"list_order": "1", "active": "1"}).status_code == 303
    assert signed_in.post(f"{BASE}/places/business", data={"list_order": "2"}).status_code == 303
    assert list(site_templates.offered()) == ["event", "portfolio"]
    look(BASE)
    for path in (f"{BASE}/{templates()['event'].id}", f"{BASE}/{templates()['event'].id}/deletion"):
        assert signed_in.get(path).status_code == 404
    assert signed_in.post(f"{BASE}/places/event", data={"list_order": "x"}).status_code == 422
    assert signed_in.post(f"{BASE}/places/nothing", data={"list_order": "1"}).status_code == 404
    assert signed_in.post(f"{BASE}/places/event", data={"list_order": "1"}).status_code == 303
    last = signed_in.post(f"{BASE}/places/portfolio", data={"list_order": "1"})
    assert last.status_code == 409
    assert "This is the only template that is offered." in last.text


def test_one_that_a_plan_names_is_not_deleted(signed_in: FlaskClient, look: Look, bakery: Site) -> None:
    slug = made(signed_in, bakery)
    row = templates()[slug]
    plan = factories.product("craft", name="Craft", site_templates=[slug])
    assert "These plans name it." in look(f"{BASE}/{row.id}/deletion").text
    assert signed_in.post(f"{BASE}/{row.id}/deletion").status_code == 409
    factories.save(lambda: db.session.get_one(Product, plan.id)).site_templates = []
    db.session.commit()
    assert signed_in.post(f"{BASE}/{row.id}/deletion").status_code == 303
    assert templates() == {}


def test_one_that_is_switched_off_only_the_staff_looks_around_in(
    signed_in: FlaskClient, client: FlaskClient, bakery: Site
) -> None:
    slug = made(signed_in, bakery, active="")
    assert signed_in.get(f"/site-templates/{slug}/").status_code == 200
    visitor = signed_in.application.test_client()
    assert visitor.get(f"/site-templates/{slug}/").status_code == 404


# -- plans, and who buys them ----------------------------------------------------------------------------------------
def test_a_plan_is_given_its_templates_and_forged_ones_are_refused(signed_in: FlaskClient, browser: Browser) -> None:
    plan = factories.free_product()
    facts = {"name": "Free", "slug": "free", "pricing_type": "free", "version": str(plan.version)}
    sent = {**facts, "list_order": "10", "site_templates": ["event", "portfolio"]}
    answer = signed_in.post(f"/admin/products/{plan.id}", data=sent)
    assert answer.status_code == 303, answer.text
    assert "Event, Portfolio" in signed_in.get(f"/admin/products/{plan.id}").text
    wrong = signed_in.post(f"/admin/products/{plan.id}", data={**sent, "version": "2", "site_templates": ["nothing"]})
    assert wrong.status_code == 422
    assert "There is no template nothing." in wrong.text

    html = browser.get("/register/free?template=business").html
    found = re.findall(r'<input[^>]*name="template_id"[^>]*>', html)
    assert [re.findall(r'value="([^"]+)"', one)[0] for one in found] == ["event", "portfolio"]
    assert " checked" in found[0]
    page = browser.submit(**{**BUYER, "template_id": "business"})
    assert re.search(r'id="template_id-error"[^>]*>This template is not part of the plan\.', page.html)
    assert db.session.scalars(select(Site)).all() == []


def test_a_plan_of_one_template_asks_nobody(browser: Browser) -> None:
    factories.free_product(site_templates=["portfolio"])
    assert 'name="template_id"' not in browser.get("/register/free").html
    browser.submit(**BUYER)
    db.session.rollback()
    assert db.session.scalars(select(Site)).one().template == "portfolio"


def test_another_plan_brings_its_own_templates(browser: Browser) -> None:
    factories.free_product(site_templates=["event", "portfolio"])
    factories.product("premium")
    browser.get("/register")
    facts = {**BUYER, "template_id": "business"}
    live = {"HX-Request": "true"}
    answer = browser.client.post("/checkout/summary", data={**facts, "products": "free"}, headers=live)
    shown = answer.text.partition('id="template-choices" hx-swap-oob="true"')[2]
    assert re.findall(r'name="template_id" id="[^"]+" value="([^"]+)"', shown) == ["event", "portfolio"]
    answer = browser.client.post("/checkout/summary", data={**facts, "products": "premium"}, headers=live)
    assert re.findall(r'value="([^"]+)" checked', answer.text.partition('id="template-choices"')[2])[0] == "business"


def test_the_gallery_puts_those_of_one_category_together_and_changes_at_once(
    signed_in: FlaskClient, bakery: Site, browser: Browser
) -> None:
    factories.free_product()
    assert "choices__group" not in browser.get("/register/free").html
    assert "choices__group" not in browser.get("/register/free").html  # the one that is kept
    made(signed_in, bakery, category_en="Companies", list_order="15")
    html = browser.get("/register/free?template=workshop").html
    order = re.findall(
        r'class="choices__group">([^<]+)<|name="template_id" id="[^"]+" value="([^"]+)"( checked)?', html
    )
    assert [one[0] or one[1] for one in order] == [
        *("Companies", "business", "workshop"),
        *("Events", "event"),
        *("Art and design", "portfolio"),
    ]
    assert [one[1] for one in order if one[2]] == ["workshop"]
    signed_in.post(f"{BASE}/places/workshop", data={"list_order": "15"})
    assert 'value="workshop"' not in browser.get("/register/free").html
