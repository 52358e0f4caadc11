"""Axe on every page, in light and dark, in English and German, and no sideways scroll from 320 to 2560 pixels.

The pages are those that the routes say there are. A page without a sample in `tests/estate.py` fails. English is looked
at in the light, and for what depends on colours in the dark; German, with its longer words, in the dark for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.routing import Rule

from tests import estate, factories
from tests.browser.conftest import AXE, PATIENCE, Server
from tests.estate import Estate
from webapp import hooks

# What is no page of ours: files, answers for programs, addresses that only lead on, and a mail's own document.
NO_PAGES = {
    "account.come_back_from_set_up",
    "account.export_data",
    "account.export_site",
    "account.show_set_up",  # leads on, where the way to pay has no page here: looked at with the payment methods
    "account.show_site_file",
    "admin.export_figures",
    "admin.export_site",
    "admin.preview_email_text",
    "admin.show_email_html",
    "admin.show_file",
    "api_docs.openapi",
    "auth.ask_code",
    "brand.logo",
    "brand.picture",
    "brand.preview",
    "brand.stylesheet",
    "consumer.download_receipt",
    "conversions.run",
    "invoices.show_pdf",
    "language.choose",
    "ops.ask_about_tls",
    "ops.healthz",
    "ops.readyz",
    "pay.come_back",
    "site_templates.show_file",
    "static",
}
# Written by a site's owner, in their language.
OF_A_SITE = {"account.preview_saved_page"}
# The pages of a template have addresses in its language.
EXAMPLES = {"en-GB": ("", ""), "de-DE": ("/site-templates/business/contact", "/site-templates/business/kontakt")}
PEOPLE = {"admin": "operator", "account": "owner", "security": "owner"}
# Each is one test, so that they run side by side: whose pages, and which part of them.
PARTS = [("operator", 0, 3), ("operator", 1, 3), ("operator", 2, 3), ("owner", 0, 1), ("visitor", 0, 1)]
COLOURS = ["color-contrast", "link-in-text-block"]
# Colours that are on their way from one to the other are neither.
AT_ONCE = """
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { transition: none !important; animation: none !important; }");
    document.adoptedStyleSheets = [sheet];
"""
EDGE = {"de-DE": 320, "en-GB": 2560}  # the longest words in the narrowest window, the shortest in the widest
DESK: Any = {"width": 1280, "height": 900}
RUN = "options => axe.run(document, {resultTypes: ['violations'], ...options})"


def who_sees(rule: Rule) -> str:
    return PEOPLE.get(rule.endpoint.partition(".")[0], "visitor")


def pages(app: Flask, who: str) -> Iterator[Rule]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: (one.endpoint, one.rule)):
        is_page = rule.endpoint not in NO_PAGES and not rule.endpoint.startswith("api.")
        if "GET" in (rule.methods or ()) and is_page and who_sees(rule) == who:
            yield rule


def test_what_is_no_page_is_a_route_at_least(app: Flask) -> None:
    assert NO_PAGES - {rule.endpoint for rule in app.url_map.iter_rules()} == set()
    assert sum(len(list(pages(app, who))) for who in ("operator", "owner", "visitor")) > 70


def found(page: Page, **options: Any) -> list[str]:
    violations = page.evaluate(RUN, options)["violations"]
    return [f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes']][:3]}" for one in violations]


def scrolls(page: Page, width: int) -> bool:
    """Whether the page is wider than the window; the window is as wide as before afterwards."""
    page.set_viewport_size({"width": width, "height": 900})
    wider: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    page.set_viewport_size(DESK)
    return wider


def sign_in(context: BrowserContext, site: Server, grounds: Estate, who: str) -> None:
    person = {"operator": grounds.operator, "owner": grounds.owner}.get(who)
    if person is None:
        return
    client = factories.signed_in(site.app.test_client(), person)
    cookie = client.get_cookie(site.app.config["SESSION_COOKIE_NAME"], domain="localhost")
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.url}])


@pytest.fixture
def grounds(site: Server) -> Iterator[Estate]:
    callbacks = hooks.registry.snapshot()
    yield estate.build(site.app, site.app.extensions["settings"])
    hooks.registry.restore(callbacks)


@pytest.mark.ux("W6", "W8", "W12", "W24")
@pytest.mark.slow
@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
@pytest.mark.parametrize(("who", "part", "parts"), PARTS, ids=[f"{who}-{part}" for who, part, _parts in PARTS])
def test_no_page_has_anything_wrong_with_it(
    site: Server, grounds: Estate, chromium: Browser, locale: str, who: str, part: int, parts: int
) -> None:
    options = {"base_url": site.url, "locale": locale, "reduced_motion": "reduce", "bypass_csp": True}
    context = chromium.new_context(viewport=DESK, **options)
    context.set_default_timeout(PATIENCE)
    context.add_init_script(AXE.read_text())
    context.add_init_script(AT_ONCE)
    sign_in(context, site, grounds, who)
    page, wrong = context.new_page(), []
    for rule in list(pages(site.app, who))[part::parts]:
        path = grounds.path(site.app, rule).replace(*EXAMPLES[locale])
        page.emulate_media(color_scheme="light" if locale == "en-GB" else "dark")
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        assert page.url.endswith(path), f"{path} leads to {page.url}"
        assert rule.endpoint in OF_A_SITE or page.locator("html").get_attribute("lang") == locale[:2], path
        wrong += [f"{path}: {one}" for one in found(page)]
        if locale == "en-GB":
            page.emulate_media(color_scheme="dark")
            wrong += [f"{path} (dark): {one}" for one in found(page, runOnly=COLOURS)]
        wrong += [f"{path} scrolls sideways"] if scrolls(page, EDGE[locale]) else []
    context.close()
    assert wrong == []
