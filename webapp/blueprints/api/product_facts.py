"""Between the API's words for a product and the facts that the domain keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from webapp.blueprints import limit_words
from webapp.blueprints.api.refusals import InvalidFields
from webapp.blueprints.errors import settings
from webapp.domain import catalog, network, product_facts, site_templates
from webapp.domain.limits import Limit
from webapp.domain.product_facts import Elsewhere, Facts
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.models import CurrencyPrice, PriceVariation, Product
from webapp.money import Money
from webapp.periods import Period, Unit
from webapp.provisioners import provisioners

SAME = (
    *("name", "slug", "description", "type", "pricing_type", "recurring", "billing_cycles", "stays_for_life"),
    *("list_order", "product_group", "taxable", "tax_category", "contact_us_label", "contact_us_link"),
    *("pwyw_recurring_mode", "provisioner"),
)
MINOR = {
    "setup_fee": "setup_fee_minor",
    "pwyw_minimum_amount": "pwyw_minimum_minor",
    "pwyw_suggested_amount": "pwyw_suggested_minor",
    "pwyw_maximum_amount": "pwyw_maximum_minor",
}
# What forms call a field, and what it is called here.
NAMES = {
    r"variations-(\d+)-(\w+)": r"price_variations.\1.\2",
    r"currency_prices-(\d+)-variations-\d+": r"prices.\1.price_variations",
    r"currency_prices-(\d+)-(\w+)": r"prices.\1.\2",
    r"(pwyw_(?:minimum|suggested|maximum))": r"\1_amount",
}


# -- read --------------------------------------------------------------------------------------------------------
def new(body: Mapping[str, Any]) -> Facts:
    """Raises InvalidFields."""
    currency = body.get("currency") or network.settings().currency
    slug = body.get("slug") or product_facts.free_slug(product_facts.slug_from(body["name"]))
    blank = Facts(name=body["name"], slug=slug, amount=Money(0, currency), period=Period(1, Unit.MONTH))
    return changed(blank, {name: value for name, value in body.items() if name != "slug"})


def changed(before: Facts, body: Mapping[str, Any]) -> Facts:
    """What is kept once this was said of it. Raises InvalidFields."""
    currency = before.amount.currency
    if body.get("currency", currency) != currency:
        raise InvalidFields({"currency": _("A product keeps its own currency. Add prices in others.")})
    period, trial = before.trial or Period(1, Unit.DAY), before.trial
    given: dict[str, Any] = {name: body[name] for name in SAME if name in body}
    given |= {own: body[name] for name, own in MINOR.items() if name in body}
    if body.get("provisioner") and body["provisioner"] not in provisioners.all():
        raise InvalidFields({"provisioner": _("Nobody makes sites under this name.")})
    if "amount" in body:
        given["amount"] = Money(body["amount"], currency)
    if "duration" in body or "duration_unit" in body:
        given["period"] = read_period(before.period, body, "duration")
    if "trial_duration" in body or "trial_duration_unit" in body:
        wanted = body.get("trial_duration", trial.count if trial else 0)
        given["trial"] = read_period(period, {**body, "trial_duration": wanted}, "trial_duration") if wanted else None
    if "feature_list" in body:
        given["feature_list"] = tuple(one for one in body["feature_list"] if one)
    if "limits" in body:
        given["limits"] = tuple((str(one), body["limits"][one]) for one in Limit if one in body["limits"])
    if "features" in body:
        given["flags"] = read_flags(body["features"])
    if "site_templates" in body:
        given["site_templates"] = read_templates(body["site_templates"])
    if "available_addons" in body:
        given["available_addons"] = read_addons(body["available_addons"])
    if given.get("tax_category") == "":
        given["tax_category"] = "default"
    facts = replace(before, **given)
    return with_prices(facts, body)


def read_period(before: Period, body: Mapping[str, Any], name: str) -> Period:
    """Raises InvalidFields."""
    try:
        return Period(body.get(name, before.count), body.get(f"{name}_unit", before.unit))
    except ValueError:
        raise InvalidFields({name: _("Ten years are the most.")}) from None


def read_flags(words: Sequence[str]) -> tuple[str, ...]:
    """Raises InvalidFields."""
    try:
        return limit_words.read_flags(" ".join(words))
    except Invalid as problem:
        raise InvalidFields({"features": problem.message}) from None


def read_templates(slugs: Sequence[str]) -> tuple[str, ...]:
    """Raises InvalidFields for one that there is not."""
    for place, one in enumerate(slugs):
        if one not in site_templates.known():
            raise InvalidFields({f"site_templates.{place}": _("There is no template %(name)s.", name=one)})
    return tuple(dict.fromkeys(slugs))


def read_addons(references: Sequence[str]) -> tuple[int, ...]:
    """Raises InvalidFields for one that there is not."""
    known = catalog.find_many(references)
    for place, one in enumerate(references):
        if one not in known:
            raise InvalidFields({f"available_addons.{place}": _("There is no product %(name)s.", name=one)})
    return tuple(dict.fromkeys(known[one].id for one in references))


def with_prices(facts: Facts, body: Mapping[str, Any]) -> Facts:
    """With the prices for other periods and in other currencies. Raises InvalidFields.

    Where only the periods change, other currencies keep what they had for those that stay.
    """
    variations = facts.variations
    if "price_variations" in body:
        rows = enumerate(body["price_variations"])
        variations = tuple((period_of(one, f"price_variations.{place}"), one["amount"]) for place, one in rows)
    if "prices" in body:
        elsewhere = tuple(read_elsewhere(one, place, variations) for place, one in enumerate(body["prices"]))
    else:
        elsewhere = tuple(kept(one, facts.variations, variations) for one in facts.currency_prices)
    return replace(facts, variations=variations, currency_prices=elsewhere)


def period_of(row: Mapping[str, Any], name: str) -> Period:
    try:
        return Period(row["duration"], row["duration_unit"])
    except ValueError:
        raise InvalidFields({f"{name}.duration": _("Ten years are the most.")}) from None


def read_elsewhere(row: Mapping[str, Any], place: int, variations: Sequence[tuple[Period, int]]) -> Elsewhere:
    """Its amounts in the order of the product's own periods."""
    amounts: list[int | None] = [None] * len(variations)
    for number, one in enumerate(row.get("price_variations", ())):
        name = f"prices.{place}.price_variations.{number}"
        period = period_of(one, name)
        own = next((at for at, (other, _minor) in enumerate(variations) if other.same_length(period)), None)
        if own is None:
            raise InvalidFields({f"{name}.duration": _("This is none of the product's own periods.")})
        amounts[own] = one["amount"]
    return Elsewhere(row["currency"], row["amount"], row.get("setup_fee", 0), tuple(amounts))


def kept(row: Elsewhere, before: Sequence[tuple[Period, int]], now: Sequence[tuple[Period, int]]) -> Elsewhere:
    had = [(period, minor) for (period, _own), minor in zip(before, row.variations, strict=False)]
    found = (next((minor for other, minor in had if other.same_length(period)), None) for period, _own in now)
    return replace(row, variations=tuple(found))


# -- told --------------------------------------------------------------------------------------------------------
def shown(products: Sequence[Product]) -> list[dict[str, Any]]:
    """What is told of each; the slugs of what is offered with them are looked up for all of them at once."""
    ids = {one for product in products for one in product.available_addons}
    query = select(Product.id, Product.slug).where(Product.id.in_(ids))
    slugs = {row.id: row.slug for row in db.session.execute(query)} if ids else {}
    return [product_shown(one, slugs) for one in products]


def product_shown(product: Product, slugs: Mapping[int, str]) -> dict[str, Any]:
    also = ("id", "active", "duration", "duration_unit", "trial_duration", "trial_duration_unit", "currency")
    own = [one for one in product.variations if not one.currency]
    return {
        **{name: getattr(product, name) for name in (*SAME, *also)},
        **{name: getattr(product, column) for name, column in MINOR.items()},
        "amount": product.amount_minor,
        "price_variations": [variation_shown(one) for one in own],
        "prices": [price_shown(product, one) for one in product.currency_prices],
        "feature_list": list(product.feature_list),
        "limits": dict(product.limits),
        "features": list(product.flags),
        "site_templates": list(product.site_templates),
        "available_addons": [slugs[one] for one in product.available_addons if one in slugs],
        "featured_image": image_of(product),
        "url": settings().base_url + url_for("checkout.register", plan=product.slug),
        "date_created": product.created_at,
        "date_modified": product.updated_at,
    }


def variation_shown(row: PriceVariation) -> dict[str, Any]:
    return {"duration": row.duration, "duration_unit": row.duration_unit, "amount": row.amount_minor}


def price_shown(product: Product, row: CurrencyPrice) -> dict[str, Any]:
    there = [one for one in product.variations if one.currency == row.currency]
    return {
        "currency": row.currency,
        "amount": row.amount_minor,
        "setup_fee": row.setup_fee_minor,
        "price_variations": [variation_shown(one) for one in there],
    }


def image_of(product: Product) -> str | None:
    return settings().base_url + url_for("brand.picture", name=product.image) if product.image else None
