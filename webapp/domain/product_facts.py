"""What an operator says of a product, and what keeps it from being kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.errors import Invalid
from webapp.extensions import db
from webapp.models import PricingType, Product, ProductType
from webapp.money import Money
from webapp.periods import Period

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SLUG_SHORTEST, SLUG_LONGEST = 2, 80
HIGHEST = 10**12  # minor units
CYCLES_AT_MOST = 1200
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything of a product that an operator says. `variations`: (period, minor units), as they were typed."""

    name: str
    slug: str
    amount: Money
    period: Period
    description: str = ""
    type: ProductType = ProductType.PLAN
    pricing_type: PricingType = PricingType.PAID
    setup_fee_minor: int = 0
    recurring: bool = True
    billing_cycles: int = 0
    trial: Period | None = None
    variations: tuple[tuple[Period, int], ...] = ()
    feature_list: tuple[str, ...] = ()
    taxable: bool = True
    tax_category: str = "default"
    list_order: int = 10

    @property
    def is_free(self) -> bool:
        return self.pricing_type == PricingType.FREE


def slug_from(name: str) -> str:
    """A slug made of a name, in plain letters; empty when it has none."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(UMLAUTS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LONGEST].strip("-")


def free_slug(wanted: str) -> str:
    """This slug, or the first one like it that no product has."""
    base = wanted[: SLUG_LONGEST - 4].strip("-") or "product"
    used = set(db.session.scalars(select(Product.slug).where(Product.slug.startswith(base, autoescape=True))))
    candidates = (base if number == 1 else f"{base}-{number}" for number in range(1, len(used) + 3))
    return next(one for one in candidates if one not in used and len(one) >= SLUG_SHORTEST)


def problems(facts: Facts, product: Product | None = None) -> Iterator[Invalid]:
    """What keeps these facts from being kept, each with the field it stands beside; variations by their place."""
    yield from _of_slug(facts.slug, product)
    if facts.is_free:
        return
    if not 0 < facts.amount.minor <= HIGHEST:
        yield Invalid(_("Enter a price above zero, or choose that it is free."), field="amount")
    if abs(facts.setup_fee_minor) > HIGHEST:
        yield Invalid(_("Enter a smaller amount."), field="setup_fee")
    if facts.recurring:
        yield from _of_variations(facts)


def _of_slug(slug: str, product: Product | None) -> Iterator[Invalid]:
    if not SLUG.fullmatch(slug) or not SLUG_SHORTEST <= len(slug) <= SLUG_LONGEST:
        text = _("Use 2 to 80 small letters, digits and single hyphens, like premium-plus.")
        yield Invalid(text, field="slug")
        return
    owner = db.session.scalar(select(Product.id).where(Product.slug == slug))
    if owner is not None and (product is None or owner != product.id):
        yield Invalid(
            _("Another product has this name in addresses. Try %(slug)s.", slug=free_slug(slug)), field="slug"
        )


def _of_variations(facts: Facts) -> Iterator[Invalid]:
    seen = [facts.period]
    for place, (period, minor) in enumerate(facts.variations):
        if not 0 < minor <= HIGHEST:
            yield Invalid(_("Enter a price above zero."), field=f"variations-{place}-amount")
        if any(period.same_length(other) for other in seen):
            text = _("There is a price for this period already. 12 months and 1 year are the same.")
            yield Invalid(text, field=f"variations-{place}-duration")
        seen.append(period)


def check(facts: Facts, product: Product | None = None) -> None:
    """Raises the first of the problems."""
    for problem in problems(facts, product):
        raise problem
