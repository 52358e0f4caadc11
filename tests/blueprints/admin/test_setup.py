"""The first steps of a new network: done by the facts, left for later, and remembered."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import Statements
from tests.looking import Look
from tests.pages import Browser
from tests.templates.conftest import Element
from webapp.domain import network
from webapp.extensions import db
from webapp.flows import ordering
from webapp.models import Role
from webapp.settings import Settings
from webapp.transactions import unit_of_work

PAGE = "/admin/setup"
TITLES = ["Your company", "Your currency", "A way to be paid", "Your first plan", "A test purchase"]


def steps(root: Element) -> dict[str, str]:
    """How each step stands."""
    [listed] = root.all("ol", class_="setup-steps")
    return {one.one("a").text: one.one("span").text for one in listed.all("li")}


def to_do(look: Look) -> list[str]:
    return [name for name, standing in steps(look(PAGE)).items() if standing == "still to do"]


def save(browser: Browser, step: str, **values: str) -> None:
    browser.get(f"{PAGE}?step={step}")
    browser.submit(rows.form_of(browser.page, f"/setup/{step}"), **values)


def test_an_empty_network_is_led_from_step_to_step(browser: Browser, look: Look, settings: Settings) -> None:
    assert to_do(look) == TITLES
    assert look(PAGE).one("h2", id="step-title").text == "Your company"
    save(browser, "company", company_address="Hauptstr. 1\n10115 Berlin", support_email="help@example.org")
    assert to_do(look) == TITLES[1:]
    save(browser, "currency")
    save(browser, "gateway", manual_instructions="DE02 1203 0000 0000 2020 51")
    assert to_do(look) == TITLES[3:]
    plan = factories.free_product()
    assert to_do(look) == TITLES[4:]
    ordering.place(factories.order(plan.slug), settings)
    root = look(PAGE)
    assert set(steps(root).values()) == {"done"}
    assert "Your network is ready to sell" in root.text
    db.session.info.pop(network.CACHE, None)
    assert network.settings().company_address == "Hauptstr. 1\n10115 Berlin"


def test_a_step_that_is_left_for_later_is_remembered_on_the_dashboard(browser: Browser, look: Look) -> None:
    browser.get(f"{PAGE}?step=company")
    browser.submit(rows.form_of(browser.page, "/setup/company/skip"))
    root = look(PAGE)
    assert steps(root)["Your company"] == "left for later"
    assert root.one("h2", id="step-title").text == "Your currency"
    assert "Your company" in look("/admin/").text
    browser.get(f"{PAGE}?step=company")
    browser.submit(rows.form_of(browser.page, "/setup/company/skip"))
    assert steps(look(PAGE))["Your company"] == "still to do"


def test_what_is_wrong_stands_beside_its_field(signed_in: FlaskClient) -> None:
    state = network.state(network.settings(), ["network_name", "company_name", "company_address", "support_email"])
    facts = {"network_name": "X", "company_name": "X", "company_address": "Y", "support_email": "nonsense"}
    answer = signed_in.post(f"{PAGE}/company", data={**facts, "state": state})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert 'value="nonsense"' in answer.text


def test_settings_that_somebody_else_changed_are_looked_at_again(signed_in: FlaskClient) -> None:
    with unit_of_work("test"):
        network.change({"currency": "USD"})
    answer = signed_in.post(f"{PAGE}/currency", data={"currency": "JPY", "state": "older"})
    assert (answer.status_code, "in the meantime" in answer.text) == (409, True)


@pytest.mark.parametrize(
    ("active", "instructions", "takes"), [([], "", False), ([], "IBAN", True), (["sandbox"], "IBAN", False)]
)
def test_a_sandbox_is_no_way_to_be_paid(look: Look, active: list[str], instructions: str, takes: bool) -> None:
    with unit_of_work("test"):
        network.change({"active_gateways": active, "manual_instructions": instructions})
    assert ("A way to be paid" not in to_do(look)) == takes


def test_steps_that_are_none_are_not_found(signed_in: FlaskClient) -> None:
    for path in ("nonsense", "nonsense/skip", "plan"):
        assert signed_in.post(f"{PAGE}/{path}").status_code == 404, path
    assert signed_in.get(f"{PAGE}?step=nonsense").status_code == 200


def test_who_may_only_look_is_asked_for_nothing(client: FlaskClient, statements: Statements) -> None:
    factories.signed_in(client, factories.operator(role=Role.READ_ONLY))
    statements.clear()
    page = client.get(PAGE).text
    assert len(statements) <= 12
    assert "Save and go on" not in page
    assert "Leave it for later" not in page
    assert "Still to do" not in client.get("/admin/").text
