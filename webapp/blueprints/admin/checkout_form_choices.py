"""What an operator may choose for a setting of an order form's field: what the network has, by what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask_babel import get_locale
from sqlalchemy import select

from webapp.blueprints.checkout.cards import every
from webapp.countries import countries
from webapp.domain import catalog, discount_codes, network, site_templates
from webapp.domain.field_types import Setting
from webapp.extensions import db
from webapp.models import Product, ProductType
from webapp.periods import Period

Choices = list[tuple[str, str]]


def _named(rows: Iterable[Any]) -> Choices:
    return [(one.slug, one.name) for one in rows]


def _products() -> Choices:
    """Plans first, since one of them is the first of what is fixed."""
    return [*_plans(), *_addons()]


def _plans() -> Choices:
    return _named(catalog.all_plans())


def _addons() -> Choices:
    rows = select(Product.slug, Product.name).where(Product.type != ProductType.PLAN, Product.active.is_(True))
    return _named(db.session.execute(rows.order_by(Product.name, Product.id)))


def _periods() -> Choices:
    return [(str(one), every(one)) for one in discount_codes.periods_sold(catalog.all_plans())]


def _templates() -> Choices:
    locale = str(get_locale() or "en")
    return [(one.slug, one.title(locale)) for one in site_templates.offered().values()]


def _categories() -> Choices:
    locale = str(get_locale() or "en")
    named = [one for one in site_templates.offered().values() if one.category_key]
    return list({one.category_key: (one.category_key, one.category(locale)) for one in named}.values())


LISTS: Mapping[str, Callable[[], Choices]] = {
    "plans": _plans,
    "products": _products,
    "addons": _addons,
    "periods": _periods,
    "templates": _templates,
    "categories": _categories,
}


def choices_of(setting: Setting, kept: Sequence[str]) -> Choices:
    """With what was chosen once and is not there any more, so that it is seen, and can be given up."""
    if not isinstance(setting.of, str):
        offered = [(value, str(words)) for value, words in setting.of.items()]
    else:
        offered = LISTS[setting.of]() if setting.of else []
    known = {value for value, _words in offered}
    return [*offered, *((one, word_of(setting, one)) for one in kept if one not in known)]


def word_of(setting: Setting, kept: str) -> str:
    if setting.of != "periods":
        return kept
    try:
        return every(Period.parse(kept))
    except ValueError:
        return kept


def countries_offered(kept: Sequence[str]) -> Choices:
    """Those that the network sells to, by name, and those that were chosen once."""
    served = network.settings().allowed_countries
    named = countries(str(get_locale() or "en"))
    return [(code, name) for code, name in named.items() if not served or code in served or code in kept]
