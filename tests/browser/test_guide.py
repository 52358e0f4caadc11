"""What the UX guide asks of every page and no page shows by itself: focus, targets, spacing, help in its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests import factories
from tests.browser.conftest import Server
from tests.browser.office import DESK, Office, Open
from webapp import clock

PHONE: Any = {"viewport": {"width": 360, "height": 740}}
STOPS = 70
# The ring may be drawn around what holds the control: a choice card, or the label of a tick.
FOCUS = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const held = [one, one.nextElementSibling, one.closest("label, .choice, .find, li, td")].filter(Boolean);
    const ring = held.some(at => {
        const style = getComputedStyle(at);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    });
    const box = one.getBoundingClientRect();
    const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 2);
    const places = [box.top + 2, box.top + box.height / 2, box.bottom - 2];
    const seen = places.some(y => {
        const top = document.elementFromPoint(x, y);
        return top && (one.contains(top) || top.contains(one) || held.some(at => at.contains(top)));
    });
    return {name: one.outerHTML.slice(0, 120), ring, seen: seen || box.width < 2};
}"""
# Links within a sentence are excepted, and what is drawn by its label.
SMALL = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter(one => {
    const box = one.getBoundingClientRect();
    if (box.width < 2 || getComputedStyle(one).visibility === "hidden") return false;
    if (one.closest(".visually-hidden, [hidden]")) return false;
    if (one.matches("p a, .hint a, dd a, td a, th a, .timeline a, .skip-link")) return false;
    return box.height < 24 || box.width < 24;
}).map(one => one.outerHTML.slice(0, 120))"""
SIZES = """() => [...document.querySelectorAll("input, select, textarea")]
    .map(one => parseFloat(getComputedStyle(one).fontSize))"""
SPACING = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
    p { margin-block-end: 2em !important; }"""
CUT = """() => [...document.querySelectorAll("main *")].filter(one => {
    const style = getComputedStyle(one);
    const hides = ["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY);
    if (!hides || one.closest(".visually-hidden, svg")) return false;
    return one.clientWidth > 2 && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
}).map(one => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def shop(site: Server) -> None:
    factories.free_product(list_order=1, feature_list=["One site"])
    factories.product("premium", year=29900, list_order=2, feature_list=["Your own domain"])


def stops(page: Page) -> Iterator[dict[str, Any]]:
    """Every stop of the tab key from the top of the page on. The parts of a date are one: the browser marks them."""
    first = last = None
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None or stop["name"] == first:
            return
        if stop["name"] != last:
            yield stop
        first, last = first or stop["name"], stop["name"]


def faults(page: Page) -> list[str]:
    return [f"{page.url}: {stop}" for stop in stops(page) if not (stop["ring"] and stop["seen"])]


@pytest.mark.ux("W1", "W2", "W3")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_tabs_through_sees_where_they_are(open_page: Open, shop: None, scheme: str) -> None:
    for path in ("/register/premium", "/login", "/cancel-contract"):
        page = open_page(path, color_scheme=scheme, **PHONE)
        assert len(list(stops(page))) > 8
        page.reload()
        assert faults(page) == []


@pytest.mark.ux("W2", "W3")
def test_operators_who_tab_through_see_where_they_are(enter: Open, office: Office) -> None:
    page = enter("/admin/memberships")
    assert faults(page) == []
    page.goto(f"/admin/payments/{office['payment'].id}")
    assert faults(page) == []


@pytest.mark.ux("W4", "N8", "S6")
def test_what_is_pressed_is_large_enough_for_a_finger(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium", **PHONE)
    for path in ("/register/premium", "/login", "/password", "/cancel-contract", "/withdraw", "/"):
        page.goto(path)
        assert page.evaluate(SMALL) == [], path
        sizes = page.evaluate(SIZES)
        assert all(size >= 16 for size in sizes), path  # less, and a telephone zooms into the field
        unsized = "img:not([width]), img:not([height])"
        assert page.locator(unsized).count() == 0, path
    page.goto("/register/premium")
    order = page.get_by_role("button", name="Order with obligation to pay").bounding_box()
    assert order is not None
    assert order["height"] >= 44


@pytest.mark.ux("W4", "N8")
def test_what_operators_press_is_large_enough(enter: Open, office: Office) -> None:
    page = enter("/admin/customers")
    for path in ("/admin/customers", "/admin/attention", f"/admin/memberships/{office['membership'].id}"):
        page.goto(path)
        assert page.evaluate(SMALL) == [], path


@pytest.mark.ux("W9")
def test_wider_letters_and_lines_cut_nothing_off(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium", bypass_csp=True, **PHONE)
    for path in ("/register/premium", "/login", "/"):
        page.goto(path)
        page.add_style_tag(content=SPACING)
        assert page.evaluate(CUT) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path


@pytest.mark.ux("W22")
def test_who_wants_no_motion_gets_none(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium", reduced_motion="reduce")
    longest = """() => Math.max(...[...document.querySelectorAll("*")].flatMap(one => {
        const style = getComputedStyle(one);
        return [...style.transitionDuration.split(","), ...style.animationDuration.split(",")].map(parseFloat);
    }))"""
    assert page.evaluate(longest) <= 0.01


@pytest.mark.ux("H2", "M5")
@pytest.mark.noisy
def test_a_failure_of_ours_is_said_and_what_was_typed_stays(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium", **DESK)
    page.get_by_label("Site name").fill("Ada's bakery")

    def failed(route: Route) -> None:
        route.fulfill(status=500, body="<h1>boom</h1>")

    page.route("**/checkout/summary", failed)
    page.get_by_label("Yearly").check()
    expect(page.get_by_role("alert").filter(has_text="Something failed on our side.")).to_be_visible()
    assert page.get_by_label("Site name").input_value() == "Ada's bakery"
    assert "boom" not in page.inner_text("body")


@pytest.mark.ux("H5", "P10")
def test_back_from_the_bank_the_order_can_be_pressed_again(open_page: Open, shop: None) -> None:
    page = open_page("/register/premium", **DESK)
    fill_in(page)
    order = page.get_by_role("button", name="Order with obligation to pay")
    order.click()
    page.wait_for_url("**/sandbox/pay/**")
    page.go_back()
    button = page.locator("main button[type=submit]:visible").last
    expect(button).to_be_visible()
    expect(button).not_to_have_attribute("aria-disabled", "true")
    expect(button).not_to_have_text("Processing …")


def fill_in(page: Page) -> None:
    for label, text in {
        "E-mail address": "ada@example.com",
        "Full name": "Ada Lovelace",
        "Street and number": "Hauptstr. 5",
        "Postcode": "10115",
        "Town or city": "Berlin",
        "Site name": "Ada's bakery",
        "Site address": "ada",
    }.items():
        page.get_by_label(label).first.fill(text)
    page.get_by_label("Create password", exact=True).fill(factories.PASSWORD)
    page.get_by_label("I expressly ask you").check()


@pytest.mark.ux("K2")
def test_the_overview_answers_without_scrolling(open_page: Open, site: Server) -> None:
    ada = factories.registered("ada@example.com")
    membership = factories.active_membership(customer=ada, expires_at=clock.now())
    assert membership.customer.user.email == "ada@example.com"
    page = open_page("/login", **DESK)
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/account/")
    for term in ("Next charge", "Payment method", "Sites", "Open problems"):
        expect(page.get_by_role("term").filter(has_text=term)).to_be_in_viewport()
    expect(page.get_by_role("link", name="Premium")).to_be_in_viewport()


@pytest.mark.ux("K9", "W18")
def test_help_stands_at_the_same_place_everywhere(enter: Open, office: Office) -> None:
    page = enter("/admin/customers")
    paths = (
        "/admin/customers",
        f"/admin/customers/{office['customer'].id}",
        "/register/premium",
        "/login",
        "/withdraw",
    )
    for path in paths:
        page.goto(path)
        links = page.get_by_role("contentinfo").get_by_role("link").all_inner_texts()
        assert links.index("Help") + 1 == links.index("Legal notice"), path
