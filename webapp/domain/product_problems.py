"""What keeps the facts of a product from being kept, each with the field that it stands beside."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.currencies import in_use
from webapp.domain import product_addons, site_templates
from webapp.domain.cart_products import NAMED_AT_MOST
from webapp.domain.product_facts import SLUG, SLUG_LONGEST, SLUG_SHORTEST, Elsewhere, Facts, free_slug
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.models import PricingType, Product
from webapp.money import exponent

HIGHEST = 10**12  # minor units
CYCLES_AT_MOST = 1200
LINK_LONGEST, LABEL_LONGEST, GROUP_LONGEST = 500, 80, 20


def problems(facts: Facts, product: Product | None = None) -> Iterator[Invalid]:
    """All of them; those in rows by their place: `variations-0-amount`, `currency_prices-1-variations-0`."""
    yield from _of_slug(facts.slug, product)
    yield from OF_PRICING.get(facts.pricing_type, lambda _facts: iter(()))(facts)
    if facts.is_charged and abs(facts.setup_fee_minor) > HIGHEST:
        yield Invalid(_("Enter a smaller amount."), field="setup_fee")
    if len(facts.product_group) > GROUP_LONGEST:
        yield Invalid(_("Use at most %(max)d characters.", max=GROUP_LONGEST), field="product_group")
    yield from product_addons.problems(facts, product)
    unknown = [one for one in facts.site_templates if one not in site_templates.known()]
    if unknown:
        yield Invalid(_("There is no template %(name)s.", name=unknown[0][:80]), field="site_templates")


def check(facts: Facts, product: Product | None = None) -> None:
    """Raises the first of the problems."""
    for problem in problems(facts, product):
        raise problem


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


# -- by the way it is priced -------------------------------------------------------------------------------------
def _of_paid(facts: Facts) -> Iterator[Invalid]:
    if not 0 < facts.amount.minor <= HIGHEST:
        yield Invalid(_("Enter a price above zero, or choose that it is free."), field="amount")
    if facts.recurring:
        yield from _of_variations(facts)
    seen = [facts.amount.currency]
    for place, row in enumerate(facts.currency_prices):
        yield from _of_currency(row, f"currency_prices-{place}", seen)
        seen.append(row.currency)


def _of_variations(facts: Facts) -> Iterator[Invalid]:
    seen = [facts.period]
    for place, (period, minor) in enumerate(facts.variations):
        if not 0 < minor <= HIGHEST:
            yield Invalid(_("Enter a price above zero."), field=f"variations-{place}-amount")
        if any(period.same_length(other) for other in seen):
            text = _("There is a price for this period already. 12 months and 1 year are the same.")
            yield Invalid(text, field=f"variations-{place}-duration")
        seen.append(period)


def _of_currency(row: Elsewhere, name: str, seen: list[str]) -> Iterator[Invalid]:
    if row.currency not in in_use():
        yield Invalid(_("Choose a currency."), field=f"{name}-currency")
    elif row.currency in seen:
        yield Invalid(_("There are prices in this currency already."), field=f"{name}-currency")
    if not 0 < row.amount_minor <= HIGHEST:
        yield Invalid(_("Enter a price above zero."), field=f"{name}-amount")
    if abs(row.setup_fee_minor) > HIGHEST:
        yield Invalid(_("Enter a smaller amount."), field=f"{name}-setup_fee")
    for place, minor in enumerate(row.variations):
        if minor is not None and not 0 < minor <= HIGHEST:
            yield Invalid(_("Enter a price above zero."), field=f"{name}-variations-{place}")


def _of_named_by_buyer(facts: Facts) -> Iterator[Invalid]:
    """From nothing upwards; what is suggested lies within the bounds. Empty, it is the lowest amount."""
    least, most = facts.pwyw_minimum_minor, facts.pwyw_maximum_minor
    suggested = facts.pwyw_suggested_minor or least
    limit = NAMED_AT_MOST * 10 ** exponent(facts.amount.currency)
    if not 0 <= least <= limit:
        yield Invalid(_("Enter an amount from 0 to %(most)s.", most=NAMED_AT_MOST), field="pwyw_minimum")
    if not 0 <= most <= limit:
        yield Invalid(_("Enter an amount from 0 to %(most)s.", most=NAMED_AT_MOST), field="pwyw_maximum")
    elif most and most < least:
        yield Invalid(_("Enter an amount that is at least the lowest one, or nothing."), field="pwyw_maximum")
    if not least <= suggested <= (most or limit):
        yield Invalid(_("Enter an amount between the lowest and the highest one."), field="pwyw_suggested")


def _of_contact(facts: Facts) -> Iterator[Invalid]:
    if not facts.contact_us_label or len(facts.contact_us_label) > LABEL_LONGEST:
        yield Invalid(_("Enter 1 to %(most)s characters.", most=LABEL_LONGEST), field="contact_us_label")
    if not is_web_address(facts.contact_us_link):
        yield Invalid(_("Enter a web address like https://example.com/contact."), field="contact_us_link")


OF_PRICING = {
    PricingType.PAID: _of_paid,
    PricingType.PAY_WHAT_YOU_WANT: _of_named_by_buyer,
    PricingType.CONTACT_US: _of_contact,
}


def is_web_address(text: str) -> bool:
    """An address of the web, with a host and without a password in it."""
    if len(text) > LINK_LONGEST or any(one.isspace() or not one.isprintable() for one in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
