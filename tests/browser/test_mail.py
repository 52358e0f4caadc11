"""Mail with a real browser: a customer who forgot the password, and an operator who words what is sent."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Server
from webapp.domain import email_addresses, mails
from webapp.extensions import db
from webapp.models import Mail
from webapp.transactions import unit_of_work

Open = Callable[..., Page]
EMAIL = "ada@example.com"
NEW = "another long sentence"


def link_in_the_mail(prefix: str) -> str:
    db.session.rollback()
    mail = db.session.query(Mail).order_by(Mail.id.desc()).first()
    assert mail is not None
    found = re.search(rf"http://localhost:\d+({prefix}\S+)", mails.revealed(mail.text, mail.secrets))
    assert found is not None
    return found[1]


def answer_resets() -> None:
    db.session.rollback()
    with unit_of_work("worker"):
        email_addresses.answer_resets()


@pytest.mark.ux("K1", "M2")
@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_forgotten_password_is_set_anew_by_keyboard(
    site: Server, open_page: Open, violations: Callable[[Page], list[str]], look: str
) -> None:
    factories.customer(user=factories.user(email=EMAIL))
    page = open_page("/login", color_scheme=look, viewport={"width": 390, "height": 800})
    page.get_by_role("link", name="Reset your password").press("Enter")
    expect(page.get_by_role("heading", name="Reset your password")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(EMAIL)
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"We sent a link to {EMAIL}. It works for 30 minutes.")).to_be_visible()
    assert violations(page) == []
    answer_resets()
    page.goto(link_in_the_mail("/password/"))
    page.get_by_label("New password").focus()
    page.keyboard.type(NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your new password is saved")).to_be_visible()
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


@pytest.mark.ux("K7")
def test_a_new_address_waits_is_sent_again_and_counts_once_confirmed(
    site: Server, open_page: Open, violations: Callable[[Page], list[str]]
) -> None:
    factories.customer(user=factories.user(email=EMAIL))
    page = open_page("/login?next=/account/security/email")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("New e-mail address").fill("ada@elsewhere.example")
    assert violations(page) == []
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("waits for confirmation")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Send the link again").click()
    expect(page.get_by_text("We sent a link to ada@elsewhere.example. It works for a day.")).to_be_visible()
    page.goto(link_in_the_mail("/confirm-email/"))
    assert violations(page) == []
    page.get_by_role("button", name="Confirm address").click()
    expect(page.get_by_text("ada@elsewhere.example is confirmed")).to_be_visible()


def test_an_operator_words_a_message_sees_it_and_goes_back(
    enter: Open, violations: Callable[[Page], list[str]]
) -> None:
    page = enter("/admin/emails/texts/password_reset/en")
    frame = page.frame_locator("iframe.mail")
    expect(frame.get_by_text("somebody, most likely you")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Text", exact=True).fill("Dear **{{ name }}**\n\n[Choose a new one]({{ link }})")
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(frame.locator("strong")).to_have_text("Ada Lovelace")
    expect(frame.get_by_role("link", name="Choose a new one")).to_have_class("button")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Changes saved.")).to_be_visible()
    page.get_by_label("Text", exact=True).fill("{{ nmae }}")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    expect(page.get_by_label("Text", exact=True)).to_have_value("{{ nmae }}")
    page.get_by_role("link", name="Begin again with our text").click()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Changes saved.")).to_be_visible()
    expect(frame.get_by_text("somebody, most likely you")).to_be_visible()


def test_an_operator_reads_what_was_sent_on_a_phone(enter: Open, violations: Callable[[Page], list[str]]) -> None:
    page = enter("/admin/emails", viewport={"width": 320, "height": 640}, color_scheme="dark")
    assert violations(page) == []
    page.get_by_role("button", name="Send a test message").click()
    expect(page.get_by_text("A test message goes to olga@example.com.")).to_be_visible()
    expect(page.frame_locator("iframe.mail").get_by_text("There is nothing else to do")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("/admin/emails/texts")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
