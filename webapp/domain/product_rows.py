"""The facts of a product as its rows: written, described for the log, and copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from webapp.domain import catalog
from webapp.domain.product_facts import Elsewhere, Facts
from webapp.models import CurrencyPrice, PriceVariation, PricingType, Product, ProductType
from webapp.money import Money
from webapp.periods import Period, Unit

COPIED = (
    *("description", "type", "pricing_type", "currency", "amount_minor", "setup_fee_minor", "recurring", "duration"),
    *("duration_unit", "billing_cycles", "stays_for_life", "trial_duration", "trial_duration_unit", "list_order"),
    *("taxable", "tax_category", "product_group", "provisioner", "image", "image_width", "image_height"),
    *("contact_us_label", "contact_us_link", "pwyw_minimum_minor", "pwyw_suggested_minor", "pwyw_maximum_minor"),
    "pwyw_recurring_mode",
)


def write(product: Product, facts: Facts) -> None:
    """What a way of pricing has no use for is empty, whatever else was typed."""
    product.name, product.slug, product.description = facts.name, facts.slug, facts.description
    product.type, product.pricing_type = facts.type, facts.pricing_type
    product.amount_minor = facts.amount.minor if facts.is_paid else 0
    product.setup_fee_minor = facts.setup_fee_minor if facts.is_charged else 0
    product.recurring = facts.is_recurring
    product.duration, product.duration_unit = facts.period.count, facts.period.unit
    product.billing_cycles = facts.billing_cycles if product.recurring else 0
    product.stays_for_life = facts.stays_for_life and product.billing_cycles > 0
    trial = facts.trial if product.recurring else None
    product.trial_duration = trial.count if trial else 0
    product.trial_duration_unit = trial.unit if trial else Unit.DAY
    product.feature_list = list(facts.feature_list)
    product.taxable, product.tax_category = facts.taxable, facts.tax_category
    product.product_group, product.list_order = facts.product_group, facts.list_order
    product.provisioner = facts.provisioner if facts.type == ProductType.PLAN else ""
    product.limits, product.flags = dict(facts.limits), list(facts.flags)
    product.available_addons = list(facts.available_addons) if facts.type == ProductType.PLAN else []
    product.site_templates = list(facts.site_templates) if facts.type == ProductType.PLAN else []
    _write_named(product, facts)
    _write_contact(product, facts)
    _write_variations(product, facts)
    _write_currencies(product, facts)


def _write_named(product: Product, facts: Facts) -> None:
    named = facts.is_named_by_buyer
    product.pwyw_minimum_minor = facts.pwyw_minimum_minor if named else 0
    product.pwyw_suggested_minor = (facts.pwyw_suggested_minor or facts.pwyw_minimum_minor) if named else 0
    product.pwyw_maximum_minor = facts.pwyw_maximum_minor if named else 0
    product.pwyw_recurring_mode = facts.pwyw_recurring_mode


def _write_contact(product: Product, facts: Facts) -> None:
    asked = facts.pricing_type == PricingType.CONTACT_US
    product.contact_us_label = facts.contact_us_label if asked else ""
    product.contact_us_link = facts.contact_us_link if asked else ""


def _write_variations(product: Product, facts: Facts) -> None:
    """Rows that stay keep their place; the table holds one for each currency and period."""
    rows = {(one.currency, one.duration, one.duration_unit): one for one in product.variations}
    kept = []
    for currency, period, minor in _wanted(facts):
        key = (currency, period.count, period.unit)
        row = rows.get(key) or PriceVariation(currency=currency, duration=period.count, duration_unit=period.unit)
        row.amount_minor = minor
        kept.append(row)
    product.variations[:] = kept


def _wanted(facts: Facts) -> Iterator[tuple[str, Period, int]]:
    if not (facts.is_paid and facts.is_recurring):
        return
    yield from (("", period, minor) for period, minor in facts.variations)
    for row in facts.currency_prices:
        for (period, _own), minor in zip(facts.variations, row.variations, strict=False):
            if minor is not None:
                yield row.currency, period, minor


def _write_currencies(product: Product, facts: Facts) -> None:
    rows = {one.currency: one for one in product.currency_prices}
    kept = []
    for wanted in facts.currency_prices if facts.is_paid else ():
        row = rows.get(wanted.currency) or CurrencyPrice(currency=wanted.currency)
        row.amount_minor, row.setup_fee_minor = wanted.amount_minor, wanted.setup_fee_minor
        kept.append(row)
    product.currency_prices[:] = kept


def facts_of(product: Product) -> Facts:
    """What is kept of it as facts again, to be changed in parts."""
    own = [one for one in product.variations if not one.currency]
    same = ("name", "slug", "description", "type", "pricing_type", "setup_fee_minor", "recurring", "billing_cycles")
    also = ("stays_for_life", "trial", "pwyw_minimum_minor", "pwyw_suggested_minor", "pwyw_maximum_minor", "period")
    more = ("pwyw_recurring_mode", "contact_us_label", "contact_us_link", "taxable", "tax_category", "product_group")
    kept: dict[str, Any] = {name: getattr(product, name) for name in (*same, *also, *more, "list_order", "provisioner")}
    return Facts(
        **kept,
        amount=Money(product.amount_minor, product.currency),
        variations=tuple((one.period, one.amount_minor) for one in own),
        currency_prices=tuple(_elsewhere(product, one, own) for one in product.currency_prices),
        feature_list=tuple(product.feature_list),
        limits=tuple(product.limits.items()),
        flags=tuple(product.flags),
        site_templates=tuple(product.site_templates),
        available_addons=tuple(product.available_addons),
    )


def _elsewhere(product: Product, row: CurrencyPrice, own: Sequence[PriceVariation]) -> Elsewhere:
    there = {one.period: one.amount_minor for one in product.variations if one.currency == row.currency}
    others = tuple(there.get(one.period) for one in own)
    return Elsewhere(row.currency, row.amount_minor, row.setup_fee_minor, others)


def copied(product: Product, **values: Any) -> Product:
    """A new product with the same facts, besides `values`; it is in no session yet."""
    copy = Product(**{name: getattr(product, name) for name in COPIED}, **values)
    copy.limits, copy.flags = dict(product.limits), list(product.flags)
    copy.site_templates = list(product.site_templates)
    copy.feature_list, copy.available_addons = list(product.feature_list), list(product.available_addons)
    copy.variations = [
        PriceVariation(
            currency=one.currency,
            duration=one.duration,
            duration_unit=one.duration_unit,
            amount_minor=one.amount_minor,
        )
        for one in product.variations
    ]
    copy.currency_prices = [
        CurrencyPrice(currency=one.currency, amount_minor=one.amount_minor, setup_fee_minor=one.setup_fee_minor)
        for one in product.currency_prices
    ]
    return copy


# -- for the log -------------------------------------------------------------------------------------------------
def described(product: Product) -> dict[str, Any]:
    """Its facts as the audit log keeps them: amounts and periods as text."""
    own, others = product.currency, product.currencies()[1:]
    return {
        "name": product.name,
        "slug": product.slug,
        "description": product.description,
        "type": str(product.type),
        "pricing_type": str(product.pricing_type),
        "amount": str(Money(product.amount_minor, own)),
        "period": str(product.period) if product.recurring else "once",
        "variations": _prices(product, own)[1:],
        "currency_prices": [text for one in others for text in _all_in(product, one)],
        "setup_fee": str(product.setup_fee),
        "billing_cycles": product.billing_cycles,
        "stays_for_life": product.stays_for_life,
        "trial": str(product.trial or ""),
        "pwyw_minimum": str(Money(product.pwyw_minimum_minor, own)),
        "pwyw_suggested": str(Money(product.pwyw_suggested_minor, own)),
        "pwyw_maximum": str(Money(product.pwyw_maximum_minor, own)),
        "pwyw_recurring_mode": str(product.pwyw_recurring_mode),
        "contact_us_label": product.contact_us_label,
        "contact_us_link": product.contact_us_link,
        "feature_list": product.feature_list,
        "taxable": product.taxable,
        "tax_category": product.tax_category,
        "product_group": product.product_group,
        "provisioner": product.provisioner,
        "limits": dict(product.limits),
        "flags": list(product.flags),
        "site_templates": list(product.site_templates),
        "available_addons": [one.slug for one in catalog.find_by_ids(product.available_addons)],
        "list_order": product.list_order,
    }


def _prices(product: Product, currency: str) -> list[str]:
    return [f"{period}: {price}" for period, price in product.prices(currency).items()]


def _all_in(product: Product, currency: str) -> list[str]:
    """Its prices in another currency, and its set-up fee there, when it has one."""
    fee = product.setup_fee_in(currency)
    prices = _prices(product, currency) if product.recurring else [f"once: {product.price_in(currency)}"]
    return [*prices, *([f"setup_fee: {fee}"] if fee else [])]
