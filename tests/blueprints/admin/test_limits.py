"""Limits: said of a product, looked at and set by hand for a membership or one site."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.domain.test_site_renaming import site
from tests.looking import Look
from tests.pages import Browser
from webapp.domain import entitlements
from webapp.extensions import db
from webapp.models import AuditEntry, Membership, Product, Role, Site


def product() -> Product:
    db.session.rollback()
    return db.session.scalars(select(Product)).one()


def test_limits_are_typed_with_a_product_and_shown(browser: Browser, look: Look) -> None:
    made = factories.product("premium")
    browser.get(f"/admin/products/{made.id}/edit")
    page = browser.submit(limit_sites="3", limit_disk="250", limit_pages="Unlimited", flags="API-access, backups")
    assert "Changes saved." in page.text
    assert product().limits == {"sites": 3, "pages": None, "disk": 250_000_000}
    assert product().flags == ["api-access", "backups"]
    assert "Sites: 3, Pages of each site: unlimited, Pictures of each site, in MB: 250 MB" in page.text
    page = browser.get(f"/admin/products/{made.id}/edit")
    fields = page.forms[browser._main_form()]["fields"]
    assert [fields[f"limit_{one}"] for one in ("sites", "pages", "disk", "visits")] == ["3", "unlimited", "250", ""]
    browser.submit(limit_sites="", flags="")
    assert (product().limits, product().flags) == ({"pages": None, "disk": 250_000_000}, [])
    look(f"/admin/products/{made.id}")


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("limit_sites", "-1", "Enter a whole number, or “unlimited”."),
        ("limit_pages", "many", "Enter a whole number, or “unlimited”."),
        ("limit_visits", "9" * 12, "Enter a whole number, or “unlimited”."),
        ("limit_disk", "1.5", "Enter a whole number, or “unlimited”."),
        ("flags", "no/slash", "Use small letters, digits and hyphens"),
        ("flags", " ".join(f"f{n}" for n in range(51)), "50 features are the most."),
    ],
)
def test_what_is_no_limit_is_said_beside_its_field(browser: Browser, field: str, typed: str, words: str) -> None:
    made = factories.product("premium")
    browser.get(f"/admin/products/{made.id}/edit")
    page = browser.submit(**{field: typed})
    assert browser.response.status_code == 422
    assert words in page.text
    assert page.forms[browser._main_form()]["fields"][field] == typed
    assert product().limits == {}


def test_a_copy_has_the_same_limits(browser: Browser) -> None:
    made = factories.product("premium", limits={"sites": 3}, flags=["api"])
    browser.get(f"/admin/products/{made.id}")
    browser.submit(rows.form_of(browser.page, "/copies"))
    db.session.rollback()
    copy = db.session.scalars(select(Product).where(Product.id != made.id)).one()
    assert (copy.limits, copy.flags) == ({"sites": 3}, ["api"])


# -- by hand -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def agreement(app: Flask) -> Membership:
    return factories.active_membership(plan=factories.product("premium", limits={"sites": 1, "pages": 5}))


def save(browser: Browser, path: str, **values: Any) -> Any:
    page = browser.get(f"{path}/limits")
    return browser.submit(rows.form_of(page, "/limits"), **values)


def test_the_staff_gives_more_with_a_reason(browser: Browser, look: Look, agreement: Membership) -> None:
    bakery = site(membership=agreement)
    page = look(f"/admin/memberships/{agreement.id}/limits")
    assert "1 of 1" in page.text
    page = save(browser, f"/admin/memberships/{agreement.id}", limit_sites="4", flags_on="api", reason="Promised.")
    assert "Changes saved." in page.text
    db.session.rollback()
    assert entitlements.of(db.session.get_one(Membership, agreement.id)).limits["sites"] == 4
    page = save(browser, f"/admin/sites/{bakery.id}", limit_pages="unlimited", reason="A trial.")
    assert "Changes saved." in page.text
    db.session.rollback()
    assert entitlements.of_site(db.session.get_one(Site, bakery.id)).limits["pages"] is None
    assert [one.action for one in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))] == [
        "memberships.limits",
        "sites.limits",
    ]
    look(f"/admin/sites/{bakery.id}/limits")
    page = save(browser, f"/admin/memberships/{agreement.id}", limit_sites="", flags_on="", reason="Over.")
    db.session.rollback()
    assert db.session.get_one(Membership, agreement.id).overrides is None


def test_wrong_limits_keep_what_was_typed(browser: Browser, agreement: Membership) -> None:
    page = save(browser, f"/admin/memberships/{agreement.id}", limit_sites="x", flags_on="api", flags_off="api")
    assert browser.response.status_code == 422
    for words in ("Enter a whole number", "A feature cannot be in both.", "Say why, so that others know."):
        assert words in page.text
    assert page.forms[rows.form_of(page, "/limits")]["fields"]["limit_sites"] == "x"


def test_two_of_the_staff_do_not_overwrite_each_other(browser: Browser, agreement: Membership) -> None:
    page = browser.get(f"/admin/memberships/{agreement.id}/limits")
    form = rows.form_of(page, "/limits")
    old = page.forms[form]["fields"]["version"]
    save(browser, f"/admin/memberships/{agreement.id}", limit_sites="4", reason="First.")
    save(browser, f"/admin/memberships/{agreement.id}", limit_sites="9", reason="Second.", version=old)
    assert browser.response.status_code == 409
    db.session.rollback()
    assert (db.session.get_one(Membership, agreement.id).overrides or {})["limits"] == {"sites": 4}


def test_who_may_only_look_sees_what_is_used(app: Flask, agreement: Membership) -> None:
    reader = Browser(factories.signed_in(app.test_client(), factories.operator(role=Role.READ_ONLY)))
    page = reader.get(f"/admin/memberships/{agreement.id}/limits")
    assert "0 of 1" in page.text
    assert not any("limits" in (form["action"] or "") for form in page.forms)
