"""Where things stand on the screen: rows of tiles that come out even, actions that are in sight, words in one piece."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

import pytest
from playwright.sync_api import Page

from tests import factories
from tests.browser.office import DESK, PHONE, Office, Open
from webapp import clock
from webapp.domain import network
from webapp.models import Mail, MailStatus
from webapp.transactions import unit_of_work

TILES = """[...document.querySelectorAll('.figures')].map(
    row => [...row.children].map(one => Math.round(one.getBoundingClientRect().top)))"""
LINES = """cell => { const range = document.createRange(); range.selectNodeContents(cell);
    return range.getClientRects().length; }"""
IN_SIGHT = "one => { const box = one.getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth; }"


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280, 1920, 2560])
def test_the_dashboards_figures_stand_in_even_rows(enter: Open, width: int) -> None:
    page = enter("/admin/", viewport={"width": width, "height": 900})
    rows = [[len(list(same)) for _, same in groupby(tops)] for tops in page.evaluate(TILES)]
    assert rows
    assert all(len(set(row)) == 1 for row in rows), rows


@pytest.mark.ux("N8", "N10")
@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_what_to_do_about_open_things_is_in_sight(enter: Open, office: Office, screen: dict[str, object]) -> None:
    factories.payment(gateway="manual", due_at=clock.now() - timedelta(days=1))
    page = enter("/admin/attention", **screen)
    buttons = page.locator("td button, td a.button")
    assert buttons.count() > 2
    assert [one for one in buttons.all() if not one.evaluate(IN_SIGHT)] == []


def test_an_address_in_the_list_of_mails_is_not_torn_at_its_end(enter: Open, office: Office) -> None:
    facts = dict.fromkeys(("subject", "text", "html"), "Your e-mail address at Parzelle Demo was changed")
    facts |= {"kind": "email_changed", "locale": "en", "message_id": "<1@x>", "to_address": "ada.lovelace@example.com"}
    factories.save(lambda: Mail(status=MailStatus.KEPT, **facts))
    page = enter("/admin/emails")
    assert page.locator("td", has_text="ada.lovelace@example.com").evaluate(LINES) == 1


@pytest.mark.ux("L10")
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_both_answers_about_cookies_are_equal_and_side_by_side(site: object, open_page: Open, width: int) -> None:
    with unit_of_work("test"):
        network.change({"ga4_measurement_id": "G-ABC123DEF4", "ga4_api_secret": "secret"})
    page: Page = open_page("/cookies", viewport={"width": width, "height": 800})
    page.goto("/")
    boxes = [page.get_by_role("button", name=name).bounding_box() for name in ("Accept all", "Reject all")]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert [boxes[0][side] for side in ("y", "width", "height")] == [
        boxes[1][side] for side in ("y", "width", "height")
    ]
