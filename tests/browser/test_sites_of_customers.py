"""Customers with sites: another address, somebody else's site, and several of one contract on a phone, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests import factories
from tests.browser.test_account import Look, Open, press
from tests.browser.test_german import GERMAN, sideways
from webapp import hooks
from webapp.domain import mails
from webapp.extensions import db as database
from webapp.flows import provisioning
from webapp.models import Customer, Mail, Membership, Site

ADA, GRACE = "ada@example.com", "grace@example.com"


def person(email: str, name: str) -> tuple[Customer, Membership]:
    found = factories.customer(user=factories.user(email=email), display_name=name)
    plan = factories.product(name="Premium")
    return found, factories.active_membership(customer=found, plan=plan)


@pytest.fixture
def bakery(site: Any) -> Site:
    owner, agreement = person(ADA, "Ada Lovelace")
    told = {"customer": owner, "membership": agreement, "title": "Bakery"}
    made: Site = factories.save(lambda: Site(slug="bakery", **told))
    provisioning.provision(made)
    database.session.rollback()
    return made


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.keyboard.press("Enter")


def type_into(page: Page, label: str, text: str) -> None:
    """And send it with Enter."""
    page.get_by_label(label).focus()
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")


def link_of(kind: str) -> str:
    database.session.rollback()
    mail = database.session.scalars(select(Mail).where(Mail.kind == kind)).one()
    [found] = re.findall(r"/account/transfers/[\w-]+", mails.revealed(mail.text, mail.secrets))
    return str(found)


def test_a_site_gets_another_address_by_keyboard(open_page: Open, bakery: Site, violations: Look) -> None:
    page = open_page(f"/login?next=/account/sites/{bakery.id}")
    sign_in(page, ADA)
    press(page, "link", "Change the address")
    expect(page.get_by_role("heading", name="Change the address")).to_be_visible()
    assert violations(page) == []
    type_into(page, "New address", "www")
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    expect(page.get_by_text("This address is taken. Try www-2.").first).to_be_visible()
    page.get_by_label("New address").fill("")
    type_into(page, "New address", "Fine-Bread")
    expect(page.get_by_text("Its old address leads there.")).to_be_visible()
    network = page.url.partition("/account")[0]
    port = network.rpartition(":")[2]
    answer = page.request.get(f"{network}/about", headers={"Host": f"bakery.localhost:{port}"}, max_redirects=0)
    assert answer.status == 301
    assert answer.headers["location"] == f"http://fine-bread.localhost:{port}/about"
    page.goto(f"/account/sites/{bakery.id}/address")
    expect(page.get_by_text("bakery.localhost leads here until")).to_be_visible()


def test_a_site_goes_from_one_person_to_another_by_keyboard(open_page: Open, bakery: Site, violations: Look) -> None:
    _grace, room = person(GRACE, "Grace Hopper")
    hers = open_page(f"/login?next=/account/sites/{bakery.id}")
    sign_in(hers, ADA)
    press(hers, "link", "Give this site away")
    expect(hers.get_by_role("heading", name="Give this site away")).to_be_visible()
    assert violations(hers) == []
    type_into(hers, "E-mail address of the new owner", GRACE)
    expect(hers.get_by_text("The site stays yours until they accept.")).to_be_visible()
    expect(hers.get_by_text(f"{GRACE} is asked")).to_be_visible()
    assert violations(hers) == []

    other = open_page(link_of("site_offered"))
    sign_in(other, GRACE)
    expect(other.get_by_role("heading", name="Take over “Bakery”?")).to_be_visible()
    expect(other.get_by_text("Ada Lovelace offers you this site.")).to_be_visible()
    assert violations(other) == []
    choice = other.get_by_role("radio", name=re.compile("Premium"))
    expect(choice).to_be_checked()
    press(other, "button", "Take over the site")
    expect(other.get_by_text("The site is yours now.")).to_be_visible()
    expect(other.get_by_role("heading", name="Pages")).to_be_visible()

    hers.goto(f"/account/sites/{bakery.id}")
    expect(hers.get_by_role("heading", name=re.compile("not|Page", re.IGNORECASE)).first).to_be_visible()
    database.session.rollback()
    assert database.session.get_one(Site, bakery.id, populate_existing=True).membership_id == room.id


@pytest.fixture
def unlimited() -> Iterator[None]:
    before = hooks.registry.snapshot()
    hooks.add_filter("wu_limitation_allowed", lambda _allowed: True)
    yield
    hooks.registry.restore(before)


@pytest.mark.usefixtures("unlimited")
def test_several_sites_on_a_small_german_phone(
    open_page: Open, bakery: Site, work: Callable[[], None], violations: Look, tmp_path: Path
) -> None:
    page = open_page(f"/login?next=/account/memberships/{bakery.membership_id}", **GERMAN)
    page.get_by_label("E-Mail-Adresse").fill(ADA)
    page.get_by_label("Passwort", exact=True).fill(factories.PASSWORD)
    page.keyboard.press("Enter")
    press(page, "link", "Website hinzufügen")
    expect(page.get_by_role("heading", name="Website hinzufügen")).to_be_visible()
    assert (violations(page), sideways(page)) == ([], 0)
    page.get_by_label("Name der Website").fill("Blumenladen-Donaudampfschifffahrtsgesellschaft")
    page.get_by_label("Adresse der Website").fill("donaudampfschifffahrtsgesellschaft-blume")
    press(page, "button", "Website hinzufügen")
    expect(page.get_by_text("Ihre Website wird eingerichtet.")).to_be_visible()
    work()
    page.reload()
    expect(page.get_by_text("Blumenladen-Donaudampf").first).to_be_visible()
    assert (violations(page), sideways(page)) == ([], 0)

    page.goto(f"/account/sites/{bakery.id}")
    assert sideways(page) == 0
    with page.expect_download() as download:
        press(page, "link", re.compile("^Exportieren"))
    file = tmp_path / "bakery.zip"
    download.value.save_as(file)
    press(page, "link", re.compile("^Importieren"))
    expect(page.get_by_role("heading", name="Export importieren")).to_be_visible()
    assert (violations(page), sideways(page)) == ([], 0)
    page.get_by_label("Export einer Website").set_input_files(file)
    page.get_by_role("checkbox", name=re.compile("Ersetzen, was die Website zeigt")).focus()
    page.keyboard.press("Space")
    press(page, "button", "Importieren")
    expect(page.get_by_text("Ihre Website zeigt den Inhalt des Exports.")).to_be_visible()


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_another_template_by_keyboard_and_back(open_page: Open, bakery: Site, violations: Look, locale: str) -> None:
    german = locale == "de-DE"
    page = open_page(f"/login?next=/account/sites/{bakery.id}/template", viewport={"width": 320, "height": 640})
    sign_in(page, ADA)
    expect(page.get_by_role("heading", level=1, name="Another template")).to_be_visible()
    if german:
        page.get_by_role("link", name="Deutsch", exact=True).press("Enter")
        expect(page.get_by_role("heading", level=1, name="Andere Vorlage")).to_be_visible()
    assert violations(page) == []
    assert sideways(page) <= 0
    page.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    press(page, "button", "Diese Vorlage verwenden" if german else "Use this template")
    told = "Ihre Website hat die neue Vorlage." if german else "Your site has the new template."
    expect(page.get_by_text(told)).to_be_visible()
    press(page, "link", "Andere Vorlage" if german else "Another template")
    expect(page.get_by_role("heading", name="vorher" if german else "showed before")).to_be_visible()
    assert violations(page) == []
    assert sideways(page) <= 0
    press(page, "button", "Zurückholen" if german else "Bring this back")
    told = "was sie vorher zeigte" if german else "what it showed before"
    expect(page.get_by_text(told).first).to_be_visible()
