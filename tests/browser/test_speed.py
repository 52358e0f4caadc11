"""How soon pages show, answer a press and stay put: on a telephone with a slow line.

Each figure is the best of a few openings, so that it says what the page takes and not what else the machine did.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests import factories
from tests.browser.conftest import Server
from tests.browser.office import Open

TELEPHONE: Any = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
OPENINGS = 10  # on a machine that does something else beside it
WATCH = """() => {
    window.seen = {paint: 0, shift: 0, slowest: 0};
    const watch = (type, note, more) => new PerformanceObserver(list => list.getEntries().forEach(note))
        .observe({type, buffered: true, ...more});
    watch("largest-contentful-paint", one => { seen.paint = Math.max(seen.paint, one.startTime); });
    watch("layout-shift", one => { if (!one.hadRecentInput) seen.shift += one.value; });
    watch("event", one => { if (one.interactionId) seen.slowest = Math.max(seen.slowest, one.duration); },
        {durationThreshold: 16});
}"""
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"


@pytest.fixture
def shop(site: Server) -> None:
    factories.product("premium", year=29900)


def slow(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_4G)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})


def best(measure: Callable[[], float], enough: float) -> float:
    """The least of a few measures; no more than it takes to be sure."""
    found = float("inf")
    for _ in range(OPENINGS):
        found = min(found, measure())
        if found <= enough:
            break
    return found


def navigation(page: Page, name: str) -> float:
    return float(page.evaluate(f"() => performance.getEntriesByType('navigation')[0].{name}"))


@pytest.mark.ux("S1")
@pytest.mark.parametrize("path", ["/", "/register/premium", "/login"])
def test_on_a_telephone_a_page_shows_soon_and_stays_where_it_is(open_page: Open, shop: None, path: str) -> None:
    page = open_page("/healthz", **TELEPHONE)
    page.add_init_script(f"({WATCH})()")
    slow(page)

    def painted() -> float:
        page.goto(path)
        page.evaluate(FRAMES)
        assert page.evaluate("() => seen.shift") <= 0.1
        return float(page.evaluate("() => seen.paint"))

    assert 0 < best(painted, 2500) <= 2500


@pytest.mark.noisy  # what never answers is cut off in the end
@pytest.mark.ux("S1", "S4")
def test_a_choice_is_answered_at_once_however_slow_the_server(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium", **TELEPHONE)
    page.evaluate(WATCH)
    page.route("**/checkout/summary", lambda route: None)  # it never answers

    def answered() -> float:
        page.evaluate("() => { seen.slowest = 0; }")
        for label in ("Yearly", "Monthly"):
            page.get_by_label(label).tap()
            expect(page.get_by_label(label)).to_be_checked()
            page.evaluate(FRAMES)
        return float(page.evaluate("() => seen.slowest"))

    assert best(answered, 100) <= 100
    expect(page.locator("#summary")).to_have_attribute("aria-busy", "true")


@pytest.mark.ux("S4")
def test_a_press_on_the_order_button_shows_before_anything_is_sent(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium", **TELEPHONE)
    took = """() => new Promise(done => {
        const button = document.querySelector("[data-processing-label]");
        const begun = performance.now();
        const seen = new MutationObserver(() => done(performance.now() - begun));
        seen.observe(button, {childList: true, attributes: true});
        button.form.addEventListener("submit", event => event.preventDefault());
        button.click();
    })"""
    assert page.evaluate(took) <= 100
    expect(page.locator("[data-processing-label][aria-disabled=true]")).to_have_text("Processing …")


@pytest.mark.ux("S7")
def test_with_a_slow_line_and_processor_the_form_can_soon_be_filled_in(open_page: Open, shop: None) -> None:
    page = open_page("/healthz", **TELEPHONE)
    slow(page)

    def usable() -> float:
        page.goto("/register/premium")
        return navigation(page, "loadEventEnd")

    assert 0 < best(usable, 4000) <= 4000


@pytest.mark.ux("S7", "H4")
def test_typing_waits_for_no_check(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium", **TELEPHONE)
    slow(page)
    page.evaluate(WATCH)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/checkout/check", hold)

    def typed() -> float:
        page.evaluate("() => { seen.slowest = 0; }")
        page.get_by_label("E-mail address").fill("ada@example.com")
        name = page.get_by_label("Full name")
        name.fill("")
        name.press_sequentially("Ada Lovelace", delay=30)
        page.evaluate(FRAMES)
        return float(page.evaluate("() => seen.slowest"))

    assert best(typed, 200) <= 200
    assert held, "the check was under way"
    expect(page.get_by_label("Full name")).to_have_value("Ada Lovelace")
