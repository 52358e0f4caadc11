"""Products as the API reads and tells them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from webapp.blueprints.api.fields import (
    HIGHEST,
    Amount,
    Choice,
    Currency,
    Flag,
    Id,
    Instant,
    Reference,
    Several,
    Shape,
    Text,
    Whole,
)
from webapp.domain.product_problems import CYCLES_AT_MOST, GROUP_LONGEST, LABEL_LONGEST, LINK_LONGEST
from webapp.models import PricingType, ProductType, PwywRecurring
from webapp.periods import AT_MOST, Unit

LONGEST_PERIOD = AT_MOST[Unit.DAY]


class Variation(Shape):
    """The price for another period; 12 months and 1 year are the same."""

    duration = Whole(least=1, most=LONGEST_PERIOD, required=True)
    duration_unit = Choice(Unit, required=True)
    amount = Amount(required=True)


class CurrencyPrice(Shape):
    """The prices in another currency, in its own minor units."""

    currency = Currency(required=True)
    amount = Amount(required=True)
    setup_fee = Amount(least=-HIGHEST, metadata={"default": 0})
    price_variations = Several(
        fields.Nested(Variation), metadata={"description": "For periods that are among the product's own."}
    )


def limit(about: str) -> Whole:
    return Whole(allow_none=True, metadata={"description": f"{about} Null: unlimited."})


class ProductLimits(Shape):
    """What is left out is what the kind of product has: a package adds nothing."""

    sites = limit("Of a plan otherwise 1.")
    custom_domains = limit("Of all its sites. Of a plan otherwise unlimited.")
    pages = limit("Of each site. Of a plan otherwise unlimited.")
    disk = limit("Bytes of pictures of each site. Of a plan otherwise 100000000.")
    visits = limit("Of each site a month. Of a plan otherwise unlimited.")


class ProductNew(Shape):
    """A plan, or something that is sold beside one."""

    name = Text(filled=True, required=True)
    slug = Text(longest=80, metadata={"description": "In addresses; made of the name where it is left out."})
    description = Text(longest=2000)
    type = Choice(ProductType, metadata={"default": "plan"})
    pricing_type = Choice(PricingType, metadata={"default": "paid"})
    currency = Currency(metadata={"description": "Its own one, which stays; else the network's."})
    amount = Amount()
    setup_fee = Amount(least=-HIGHEST, metadata={"default": 0, "description": "Below zero: a sign-up credit."})
    recurring = Flag(metadata={"default": True})
    duration = Whole(least=1, most=LONGEST_PERIOD, metadata={"default": 1})
    duration_unit = Choice(Unit, metadata={"default": "month"})
    billing_cycles = Whole(most=CYCLES_AT_MOST, metadata={"default": 0, "description": "0: for ever."})
    stays_for_life = Flag(metadata={"default": False, "description": "After the last of limited cycles."})
    trial_duration = Whole(most=LONGEST_PERIOD, metadata={"default": 0, "description": "0: no trial."})
    trial_duration_unit = Choice(Unit, metadata={"default": "day"})
    price_variations = Several(fields.Nested(Variation))
    prices = Several(fields.Nested(CurrencyPrice), metadata={"description": "In other currencies."})
    active = Flag(metadata={"default": True, "description": "Whether it is on sale."})
    list_order = Whole(most=1_000_000, metadata={"default": 10})
    product_group = Text(longest=GROUP_LONGEST, metadata={"description": "Plans of one group replace each other."})
    provisioner = Text(longest=28, metadata={"description": "Who makes its sites; empty: as the network says."})
    available_addons = Several(Reference(), metadata={"description": "By slug or id."})
    limits = fields.Nested(
        ProductLimits, metadata={"description": "What its holder may use; what a package says is added to its plan's."}
    )
    features = Several(Text(longest=60), metadata={"maxItems": 50, "description": "Flags, for other systems."})
    site_templates = Several(
        Text(longest=80),
        metadata={"maxItems": 100, "description": "What its sites may begin with, by template; none: all. Of a plan."},
    )
    feature_list = Several(Text(longest=120), metadata={"maxItems": 30})
    taxable = Flag(metadata={"default": True})
    tax_category = Text(longest=40, metadata={"default": "default"})
    contact_us_label = Text(longest=LABEL_LONGEST)
    contact_us_link = Text(longest=LINK_LONGEST)
    pwyw_minimum_amount = Amount()
    pwyw_suggested_amount = Amount()
    pwyw_maximum_amount = Amount(metadata={"description": "0: none."})
    pwyw_recurring_mode = Choice(PwywRecurring, metadata={"default": "customer_choice"})


class ProductShown(ProductNew):
    """A product."""

    id = Id()
    featured_image = fields.String(allow_none=True, metadata={"description": "Its address."})
    url = fields.String(metadata={"description": "Where it is bought."})
    date_created = Instant()
    date_modified = Instant()


SENT: dict[str, Any] = {
    "name": "Premium",
    "slug": "premium",
    "amount": 2999,
    "price_variations": [{"duration": 1, "duration_unit": "year", "amount": 29900}],
    "prices": [
        {
            "currency": "CHF",
            "amount": 2890,
            "setup_fee": 0,
            "price_variations": [{"duration": 1, "duration_unit": "year", "amount": 28900}],
        }
    ],
}
TOLD: dict[str, Any] = {
    **SENT,
    "description": "",
    "type": "plan",
    "pricing_type": "paid",
    "currency": "EUR",
    "setup_fee": 0,
    "recurring": True,
    "duration": 1,
    "duration_unit": "month",
    "billing_cycles": 0,
    "stays_for_life": False,
    "trial_duration": 0,
    "trial_duration_unit": "day",
    "active": True,
    "list_order": 10,
    "product_group": "",
    "provisioner": "",
    "limits": {"sites": 3, "pages": None},
    "features": ["api-access"],
    "site_templates": [],
    "available_addons": [],
    "feature_list": [],
    "taxable": True,
    "tax_category": "default",
    "contact_us_label": "",
    "contact_us_link": "",
    "pwyw_minimum_amount": 0,
    "pwyw_suggested_amount": 0,
    "pwyw_maximum_amount": 0,
    "pwyw_recurring_mode": "customer_choice",
    "id": 2,
    "featured_image": None,
    "url": "https://example.com/register/premium",
    "date_created": "2027-01-31T10:00:00Z",
    "date_modified": "2027-01-31T10:00:00Z",
}
