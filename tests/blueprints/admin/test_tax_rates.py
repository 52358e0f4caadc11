"""Operators keep the tax rates of their network."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.looking import Look
from webapp.domain import tax_rates
from webapp.domain.tax_rates import Facts
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.models import TaxRate
from webapp.transactions import unit_of_work

RATE = {"title": "VAT", "rate": "19", "country": "DE", "category": "default", "priority": "1", "active": "y"}


def rates() -> list[TaxRate]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(TaxRate).order_by(TaxRate.id)))


def test_a_rate_is_made_and_listed(signed_in: FlaskClient, look: Look) -> None:
    more = {"state": " CA, NV ", "rate": "8,875", "country": "US", "category": "Books", "compound": "y"}
    assert signed_in.post("/admin/tax-rates", data=RATE).status_code == 303
    assert signed_in.post("/admin/tax-rates", data={**RATE, **more}).status_code == 303
    plain, other = rates()
    assert (plain.rate, plain.country, plain.active, plain.compound) == (Decimal(19), "DE", True, False)
    assert (other.rate, other.state, other.category, other.compound) == (Decimal("8.875"), "CA, NV", "books", True)
    text = look("/admin/tax-rates").text
    assert all(one in text for one in ("19%", "8.875%", "CA, NV, United States"))
    assert "8.875%" not in look("/admin/tax-rates?category=default").text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("rate", "101"),
        ("rate", "-1"),
        ("rate", "NaN"),
        ("rate", "1e1"),
        ("rate", ""),
        ("rate", "0.00001"),
        ("rate", "19.0.0"),
        ("title", " "),
        ("title", "x" * 81),
        ("country", "XX"),
        ("country", "de"),
        ("category", "a b"),
        ("priority", "0"),
        ("priority", "1.5"),
        ("priority", "x"),
        ("state", "x" * 201),
    ],
)
def test_what_no_rate_may_say_stands_beside_its_field(signed_in: FlaskClient, field: str, typed: str) -> None:
    answer = signed_in.post("/admin/tax-rates", data={**RATE, field: typed})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert rates() == []


@pytest.mark.parametrize("rate", [19.5, float("nan"), Decimal("NaN"), Decimal("Infinity"), Decimal("-0.1"), 19, "19"])
def test_a_rate_is_a_decimal_from_0_to_100(db: Any, rate: Any) -> None:
    with pytest.raises(Invalid):
        tax_rates.check(Facts("VAT", rate))


def test_nought_and_a_hundred_are_percentages() -> None:
    assert tax_rates.is_percentage(Decimal(0))
    assert tax_rates.is_percentage(Decimal("100.0000"))


def test_a_change_is_kept_with_what_was_before(signed_in: FlaskClient) -> None:
    rate = factories.tax_rate("19", "DE")
    page = f"/admin/tax-rates/{rate.id}"
    assert signed_in.post(page, data={**RATE, "rate": "16", "version": "1"}).status_code == 303
    assert [one.rate for one in rates()] == [Decimal(16)]
    assert "19% → 16%" in signed_in.get(page).text


def test_two_who_change_one_rate_see_each_other(signed_in: FlaskClient) -> None:
    rate = factories.tax_rate("19", "DE")
    page = f"/admin/tax-rates/{rate.id}"
    signed_in.post(page, data={**RATE, "rate": "16", "version": "1"})
    clash = signed_in.post(page, data={**RATE, "rate": "7", "version": "1"})
    assert clash.status_code == 409
    assert all(one in clash.text for one in ("16%", "7%"))
    assert [one.rate for one in rates()] == [Decimal(16)]


def test_a_copy_counts_for_nothing_yet(signed_in: FlaskClient) -> None:
    rate = factories.tax_rate("19", "DE", title="MwSt.")
    signed_in.post(f"/admin/tax-rates/{rate.id}/copies")
    assert [(one.title, one.active) for one in rates()] == [("MwSt.", True), ("MwSt.", False)]


def test_a_rate_that_is_deleted_is_gone(signed_in: FlaskClient, look: Look) -> None:
    page = f"/admin/tax-rates/{factories.tax_rate('19', 'DE').id}"
    look(f"{page}/deletion")
    assert signed_in.post(f"{page}/deletion").status_code == 303
    assert rates() == []
    assert signed_in.get(page).status_code == 404


def test_products_of_a_category_without_a_rate_are_named(signed_in: FlaskClient) -> None:
    with unit_of_work("test"):
        factories.taxed()
    factories.tax_rate("19", "DE")
    factories.product(tax_category="books")
    text = signed_in.get("/admin/tax-rates").text
    assert "no rate counts for them: books" in text
    assert "No tax is reckoned yet" not in text
