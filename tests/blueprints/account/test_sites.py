"""A customer writes their site: what is saved is shown at once, and nobody writes somebody else's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.conftest import TurnedClock
from tests.looking import Look
from tests.pages import Browser, Page
from webapp.domain import sites
from webapp.extensions import db
from webapp.flows import provisioning
from webapp.models import Membership, Site, SitePage
from webapp.transactions import unit_of_work

HOST = "http://bakery.localhost"


@pytest.fixture
def bakery(agreement: Membership) -> Site:
    facts = {"customer": agreement.customer, "membership": agreement, "title": "Bakery"}
    site = factories.save(lambda: Site(slug="bakery", **facts))
    provisioning.provision(site)
    db.session.rollback()
    return db.session.get_one(Site, site.id)


def page_id(site: Site, slug: str) -> int:
    db.session.rollback()
    return db.session.scalars(select(SitePage.id).filter_by(site_id=site.id, slug=slug)).one()


def token_of(browser: Browser, site: Site) -> str:
    forms = [one["fields"] for one in browser.get(f"/account/sites/{site.id}").forms]
    return next(str(fields["csrf_token"]) for fields in forms if fields.get("csrf_token"))


def edit(browser: Browser, site: Site, at: str, **values: str) -> Any:
    address = f"/account/sites/{site.id}/pages/{page_id(site, at)}"
    fields = browser.get(address).fields
    return browser.client.post(address, data={**fields, **values})


def test_the_contract_leads_to_the_site_and_its_pages(look: Look, bakery: Site, agreement: Membership) -> None:
    contract = look(f"/account/memberships/{agreement.id}")
    assert f"/account/sites/{bakery.id}" in [one.attrs.get("href") for one in contract.all("a")]
    site = look(f"/account/sites/{bakery.id}")
    names = [one.text.split("/")[0].strip() for one in site.all("th") if one.attrs.get("scope") == "row"]
    assert names == ["Home", "Services", "About us", "Contact"]
    for page in bakery.pages:
        look(f"/account/sites/{bakery.id}/pages/{page.id}")
    look(f"/account/sites/{bakery.id}/pages/{bakery.pages[1].id}/deletion")


def test_what_is_saved_is_shown_to_visitors_at_once(browser: Browser, client: FlaskClient, bakery: Site) -> None:
    assert client.get("/about", base_url=HOST).status_code == 200
    answer = edit(browser, bakery, "about", title="Who we are", slug="Team", body="Two *bakers*.\r\n\r\n[x](y)")
    assert answer.status_code == 303
    assert client.get("/about", base_url=HOST).status_code == 404
    page = client.get("/team", base_url=HOST).text
    assert "<h1>Who we are</h1>" in page
    assert "Two <em>bakers</em>." in page
    assert 'href="/team"' in client.get("/", base_url=HOST).text


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"title": " "}, "title", "Enter a title of at most 120 characters."),
        ({"title": "x" * 121}, "title", "Enter a title of at most 120 characters."),
        ({"slug": ""}, "slug", "Use only letters, digits and hyphens."),
        ({"slug": "../admin"}, "slug", "Use only letters, digits and hyphens."),
        ({"slug": "_site"}, "slug", "Use only letters, digits and hyphens."),
        ({"slug": "services"}, "slug", "Another page of this site has this address."),
        ({"body": "x" * 100_001}, "body", "This text is too long for one page."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    browser: Browser, bakery: Site, values: dict[str, str], field: str, sentence: str
) -> None:
    answer = edit(browser, bakery, "about", **{"body": "Kept.", **values})
    assert answer.status_code == 422
    assert f'id="{field}-error">{sentence}' in answer.text
    assert "Kept." in answer.text or field == "body"
    db.session.rollback()
    assert "Kept." not in db.session.get_one(SitePage, page_id(bakery, "about")).body


def test_two_windows_do_not_write_over_each_other(browser: Browser, bakery: Site) -> None:
    address = f"/account/sites/{bakery.id}/pages/{page_id(bakery, 'about')}"
    old = browser.get(address).fields
    edit(browser, bakery, "about", body="First.")
    answer = browser.client.post(address, data={**old, "body": "Second."})
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text
    assert "Second." in answer.text
    db.session.rollback()
    assert db.session.get_one(SitePage, page_id(bakery, "about")).body == "First."


def test_a_new_page_is_a_draft_until_its_owner_shows_it(browser: Browser, client: FlaskClient, bakery: Site) -> None:
    address = f"/account/sites/{bakery.id}/pages"
    token = token_of(browser, bakery)
    for _twice in range(2):
        assert (
            browser.client.post(address, data={"csrf_token": token, "new-title": "Öffnungszeiten"}).status_code == 303
        )
    assert client.get("/offnungszeiten", base_url=HOST).status_code == 404
    edit(browser, bakery, "offnungszeiten", published="y", body="Always.")
    assert "Always." in client.get("/offnungszeiten", base_url=HOST).text
    assert page_id(bakery, "offnungszeiten-2")
    refused = browser.client.post(address, data={"csrf_token": token, "new-title": " "})
    assert (refused.status_code, "Enter a title" in refused.text) == (422, True)


def test_pages_change_places(browser: Browser, bakery: Site) -> None:
    address = f"/account/sites/{bakery.id}/pages/{page_id(bakery, 'contact')}/position"
    token = token_of(browser, bakery)
    for _time in range(5):
        browser.client.post(address, data={"csrf_token": token, "by": "-1"})
    db.session.rollback()
    assert [one.slug for one in db.session.get_one(Site, bakery.id).pages] == ["contact", "", "services", "about"]
    moved = browser.client.post(address, data={"csrf_token": token, "by": "1"}, headers={"HX-Request": "true"})
    assert 'id="pages"' in moved.text
    assert "<html" not in moved.text


def test_the_front_page_stays(browser: Browser, client: FlaskClient, bakery: Site) -> None:
    token = token_of(browser, bakery)
    for slug, left in (("", 4), ("about", 3)):
        address = f"/account/sites/{bakery.id}/pages/{page_id(bakery, slug)}/deletion"
        assert browser.client.post(address, data={"csrf_token": token}).status_code == 303
        db.session.rollback()
        assert len(db.session.get_one(Site, bakery.id).pages) == left
    assert client.get("/about", base_url=HOST).status_code == 404
    edit(browser, bakery, "", body="Here.")
    assert "Here." in client.get("/", base_url=HOST).text


def test_the_look_is_changed_and_what_is_wrong_is_said(browser: Browser, client: FlaskClient, bakery: Site) -> None:
    address = f"/account/sites/{bakery.id}/look"
    token = token_of(browser, bakery)
    told = {"csrf_token": token, "title": "Bread & Butter", "design": "portfolio", "accent": "#AA3300"}
    assert browser.client.post(address, data=told).status_code == 303
    page = client.get("/", base_url=HOST).text
    assert "/_site/portfolio-aa3300-" in page
    assert "Bread &amp; Butter" in page
    for wrong in ({"title": ""}, {"design": "../x"}, {"accent": "red"}, {"accent": "#fff;}"}):
        [field] = wrong
        answer = browser.client.post(address, data={**told, **wrong})
        assert answer.status_code == 422
        assert f'id="{field}-error"></p>' not in answer.text


def test_a_preview_shows_what_was_typed_and_keeps_nothing(browser: Browser, bakery: Site) -> None:
    address = f"/account/sites/{bakery.id}/pages/{page_id(bakery, 'about')}"
    fields = {**browser.get(address).fields, "body": "# Soon\n\n<script>x</script>"}
    answer = browser.client.post(f"{address}/preview", data=fields)
    assert "<h1>Soon</h1>" in answer.text
    assert "<script>" not in answer.text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    stylesheet = answer.text.partition('stylesheet" href="')[2].partition('"')[0]
    assert browser.client.get(stylesheet).status_code == 200
    db.session.rollback()
    assert "Soon" not in db.session.get_one(SitePage, page_id(bakery, "about")).body


def test_links_of_a_preview_lead_to_other_previews_and_never_out_of_the_frame(browser: Browser, bakery: Site) -> None:
    address = f"/account/sites/{bakery.id}/pages/{page_id(bakery, 'about')}"
    body = "[a](/contact) [b](https://example.com) [c](mailto:x@example.com) [d](//example.com) [e](#here)"
    text = browser.client.post(f"{address}/preview", data={**browser.get(address).fields, "body": body}).text
    leads = re.findall(r'<a(?: href="([^"]*)")?[^>]*>([a-e])</a>', text)
    front = f"/account/sites/{bakery.id}/preview/"
    assert leads == [(f"{front}contact", "a"), ("", "b"), ("", "c"), ("", "d"), ("#here", "e")]
    for page in ("", "contact"):
        answer = browser.client.get(front + page)
        assert answer.status_code == 200
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert f'href="{front}about"' in answer.text
    assert browser.client.get(f"{front}nothing").status_code == 404


def test_a_page_of_another_site_is_not_there(browser: Browser, bakery: Site) -> None:
    other = factories.active_membership()
    facts = {"customer": other.customer, "membership": other, "title": "Other"}
    theirs = factories.save(lambda: Site(slug="theirs", **facts))
    provisioning.provision(theirs)
    page = page_id(theirs, "about")
    assert browser.client.get(f"/account/sites/{theirs.id}").status_code == 404
    assert browser.client.get(f"/account/sites/{bakery.id}/pages/{page}").status_code == 404


def test_a_blocked_site_can_be_written_on(browser: Browser, client: FlaskClient, bakery: Site) -> None:
    with unit_of_work("test"):
        sites.suspend(sites.find(bakery.id), reason="test")
    assert edit(browser, bakery, "about", body="Later.").status_code == 303
    assert client.get("/about", base_url=HOST).status_code == 402


# -- the archive -----------------------------------------------------------------------------------------------------
def press(browser: Browser, what: str) -> Page:
    """Send the form whose address ends so."""
    return browser.submit([str(form["action"]).endswith(what) for form in browser.page.forms].index(True))


def archive(browser: Browser, site: Site) -> Page:
    browser.get(f"/account/sites/{site.id}/archiving")
    return press(browser, "archiving")


def test_an_owner_puts_a_site_away_and_takes_it_out_again(
    browser: Browser, client: FlaskClient, clock: TurnedClock, bakery: Site, agreement: Membership
) -> None:
    assert f"/account/sites/{bakery.id}/archiving" in browser.client.get(f"/account/sites/{bakery.id}").text
    asked = browser.get(f"/account/sites/{bakery.id}/archiving").text
    assert "kept for 90 days" in asked
    assert "Your contract goes on and is charged as before" in asked
    gone = press(browser, "archiving")
    assert "Your site is in the archive." in gone.text
    assert "kept until 1 May 2027" in gone.text
    assert client.get("/", base_url=HOST).status_code == 404
    assert f"/account/sites/{bakery.id}" in browser.client.get(f"/account/memberships/{agreement.id}").text
    browser.get(f"/account/sites/{bakery.id}")
    assert "Your site is back." in press(browser, "restoring").text
    assert client.get("/", base_url=HOST).status_code == 200


def test_it_comes_back_at_another_address_when_its_own_is_taken(browser: Browser, bakery: Site) -> None:
    archive(browser, bakery)
    other = factories.active_membership()
    factories.save(lambda: Site(slug="bakery", title="Other", customer=other.customer, membership=other))
    back = press(browser, "restoring")
    assert "at another address" in back.text
    assert "bakery-2." in back.text


def test_putting_it_away_twice_changes_nothing_and_says_so(browser: Browser, bakery: Site) -> None:
    asked = browser.get(f"/account/sites/{bakery.id}/archiving").forms[-1]["fields"]
    press(browser, "archiving")
    assert browser.client.post(f"/account/sites/{bakery.id}/archiving", data=asked).status_code == 303
    again = browser.get(f"/account/sites/{bakery.id}")
    assert "Only a site that is shown or suspended can be archived." in again.text


# -- another address -------------------------------------------------------------------------------------------------
def test_an_owner_gives_their_site_another_address(look: Look, browser: Browser, bakery: Site) -> None:
    browser.get(f"/account/sites/{bakery.id}")
    assert f'href="/account/sites/{bakery.id}/address"' in browser.response.text
    at = f"/account/sites/{bakery.id}/address"
    fields = browser.get(at).fields
    refused = browser.client.post(at, data={**fields, "site_url": "www"})
    assert (refused.status_code, "This address is taken. Try www-2." in refused.text) == (422, True)
    done = browser.client.post(at, data={**fields, "site_url": " Fine-Bread "})
    browser.get(done.location)
    assert "Your site is now at http://fine-bread.localhost/. Its old address leads there." in browser.page.text
    assert browser.client.get("/about", base_url=HOST).location == "http://fine-bread.localhost/about"
    again = " ".join(look(f"/account/sites/{bakery.id}/address").text.split())
    assert "bakery.localhost leads here until" in again


def test_what_is_made_elsewhere_or_put_away_is_not_renamed(browser: Browser, bakery: Site) -> None:
    at = f"/account/sites/{bakery.id}/address"
    fields = browser.get(at).fields
    with unit_of_work("test") as session:
        session.get_one(Site, bakery.id).provisioner = "webhook"
    browser.get(f"/account/sites/{bakery.id}")
    assert at not in browser.response.text
    assert browser.client.get(at).status_code == 404
    assert browser.client.post(at, data={**fields, "site_url": "bread"}).status_code == 409
