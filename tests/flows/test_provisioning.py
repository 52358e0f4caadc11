"""From a template to a site that answers: whole, once, whatever dies on the way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import factories
from webapp import hooks
from webapp.domain import built_in_templates, site_building, site_templates, sites
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.flows import provisioning
from webapp.models import Site, SitePage, SitePicture, SiteStatus
from webapp.transactions import unit_of_work

pytestmark = pytest.mark.usefixtures("app")
TEMPLATES = list(built_in_templates.built_in())


def requested(template: str = "business", locale: str = "en", slug: str = "bakery", **buyer: Any) -> Site:
    customer = factories.customer(user=factories.user(email=f"{slug}@example.com"), locale=locale, **buyer)
    membership = factories.active_membership(customer=customer)
    facts = {"customer": customer, "membership": membership, "title": "Ada's *Bakery*", "template": template}
    return factories.save(lambda: Site(slug=slug, **facts))


def again(site: Site) -> Site:
    db.session.rollback()
    return db.session.get_one(Site, site.id)


def count(kind: type[Any], site: Site) -> int:
    return db.session.scalar(select(func.count()).select_from(kind).where(kind.site_id == site.id)) or 0


@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_becomes_a_site_without_a_loose_end(client: FlaskClient, template: str, locale: str) -> None:
    site = requested(template, locale)
    assert provisioning.provision(site) == "published"
    site = again(site)
    assert (site.status, site.locale, bool(site.design)) == (SiteStatus.PUBLISHED, locale, True)
    host = "http://bakery.localhost"
    pages = {f"/{one.slug}" for one in site.pages}
    assert len(pages) >= 3
    for address in pages:
        page = client.get(address, base_url=host)
        assert page.status_code == 200
        assert f'<html lang="{locale}">' in page.text
        assert "{{" not in page.text
        for link in re.findall(r'(?:href|src)="([^"]+)"', page.text):
            assert link.startswith("#") or client.get(link, base_url=host).status_code == 200, link
    front = client.get("/", base_url=host).text
    assert "<h1>Ada's *Bakery*</h1>" in front.replace("&#39;", "'")
    assert front.count("<img") == sum(page.body.count("![") for page in site.pages if page.is_front)


def test_a_language_without_pages_begins_in_english() -> None:
    site = requested(locale="fr")
    provisioning.provision(site)
    assert again(site).locale == "en"


def test_who_bought_it_is_on_it_as_plain_words() -> None:
    site = requested(company_name="<b>Ada & Co</b>", billing_address_line_1="1. *Main* St", billing_city="Bath")
    provisioning.provision(site)
    about, contact = again(site).pages[2:4]
    assert r"\<b\>Ada \& Co" in about.body
    assert r"1\. \*Main\* St, Bath" in contact.body
    assert "bakery@example" in contact.body.replace("\\", "")


def test_delivered_twice_it_is_made_once() -> None:
    site, told = requested(), []
    hooks.add_action("wu_site_published", lambda site, membership: told.append(site.id))
    provisioning.provision(site)
    pages = count(SitePage, site)
    assert provisioning.provision(again(site)) == "nothing to do"
    assert count(SitePage, site) == pages
    assert told == [site.id]


def test_a_worker_that_died_on_the_way_is_followed_by_one_that_makes_it_whole() -> None:
    site = requested()
    with unit_of_work("test"):
        sites.begin_creating(site.id)
    assert provisioning.provision(again(site)) == "published"
    assert count(SitePage, site) == 4


def test_what_fails_half_way_leaves_nothing_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    site, real, calls = requested(), site_building.add_picture, []

    def fail_at_the_second(*args: Any) -> SitePicture:
        calls.append(args)
        if len(calls) == 2:
            raise OSError("disk full")
        return real(*args)

    monkeypatch.setattr(site_building, "add_picture", fail_at_the_second)
    with pytest.raises(OSError, match="disk full"):
        provisioning.provision(site)
    site = again(site)
    assert (site.status, site.problem) == (SiteStatus.FAILED, "OSError: disk full")
    assert (count(SitePage, site), count(SitePicture, site), site.design) == (0, 0, "")
    assert provisioning.provision(site) == "published"
    assert (again(site).problem, count(SitePicture, site)) == ("", 2)


def test_what_nobody_wants_any_more_is_not_made() -> None:
    site = requested()
    with unit_of_work("test"):
        sites.find(site.id).move_to(SiteStatus.ARCHIVED, reason="test")
    assert provisioning.provision(again(site)) == "nothing to do"
    assert count(SitePage, site) == 0


def test_who_paid_gets_a_site_also_when_its_template_has_gone() -> None:
    site = requested("carnival")
    provisioning.provision(site)
    assert again(site).template == built_in_templates.DEFAULT


def test_only_what_is_offered_can_be_ordered() -> None:
    assert site_templates.check("", None) == ""
    assert site_templates.check("event", None) == "event"
    with pytest.raises(Invalid) as refused:
        site_templates.check("../event", None)
    assert refused.value.code == "template_not_available"


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_say_the_same_in_every_language(template: str) -> None:
    made = built_in_templates.built_in()[template]
    assert set(made.pages) == set(made.titles) == set(made.descriptions) == {"en", "de"}
    assert len({len(pages) for pages in made.pages.values()}) == 1
    for pages in made.pages.values():
        assert pages[0].slug == ""
        assert all(f"]({name})" in "".join(one.body for one in pages) for name in made.pictures)
