"""An operator lets another hosting system make the sites, in a browser: from the settings to the site's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.office import DESK, PHONE, Office, Open
from tests.fakes.hosting import SECRET, HostingFake
from webapp import our_provisioners
from webapp.domain import sites
from webapp.extensions import db as database
from webapp.models import Membership, Site, SiteStatus
from webapp.provisioners import base, provisioners
from webapp.transactions import unit_of_work


@pytest.fixture
def hosting(site: Any) -> Iterator[HostingFake]:
    """It may be called, though it is on this machine; nothing more is set."""
    before = site.app.extensions["settings"]
    env = {"OUTBOUND_ALLOW_PRIVATE": "loopback"}
    site.app.extensions["settings"] = replace(before, env=env)
    provisioners.init(base.Config(env, site.url), our_provisioners())
    with HostingFake() as fake:
        yield fake
    site.app.extensions["settings"] = before
    provisioners.init(base.Config({}, site.url), our_provisioners())


def set_up(page: Page, hosting: HostingFake) -> None:
    page.get_by_label("Sites are made by").select_option("Another hosting system, by webhook")
    page.get_by_label("Hosting system: address").fill(f"{hosting.url}/sites")
    page.get_by_label("Hosting system: secret").fill(SECRET)
    page.get_by_role("button", name="Save", exact=True).click()


def ordered(slug: str) -> Site:
    agreement = factories.active_membership()
    told = {"customer": agreement.customer, "membership": agreement, "title": "Bakery"}
    made: Site = factories.save(lambda: Site(slug=slug, **told))
    with unit_of_work("test"):
        sites.request_for(database.session.get_one(Membership, agreement.id))
    return made


def status_of(site: Site) -> SiteStatus:
    database.session.rollback()
    database.session.refresh(site)
    return site.status


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_from_the_settings_to_a_site_that_is_there(
    enter: Open, hosting: HostingFake, work: Callable[[], None], script: bool
) -> None:
    page = enter("/admin/settings/sites", java_script_enabled=script)
    page.get_by_label("Sites are made by").select_option("Another hosting system, by webhook")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Sites can only be made there with both").first).to_be_visible()
    set_up(page, hosting)
    expect(page.get_by_text("Changes saved.")).to_be_visible()
    page.goto("/admin/settings/sites")
    expect(page.get_by_text("Saved: ••••.")).to_be_visible()
    expect(page.locator("#notices-title ~ p").last).to_contain_text("/webhooks/provisioner")
    page.get_by_role("button", name="Test Hosting system").click()
    expect(page.get_by_text("It knows the secret, and answers as it should.")).to_be_visible()

    hosting.slow = True
    bakery = ordered("bakery")
    work()
    page.goto(f"/admin/sites/{bakery.id}")
    expect(page.get_by_text("Being worked on since")).to_be_visible()
    hosting.finish()
    page.get_by_role("button", name="Ask now").click()
    expect(page.get_by_text("The site is being set up.")).to_be_visible()
    work()
    page.reload()
    expect(page.get_by_role("link", name="https://bakery.hosting.example/")).to_be_visible()
    expect(page.get_by_text("h-1", exact=True)).to_be_visible()
    assert status_of(bakery) == SiteStatus.PUBLISHED


def test_what_is_refused_there_is_open_until_it_is_asked_again(
    enter: Open, hosting: HostingFake, work: Callable[[], None]
) -> None:
    page = enter("/admin/settings/sites")
    set_up(page, hosting)
    expect(page.get_by_text("Changes saved.")).to_be_visible()
    hosting.slow = True
    bakery = ordered("bakery")
    work()
    hosting.break_down("no room left")
    page.goto(f"/admin/sites/{bakery.id}")
    page.get_by_role("button", name="Ask now").click()
    expect(page.get_by_text("The site is being set up.")).to_be_visible()
    work()
    page.reload()
    expect(page.get_by_text("The hosting system says: no room left").first).to_be_visible()
    assert status_of(bakery) == SiteStatus.FAILED
    hosting.slow = False
    page.get_by_role("button", name="Ask now").click()
    expect(page.get_by_text("The site is being set up.")).to_be_visible()
    work()
    assert status_of(bakery) == SiteStatus.PUBLISHED


@pytest.mark.ux("W8", "W24")
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone-light", "desk-dark"])
def test_its_pages_are_accessible_and_never_scroll_sideways(
    enter: Open,
    office: Office,
    hosting: HostingFake,
    violations: Callable[[Page], list[str]],
    size: dict[str, Any],
    scheme: str,
) -> None:
    far = {"provisioner": "webhook", "reference": "Zk3tQ0p9x7b2n4m6v8c1Yw", "made_as": "h-4711", "job": "k"}
    with unit_of_work("test") as session:
        bakery = session.get_one(Site, office["site"].id)
        for name, value in {**far, "address": "https://a-bakery-with-a-long-name.hosting.example/"}.items():
            setattr(bakery, name, value)
        bakery.status, bakery.problem = SiteStatus.SUSPENDED, "the hosting system: its panel is locked"
    page = enter("/admin/settings/sites", color_scheme=scheme, bypass_csp=True, **size)
    for path in ("/admin/settings/sites", f"/admin/sites/{bakery.id}", "/admin/sites", "/admin/products/new"):
        page.goto(path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
