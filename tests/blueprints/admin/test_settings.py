"""The settings in the admin: what is kept, what is refused, what nobody loses, and what nobody sees."""

from __future__ import annotations

import base64
import contextvars
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import Statements
from tests.looking import Look
from tests.pages import Browser
from webapp.blueprints.admin.settings_sections import BY_SLUG, SECTIONS
from webapp.domain import network
from webapp.domain.network import Network
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.models import AuditEntry, Role, Setting
from webapp.transactions import unit_of_work

TOKEN = "pat-eu1-very-secret"


@pytest.fixture
def env(app: Flask) -> Iterator[dict[str, str]]:
    """What the environment says, to be filled by the test."""
    before, given = app.extensions["settings"], {}
    app.extensions["settings"] = replace(before, env=given)
    yield given
    app.extensions["settings"] = before


def saved() -> Network:
    db.session.rollback()
    db.session().info.pop(network.CACHE, None)
    return network.settings()


def change(**values: Any) -> None:
    with unit_of_work("test"):
        network.change(values)


def open_and_send(browser: Browser, slug: str, **values: Any) -> Any:
    browser.get(f"/admin/settings/{slug}")
    return browser.submit(rows.form_of(browser.page, f"/settings/{slug}"), **values)


def last_entry() -> AuditEntry:
    db.session.rollback()
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


def test_every_setting_has_its_place_in_one_section() -> None:
    """A new field of Network is a line in SECTIONS."""
    placed = [name for section in SECTIONS for name in (*section.names, *section.more)]
    assert sorted(placed) == sorted(network.KEYS)


@pytest.mark.parametrize("slug", list(BY_SLUG))
def test_a_section_saved_as_it_stands_changes_nothing(browser: Browser, look: Look, slug: str) -> None:
    before = saved()
    look(f"/admin/settings/{slug}")
    page = open_and_send(browser, slug)
    assert "Changes saved." in page.text
    assert saved() == before
    assert db.session.scalars(select(AuditEntry)).all() == []


def test_the_overview_leads_to_every_section(look: Look) -> None:
    root = look("/admin/settings")
    assert {f"/admin/settings/{slug}" for slug in BY_SLUG} <= {one.attrs["href"] for one in root.all("a")}


def test_what_is_saved_is_shown_from_the_next_page_on_and_kept_in_the_log(browser: Browser, look: Look) -> None:
    page = open_and_send(browser, "company", network_name=" Bäckerei  Sites ", company_address="Hof 1\r\nBerlin ")
    assert "Changes saved." in page.text
    assert (saved().network_name, saved().company_address) == ("Bäckerei Sites", "Hof 1\nBerlin")
    entry = last_entry()
    assert (entry.action, entry.before["network_name"], entry.after["network_name"]) == (
        "settings.change",
        "Parzelle",
        "Bäckerei Sites",
    )
    assert set(entry.after) == {"network_name", "company_address"}
    text = look("/admin/settings/company").text
    assert "Name of the network: Parzelle → Bäckerei Sites" in text
    assert "Olga Peters" in text


@pytest.mark.parametrize(
    ("slug", "typed", "place"),
    [
        ("company", {"network_name": " "}, "network_name"),
        ("company", {"network_name": "x" * 81}, "network_name"),
        ("company", {"support_email": "help"}, "support_email"),
        ("legal", {"terms_url": "javascript:alert(1)"}, "terms_url"),
        ("legal", {"terms_url": "//evil.example"}, "terms_url"),
        ("legal", {"terms_url": "https://[::1"}, "terms_url"),
        ("legal", {"terms_url": "https://user@evil.example/"}, "terms_url"),
        ("checkout", {"withdrawal_days": "13"}, "withdrawal_days"),
        ("checkout", {"withdrawal_days": "many"}, "withdrawal_days"),
        ("checkout", {"hold_minutes": "٣٠"}, "hold_minutes"),
        ("checkout", {"allowed_countries": "FR"}, "default_country"),
        ("checkout", {"allowed_countries": "XX"}, "allowed_countries"),
        ("checkout", {"consumer_law": "mine"}, "consumer_law"),
        ("money", {"currency": "XXX"}, "currency"),  # ISO 4217's "no currency"
        ("languages", {"default_locale": "tlh"}, "default_locale"),
        ("payments", {"active_gateways": "gold"}, "active_gateways"),
        ("payments", {"manual_due_days": "0"}, "manual_due_days"),
        ("payments", {"manual_account_holder": "Ada", "manual_iban": "DE02120300000000202052"}, "manual_iban"),
        ("payments", {"manual_iban": "DE02 1203 0000 0000 2020 51"}, "manual_account_holder"),
        ("payments", {"manual_bic": "BYLADEM100"}, "manual_bic"),
        ("payments", {"manual_account_holder": "x" * 71}, "manual_account_holder"),
        ("payments", {"manual_instructions": "Quote {{ number }}"}, "manual_instructions"),
        ("payments", {"manual_instructions_de": "{{ reference }"}, "manual_instructions_de"),
        ("payments", {"manual_instructions": "{% for x in y %}"}, "manual_instructions"),
        ("payments", {"manual_remind_before": "5, 3"}, "manual_remind_before"),
        ("payments", {"manual_remind_after": "3, 7", "manual_void_days": "7"}, "manual_void_days"),
        ("look", {"accent": "green"}, "accent"),
        ("look", {"accent": "#ffff00"}, "accent"),
        ("look", {"accent": "#14664a", "accent_dark": "#14664a"}, "accent_dark"),
        ("integrations", {"ga4_measurement_id": "G-1"}, "ga4_api_secret"),
        ("integrations", {"ga4_api_secret": "x"}, "ga4_measurement_id"),
        ("integrations", {"hubspot_access_token": "two words"}, "hubspot_access_token"),
        ("sites", {"provisioner": "nobody"}, "provisioner"),
        ("sites", {"provisioner": "webhook"}, "provisioner_url"),
        ("sites", {"provisioner": "webhook", "provisioner_url": "https://a.example/"}, "provisioner_secret"),
        ("sites", {"provisioner_url": "https://a.example/?x=1"}, "provisioner_url"),
        ("sites", {"provisioner_url": "/sites"}, "provisioner_url"),
        ("sites", {"provisioner_secret": "not-base64"}, "provisioner_secret"),
        ("sites", {"provisioner_patience_hours": "0"}, "provisioner_patience_hours"),
        ("sites", {"network_ips": "server.example.com"}, "network_ips"),
        ("sites", {"network_ips": "203.0.113.7/24"}, "network_ips"),
        ("sites", {"network_ips": "0.0.0.0"}, "network_ips"),
        ("sites", {"network_ips": " ".join(f"203.0.113.{n}" for n in range(9))}, "network_ips"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field(
    browser: Browser, slug: str, typed: dict[str, str], place: str
) -> None:
    before = saved()
    page = open_and_send(browser, slug, **typed)
    assert browser.response.status_code == 422
    assert f'href="#{place}"' in page.html
    assert f'id="{place}-error"></p>' not in page.html
    for name, value in typed.items():
        if "secret" not in name and "token" not in name and name not in ("allowed_countries", "active_gateways"):
            assert value in page.html or name in ("consumer_law", "currency", "default_locale", "provisioner")
    assert saved() == before


def test_countries_are_chosen_without_script_and_offered_at_the_order_form(signed_in: FlaskClient, look: Look) -> None:
    root = look("/admin/settings/checkout")
    state = next(one.attrs["value"] for one in root.all("input") if one.attrs.get("name") == "state")
    form = {"state": state, "consumer_law": "eu", "withdrawal_days": "14", "hold_minutes": "30"}
    chosen = {"default_country": "AT", "allowed_countries": ["DE", "AT"]}
    answer = signed_in.post("/admin/settings/checkout", data={**form, **chosen})
    assert answer.status_code == 303
    assert sorted(saved().allowed_countries) == ["AT", "DE"]
    assert "Now: Austria, Germany." in look("/admin/settings/checkout").text


def test_who_saves_over_somebody_elses_change_is_shown_both_and_loses_nothing(browser: Browser) -> None:
    browser.get("/admin/settings/company")
    seen = network.state(network.settings(), ["company_name"])
    with unit_of_work(f"operator:{factories.operator(name='Ben Other').id}"):
        network.edit({"company_name": "Their Ltd"}, names=["company_name"], seen=seen)
    form = rows.form_of(browser.page, "/settings/company")
    page = browser.submit(form, company_name="My Ltd", network_name="Mine")
    assert browser.response.status_code == 409
    assert "Ben Other changed it at" in page.text
    assert "Company Their Ltd My Ltd" in page.text
    assert saved().company_name == "Their Ltd"
    page = browser.submit(rows.form_of(page, "/settings/company"))
    assert "Changes saved." in page.text
    assert (saved().company_name, saved().network_name) == ("My Ltd", "Mine")


def test_a_change_in_another_section_is_no_clash(browser: Browser) -> None:
    browser.get("/admin/settings/company")
    change(currency="CHF")
    page = browser.submit(rows.form_of(browser.page, "/settings/company"), company_name="Mine")
    assert "Changes saved." in page.text


def test_a_secret_is_encrypted_masked_and_never_sent_back(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    page = open_and_send(browser, "integrations", hubspot_access_token=f" {TOKEN} ")
    stored = db.session.get(Setting, "hubspot_access_token")
    assert stored is not None
    assert TOKEN not in stored.value
    assert network.value_of({}, "HUBSPOT_ACCESS_TOKEN") == TOKEN
    assert TOKEN not in page.html
    assert stored.value not in page.html
    assert "Saved: ••••." in page.text
    entry = last_entry()
    assert (entry.before, entry.after) == ({"hubspot_access_token": ""}, {"hubspot_access_token": "••••"})
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(saved())


def test_an_empty_secret_keeps_what_is_saved_and_a_box_removes_it(browser: Browser) -> None:
    change(hubspot_access_token=TOKEN)
    open_and_send(browser, "integrations", hubspot_access_token="")
    assert network.value_of({}, "HUBSPOT_ACCESS_TOKEN") == TOKEN
    open_and_send(browser, "integrations", **{"remove-hubspot_access_token": "y"})
    assert saved().hubspot_access_token == ""
    assert last_entry().after == {"hubspot_access_token": ""}


def test_a_refused_secret_is_not_sent_back_either(browser: Browser) -> None:
    page = open_and_send(browser, "integrations", hubspot_access_token=TOKEN, ga4_measurement_id="G-1")
    assert browser.response.status_code == 422
    assert TOKEN not in page.html
    assert page.fields["ga4_measurement_id"] == "G-1"


def test_the_environment_wins_and_is_shown_locked(browser: Browser, env: dict[str, str]) -> None:
    env["HUBSPOT_ACCESS_TOKEN"], env["GA4_MEASUREMENT_ID"] = "pat-of-the-environment", "G-ENV"
    change(hubspot_access_token=TOKEN, ga4_measurement_id="G-SAVED")
    page = browser.get("/admin/settings/integrations")
    assert "Set by the environment variable HUBSPOT_ACCESS_TOKEN" in page.text
    assert "G-ENV" in page.text
    assert "pat-of-the-environment" not in page.html
    assert "hubspot_access_token" not in page.fields
    page = browser.submit(
        rows.form_of(page, "/settings/integrations"), ga4_api_secret="new", hubspot_access_token="overwritten"
    )
    assert "Changes saved." in page.text
    assert network.value_of({}, "HUBSPOT_ACCESS_TOKEN") == TOKEN
    assert network.value_of(env, "HUBSPOT_ACCESS_TOKEN") == "pat-of-the-environment"


def test_the_mail_page_says_whether_mail_leaves(look: Look, env: dict[str, str]) -> None:
    assert "MAIL_URL is not set" in look("/admin/settings/mail").text
    env["MAIL_URL"] = "smtp://user:hunter2@mail.example.com:587"
    text = look("/admin/settings/mail").text
    assert "MAIL_URL is set" in text
    assert "hunter2" not in text


def test_who_may_only_look_sees_facts_and_no_form(client: FlaskClient) -> None:
    change(hubspot_access_token=TOKEN)
    factories.signed_in(client, factories.operator(role=Role.MANAGER))
    for slug in BY_SLUG:
        html = client.get(f"/admin/settings/{slug}").text
        assert f'action="/admin/settings/{slug}"' not in html
        assert 'type="password"' not in html
    assert client.post("/admin/settings/company", data={"network_name": "Mine"}).status_code == 403


def test_a_section_that_does_not_exist_is_not_found(signed_in: FlaskClient) -> None:
    assert signed_in.get("/admin/settings/nothing").status_code == 404
    assert signed_in.post("/admin/settings/nothing").status_code == 404


def test_a_section_costs_few_statements_however_long_its_history(look: Look, statements: Statements) -> None:
    for number in range(30):
        seen = network.state(network.settings(), ["company_name"])
        with unit_of_work("operator:1"):
            network.edit({"company_name": f"{number}"}, names=["company_name"], seen=seen)
    statements.clear()
    look("/admin/settings/company")
    assert len(statements) <= 12


# -- colours ---------------------------------------------------------------------------------------------------------
def test_the_colour_is_on_every_page_and_one_for_dark_pages_is_made(browser: Browser, client: FlaskClient) -> None:
    assert "/brand/" not in client.get("/").text
    open_and_send(browser, "look", accent="1B4F9C", accent_dark="")
    assert (saved().accent, saved().accent_dark) == ("#1b4f9c", "#548de1")
    address = saved().brand_css
    assert f'<link rel="stylesheet" href="{address}">' in client.get("/").text
    answer = client.get(address)
    assert "--accent: light-dark(#1b4f9c, #548de1);" in answer.text
    assert (answer.headers["Content-Type"], "immutable" in answer.headers["Cache-Control"]) == (
        "text/css; charset=utf-8",
        True,
    )


def test_a_new_colour_brings_its_own_for_dark_pages_unless_one_was_chosen(browser: Browser) -> None:
    open_and_send(browser, "look", accent="#1b4f9c")
    open_and_send(browser, "look", accent="#db0000")
    assert saved().accent_dark == "#ff4747"
    open_and_send(browser, "look", accent="#14664a", accent_dark="#62c79d")
    assert saved().accent_dark == "#62c79d"
    open_and_send(browser, "look", accent="")
    assert (saved().accent_dark, saved().brand_css) == ("", "")


@pytest.mark.parametrize("address", ["/brand/red-blue.css", "/brand/14664a.css", "/brand/14664a-14664a%7D.css"])
def test_a_stylesheet_is_made_of_colours_only(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_colour_that_is_hard_to_read_is_refused_with_the_nearest_that_is_not(browser: Browser) -> None:
    page = open_and_send(browser, "look", accent="#ff0000")
    assert "Their contrast is 3.4 : 1, and 4.5 : 1 is needed. The nearest that can be read is #db0000." in page.text
    page = browser.submit(rows.form_of(page, "/settings/look"), accent="#db0000")
    assert "Changes saved." in page.text


def test_colours_are_previewed_without_being_saved(browser: Browser, signed_in: FlaskClient) -> None:
    browser.get("/admin/settings/look")
    page = browser.submit(rows.form_of(browser.page, "/settings/look"), press={"preview": "1"}, accent="#1b4f9c")
    assert "/brand/preview/1b4f9c-548de1.css" in page.html
    assert ".shades {" in signed_in.get("/brand/preview/1b4f9c-548de1.css").text
    part = signed_in.post("/admin/settings/look/preview", data={"accent": "#1b4f9c"}, headers={"HX-Request": "true"})
    assert "/brand/preview/1b4f9c-548de1.css" in part.text
    assert saved().accent == ""


def test_of_two_who_save_at_the_same_instant_the_slower_is_refused(app: Flask) -> None:
    seen = network.state(network.settings(), ["company_name"])
    db.session.rollback()

    def save(name: str) -> bool:
        with app.app_context():
            try:
                with unit_of_work("test"):
                    network.edit({"company_name": name}, names=["company_name"], seen=seen)
            except Conflict:
                return False
            return True

    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(lambda name: contextvars.Context().run(save, name), "abcd"))
    assert sorted(kept) == [False, False, False, True]
    assert saved().company_name == "abcd"[kept.index(True)]


# -- the hosting system ----------------------------------------------------------------------------------------------
HOSTING = "whsec_" + base64.b64encode(b"x" * 32).decode()


def test_the_hosting_system_is_set_up_in_one_step(browser: Browser) -> None:
    typed = {"provisioner_url": "https://hosting.example.com/sites", "provisioner_secret": HOSTING}
    page = open_and_send(browser, "sites", provisioner="webhook", **typed)
    assert "Changes saved." in page.text
    assert (saved().provisioner, saved().provisioner_url) == ("webhook", "https://hosting.example.com/sites")
    assert network.value_of({}, "PROVISIONER_SECRET") == HOSTING
    assert HOSTING not in page.html + str(last_entry().after)
    assert "Changes saved." in open_and_send(browser, "sites").text, "with the secret that is kept"


def test_what_the_environment_says_of_it_is_locked(browser: Browser, env: dict[str, str]) -> None:
    env["PROVISIONER_URL"], env["PROVISIONER_SECRET"] = "https://hosting.example.com/sites", "not as it should be"
    page = open_and_send(browser, "sites", site_retention_days="30")
    assert "Changes saved." in page.text, "what is wrong with it cannot be mended here"
    env["PROVISIONER_SECRET"] = HOSTING
    page = open_and_send(browser, "sites", provisioner="webhook")
    assert "Changes saved." in page.text
    page = browser.get("/admin/settings/sites")
    assert "Set by the environment variable PROVISIONER_URL" in page.text
    assert "Set by the environment variable PROVISIONER_SECRET" in page.text
    assert HOSTING not in page.html


def test_addresses_of_the_servers_are_kept_one_a_line_as_they_are_written_shortest(browser: Browser) -> None:
    typed = " 203.0.113.7, 2001:DB8:0::7\n203.0.113.7\n"
    assert "Changes saved." in open_and_send(browser, "sites", network_ips=typed).text
    assert saved().network_ips == "203.0.113.7\n2001:db8::7"
