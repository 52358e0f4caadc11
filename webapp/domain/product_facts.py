"""What an operator says of a product, and how its name in addresses is made."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from sqlalchemy import select

from webapp.extensions import db
from webapp.models import PricingType, Product, ProductType, PwywRecurring
from webapp.money import Money
from webapp.periods import Period

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SLUG_SHORTEST, SLUG_LONGEST = 2, 80
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a product costs in another currency, in its minor units.

    `variations`: for the periods of the product's own `variations`, in their order; None: not sold for that one.
    """

    currency: str
    amount_minor: int
    setup_fee_minor: int = 0
    variations: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything of a product that an operator says. `variations`: (period, minor units), as they were typed.

    Minor units are those of `amount`'s currency; a maximum of 0 is none. `available_addons`: ids of products.
    """

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
    stays_for_life: bool = False
    trial: Period | None = None
    variations: tuple[tuple[Period, int], ...] = ()
    currency_prices: tuple[Elsewhere, ...] = ()
    pwyw_minimum_minor: int = 0
    pwyw_suggested_minor: int = 0
    pwyw_maximum_minor: int = 0
    pwyw_recurring_mode: PwywRecurring = PwywRecurring.CUSTOMER_CHOICE
    contact_us_label: str = ""
    contact_us_link: str = ""
    feature_list: tuple[str, ...] = ()
    taxable: bool = True
    tax_category: str = "default"
    product_group: str = ""
    provisioner: str = ""  # of a plan: who makes its sites; empty: as the network says
    limits: tuple[tuple[str, int | None], ...] = ()  # by the names of limits.Limit; None: no limit
    flags: tuple[str, ...] = ()
    site_templates: tuple[str, ...] = ()  # of a plan: slugs of what its sites may begin with; none: all
    available_addons: tuple[int, ...] = ()
    list_order: int = 10

    @property
    def is_paid(self) -> bool:
        return self.pricing_type == PricingType.PAID

    @property
    def is_named_by_buyer(self) -> bool:
        return self.pricing_type == PricingType.PAY_WHAT_YOU_WANT

    @property
    def is_charged(self) -> bool:
        """Whether money is ever asked for it, whoever names the amount."""
        return self.is_paid or self.is_named_by_buyer

    @property
    def is_recurring(self) -> bool:
        """Whether it may be charged again."""
        if self.is_named_by_buyer:
            return self.pwyw_recurring_mode != PwywRecurring.FORCE_ONE_TIME
        return self.is_paid and self.recurring


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
