"""Tax rates by the API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from webapp.blueprints.admin import searches
from webapp.blueprints.api import rows
from webapp.blueprints.api.fields import Flag, Id, Instant, Rate, Shape, Text, Whole
from webapp.blueprints.api.lists import List
from webapp.blueprints.api.operations import Answer, check_match, operation
from webapp.domain import tax_rates
from webapp.domain.tax_rates import PRIORITY_AT_MOST, Facts
from webapp.models import TaxRate

TAG = "tax-rates"
READ, WRITE = ("tax-rates:read",), ("tax-rates:write",)


class TaxRateNew(Shape):
    """One tax of a place."""

    title = Text(longest=80, filled=True, required=True)
    rate = Rate(required=True, metadata={"description": "A percentage, 0 to 100."})
    category = Text(longest=40, metadata={"default": "default", "description": "Products name the one they are of."})
    country = Text(longest=2, metadata={"default": "*", "description": "ISO 3166, or `*` for every one."})
    state = Text(metadata={"description": "Empty or `*`: all; several with commas between."})
    city = Text(metadata={"description": "Empty or `*`: all; several with commas between."})
    priority = Whole(least=1, most=PRIORITY_AT_MOST, metadata={"default": 1, "description": "Different ones add up."})
    compound = Flag(metadata={"default": False, "description": "It also taxes the taxes before it."})
    active = Flag(metadata={"default": True})


class TaxRateShown(TaxRateNew):
    """A tax rate."""

    id = Id()
    date_created = Instant(attribute="created_at")
    date_modified = Instant(attribute="updated_at")


SENT = {"title": "VAT", "rate": "19", "country": "DE"}
TOLD = {
    **SENT,
    "category": "default",
    "state": "",
    "city": "",
    "priority": 1,
    "compound": False,
    "active": True,
    "id": 1,
    "date_created": "2027-01-31T10:00:00Z",
    "date_modified": "2027-01-31T10:00:00Z",
}
RATES = List(
    TaxRate,
    sorts={"id": TaxRate.id},
    search=lambda text: searches.contains(TaxRate.title, text),
    statuses={"active": TaxRate.active.is_(True), "inactive": TaxRate.active.is_(False)},
    filters={
        "country": lambda value: TaxRate.country == value.upper(),
        "category": lambda value: TaxRate.category == value,
    },
)
ASKED = RATES.asked(country=Text(longest=2), category=Text(longest=40))


@operation("GET", "/tax-rates", tag=TAG, scopes=READ, query=ASKED, gives=TaxRateShown(), many=True, answer=TOLD)
def list_tax_rates(query: dict[str, Any]) -> Answer:
    """List tax rates."""
    return RATES.answer(query)


@operation("GET", "/tax-rates/<int:tax_rate_id>", tag=TAG, scopes=READ, gives=TaxRateShown(), answer=TOLD)
def get_tax_rate(tax_rate_id: int) -> Answer:
    """Read a tax rate."""
    return shown(rows.by_id(select(TaxRate), TaxRate.id, tax_rate_id))


def shown(rate: TaxRate) -> Answer:
    return Answer(rate, rows.tag(rate))


@operation(
    "POST",
    "/tax-rates",
    tag=TAG,
    scopes=WRITE,
    body=TaxRateNew(),
    gives=TaxRateShown(),
    status=201,
    example=SENT,
    answer=TOLD,
)
def create_tax_rate(body: dict[str, Any]) -> Answer:
    """Make a tax rate.

    Orders are taxed by it from the next one on, where the setting `enable_taxes` is on.
    """
    facts = facts_of(Facts(title="", rate=body["rate"]), body)
    rows.refuse(tax_rates.problems(facts))
    rate = tax_rates.create(facts)
    return rows.made(rate, rows.tag(rate), "get_tax_rate", tax_rate_id=rate.id)


@operation(
    "PATCH",
    "/tax-rates/<int:tax_rate_id>",
    tag=TAG,
    scopes=WRITE,
    body=TaxRateNew(partial=True),
    gives=TaxRateShown(),
    refusals=(412,),
    example={"rate": "19.5"},
    answer={**TOLD, "rate": "19.5"},
)
def update_tax_rate(tax_rate_id: int, body: dict[str, Any]) -> Answer:
    """Change a tax rate.

    Payments keep what they were taxed by.
    """
    rate = tax_rates.locked(tax_rate_id)
    check_match(rows.tag(rate))
    facts = facts_of(tax_rates.facts_of(rate), body)
    rows.refuse(tax_rates.problems(facts))
    tax_rates.change(rate, facts, seen=rate.version)
    return shown(rate)


@operation("DELETE", "/tax-rates/<int:tax_rate_id>", tag=TAG, scopes=WRITE, status=204, refusals=(412,))
def delete_tax_rate(tax_rate_id: int) -> Answer:
    """Delete a tax rate."""
    rate = tax_rates.locked(tax_rate_id)
    check_match(rows.tag(rate))
    tax_rates.delete(rate)
    return Answer()


def facts_of(before: Facts, body: dict[str, Any]) -> Facts:
    facts = replace(before, **body)
    return replace(facts, country=facts.country.upper() or "*", category=facts.category or "default")
