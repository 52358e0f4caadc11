"""Legal pages: written by the operator, read by everybody, kept in every version."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.looking import Look
from tests.pages import Browser
from webapp.domain import legal, network
from webapp.extensions import db
from webapp.models import LegalText
from webapp.transactions import unit_of_work

LIST, TERMS = "/admin/legal", "/admin/legal/terms/en"


def settle(**values: Any) -> None:
    with unit_of_work("test"):
        network.change(values)


@pytest.mark.parametrize("page", legal.PAGES)
@pytest.mark.parametrize("locale", ["en", "de"])
def test_each_page_has_a_template_of_ours_that_fills_itself(
    client: FlaskClient, app: Any, page: str, locale: str
) -> None:
    settle(company_name="Engines Ltd", company_address="Hauptstr. 1\n10115 Berlin")
    assert (legal.FOLDER / locale / f"{page}.md").exists()
    answer = client.get(f"/legal/{page}", headers={"Accept-Language": locale})
    assert answer.status_code == 200
    assert "{{" not in answer.text.split("<main")[1]
    if page in ("imprint", "privacy"):
        assert "Hauptstr. 1<br>" in answer.text


def test_the_withdrawal_information_names_the_function_word_for_word(client: FlaskClient) -> None:
    text = client.get("/legal/withdrawal", headers={"Accept-Language": "de"}).text
    assert '<a href="http://localhost/withdraw">Vertrag widerrufen</a>' in text
    assert "Muster-Widerrufsformular" in text


def test_a_page_that_is_none_is_not_found(client: FlaskClient, signed_in: FlaskClient) -> None:
    assert client.get("/legal/none").status_code == 404
    for path in ("none/en", "terms/fr", "terms/en/1"):
        assert signed_in.get(f"{LIST}/{path}").status_code == 404


def test_an_own_text_is_published_with_its_version(browser: Browser, look: Look, client: FlaskClient) -> None:
    page = browser.get(TERMS)
    assert page.fields["body"] == legal.default("terms", "en")
    browser.submit(body="# Ours\n\nOf {{ company_name }}. <script>alert(1)</script> [x](javascript:alert(1))")
    browser.get(TERMS)
    browser.submit(body="Second.")
    assert [one.version for one in db.session.scalars(select(LegalText).order_by(LegalText.id))] == [1, 2]
    assert "version 2" in look(LIST).text
    seen = client.get("/legal/terms").text
    assert "Second." in seen
    assert "In force since" in seen
    first = look(f"{TERMS}/1")
    assert first.one("main").one("h2").text == "Ours"
    assert "Of Parzelle." in first.text
    assert first.one("main").all("script") == []
    assert "javascript" not in str([one.attrs.get("href") for one in first.all("a")])
    assert browser.get(f"{TERMS}?version=1").fields["body"].startswith("# Ours")


def test_a_preview_publishes_nothing(browser: Browser) -> None:
    browser.get(TERMS)
    page = browser.submit(body="## Seen before", press={"preview": "1"})
    assert "Seen before" in page.text
    assert db.session.scalars(select(LegalText)).all() == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "Enter a text."),
        ("{{ secret }}", "There is no placeholder {{ secret }} here."),
        ("{% for x in y %}{% endfor %}", "This text cannot be filled in"),
        ("{{ ", "This text cannot be filled in"),
        ("x" * 100_001, "Enter at most 100000 characters."),
    ],
)
def test_what_cannot_be_shown_is_refused_and_kept_in_the_form(browser: Browser, body: str, sentence: str) -> None:
    browser.get(TERMS)
    page = browser.submit(body=body)
    assert (browser.response.status_code, sentence in page.text) == (422, True)
    assert page.fields["body"] == body


def test_the_slower_of_two_sees_what_the_other_published(browser: Browser) -> None:
    browser.get(TERMS)
    stale = dict(browser.page.fields)
    browser.submit(body="Theirs.")
    browser.get(TERMS)
    page = browser.submit(**{**stale, "body": "Mine."})
    assert browser.response.status_code == 409
    assert "Olga Peters changed it at" in page.text
    assert "Theirs." in page.text
    assert page.fields["body"] == "Mine."
    browser.submit()
    db.session.rollback()
    published = legal.current("terms", "en")
    assert published is not None
    assert published.body == "Mine."


def test_an_address_of_the_settings_is_linked_instead(client: FlaskClient, look: Look) -> None:
    settle(imprint_url="https://example.com/imprint")
    assert 'href="https://example.com/imprint"' in client.get("/").text
    assert 'href="/legal/terms"' in client.get("/").text
    assert "elsewhere, by the settings" in look(LIST).text


def test_without_consumer_law_only_given_addresses_are_linked(client: FlaskClient) -> None:
    settle(consumer_law="none", privacy_url="https://example.com/privacy")
    text = client.get("/login").text
    assert 'href="https://example.com/privacy"' in text
    assert "/legal/" not in text


def test_the_order_form_leads_to_them_beside_itself(client: FlaskClient) -> None:
    from tests import factories

    factories.product("premium")
    consent = client.get("/register/premium").text.split('id="consent-section"')[1].split("</section>")[0]
    for page in ("terms", "withdrawal", "privacy", "contract"):
        assert f'href="/legal/{page}" target="_blank"' in consent
