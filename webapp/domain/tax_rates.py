"""What an operator does with tax rates: make, change, copy, delete. What they come to is in taxes.py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from webapp import clock
from webapp.countries import countries
from webapp.domain import audit
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.models import Product, TaxRate
from webapp.models.tax import EVERYWHERE

TITLE_LONGEST, PLACES_LONGEST, CATEGORY_LONGEST = 80, 200, 40
DECIMALS_AT_MOST = 4
PRIORITY_AT_MOST = 100
SHOWN_AT_MOST = 1000
CATEGORY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is said of a rate. `rate` is a percentage."""

    title: str
    rate: Decimal
    country: str = EVERYWHERE
    state: str = ""
    city: str = ""
    category: str = "default"
    priority: int = 1
    compound: bool = False
    active: bool = True


NAMES = [one.name for one in fields(Facts)]


# -- what may be -------------------------------------------------------------------------------------------------
def problems(facts: Facts) -> Iterator[Invalid]:
    """What is wrong, each with the field that it is said beside."""
    if not 0 < len(facts.title) <= TITLE_LONGEST:
        yield Invalid(_("Enter a name of at most %(max)d characters.", max=TITLE_LONGEST), field="title")
    if not is_percentage(facts.rate):
        yield Invalid(_("Enter a percentage from 0 to 100, with at most 4 decimals."), field="rate")
    if facts.country != EVERYWHERE and facts.country not in countries("en"):
        yield Invalid(_("Choose a country, or all of them."), field="country")
    for name in ("state", "city"):
        if len(getattr(facts, name)) > PLACES_LONGEST:
            yield Invalid(_("Use at most %(max)d characters.", max=PLACES_LONGEST), field=name)
    if not CATEGORY.fullmatch(facts.category) or len(facts.category) > CATEGORY_LONGEST:
        yield Invalid(_("Use at most 40 small letters, digits and single hyphens, like reduced."), field="category")
    if type(facts.priority) is not int or not 1 <= facts.priority <= PRIORITY_AT_MOST:
        text = _("Enter a whole number from %(least)s to %(most)s.", least=1, most=PRIORITY_AT_MOST)
        yield Invalid(text, field="priority")


def is_percentage(rate: Any) -> bool:
    """A decimal from 0 to 100 that is no float, and no finer than anybody's law."""
    if not isinstance(rate, Decimal) or not rate.is_finite() or not 0 <= rate <= 100:
        return False
    return rate == round(rate, DECIMALS_AT_MOST)


def check(facts: Facts) -> None:
    """Raises the first of the problems."""
    for problem in problems(facts):
        raise problem


# -- finding -----------------------------------------------------------------------------------------------------
def find(rate_id: int) -> TaxRate:
    rate = db.session.get(TaxRate, rate_id)
    if rate is None:
        raise NotFound()
    return rate


def locked(rate_id: int) -> TaxRate:
    query = select(TaxRate).where(TaxRate.id == rate_id).with_for_update()
    rate = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if rate is None:
        raise NotFound()
    return rate


def listed(category: str = "") -> Sequence[TaxRate]:
    """In the order in which one looks for them: by category, country, then as they add up."""
    order = (TaxRate.category, TaxRate.country, TaxRate.priority, TaxRate.id)
    query = select(TaxRate).order_by(*order).limit(SHOWN_AT_MOST)
    return db.session.scalars(query.where(TaxRate.category == category) if category else query).all()


def categories() -> list[str]:
    """Those of the rates there are."""
    return list(db.session.scalars(select(TaxRate.category).distinct().order_by(TaxRate.category)))


def untaxed_categories() -> list[str]:
    """Categories of products that are sold and for which no rate counts: a slip, or meant."""
    known = select(TaxRate.category).where(TaxRate.active.is_(True))
    query = select(Product.tax_category).where(Product.active.is_(True), Product.taxable.is_(True))
    return list(db.session.scalars(query.where(Product.tax_category.not_in(known)).distinct()))


# -- writing -----------------------------------------------------------------------------------------------------
def described(facts: TaxRate | Facts) -> dict[str, Any]:
    """As its history keeps it."""
    told = {name: getattr(facts, name) for name in NAMES}
    return {**told, "rate": format(facts.rate.normalize(), "f")}


def facts_of(rate: TaxRate) -> Facts:
    """What is kept of it, to be changed in parts."""
    return Facts(**{name: getattr(rate, name) for name in NAMES})


def create(facts: Facts) -> TaxRate:
    """Raises Invalid."""
    check(facts)
    rate = TaxRate(**{name: getattr(facts, name) for name in NAMES})
    db.session.add(rate)
    db.session.flush()
    audit.note(rate, "tax-rates.create", before={}, after=described(rate))
    return rate


def change(rate: TaxRate, facts: Facts, *, seen: int) -> None:
    """Keep what was said of it. `seen`: the version that was looked at. Raises Invalid, Conflict."""
    if rate.version != seen:
        raise Conflict()
    check(facts)
    before, after = described(rate), described(facts)
    changed = [name for name in NAMES if before[name] != after[name]]
    if not changed:
        return
    for name in changed:
        setattr(rate, name, getattr(facts, name))
    rate.updated_at = clock.now()
    db.session.flush()
    both = [{name: told[name] for name in changed} for told in (before, after)]
    audit.note(rate, "tax-rates.change", before=both[0], after=both[1])


def duplicate(rate: TaxRate) -> TaxRate:
    """A copy that counts for nothing until somebody has looked at it: two equal rates would hide one another."""
    copy = TaxRate(**{name: getattr(rate, name) for name in NAMES} | {"active": False})
    db.session.add(copy)
    db.session.flush()
    audit.note(copy, "tax-rates.duplicate", before={"of": rate.id}, after=described(copy))
    return copy


def delete(rate: TaxRate) -> None:
    """What was reckoned by it keeps its title and percentage."""
    audit.note(rate, "tax-rates.delete", before=described(rate), after={})
    db.session.delete(rate)
