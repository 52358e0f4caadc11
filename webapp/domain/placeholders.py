"""What a template says of whoever buys a site: `{{ site_title }}` and the like, and what stands there in the end.

What the buyer answered to a question of the order form is `{{ answers.shoe_size }}`, by the question's own name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from babel.dates import format_date
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.domain import checkout_forms, form_answers, form_definitions, site_text
from webapp.domain.field_types import TYPES
from webapp.domain.form_definitions import Keep
from webapp.extensions import db
from webapp.models import OrderForm, Site

ANSWERS = "answers."
LONGEST = 1000  # characters of a value
NOTHING = "…"
NAMES: Mapping[str, LazyString] = {
    "site_title": _l("the name of the site"),
    "site_slug": _l("the first part of the site’s address here"),
    "owner_name": _l("the buyer’s company, or their name where there is none"),
    "full_name": _l("the buyer’s name"),
    "company_name": _l("the buyer’s company; nothing where there is none"),
    "email": _l("the buyer’s e-mail address"),
    "address": _l("street, postal code and city of the buyer"),
    "tax_id": _l("the buyer’s VAT id; nothing where there is none"),
    "plan_name": _l("the name of the plan"),
    "membership": _l("the number of the contract"),
    "member_since": _l("the day on which the contract began"),
    "renews_on": _l("the day of the next payment; nothing where there is none"),
}
EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "en": {"site_title": "Linden Joinery", "full_name": "Ada Linden", "address": "1 Sample Street, Sampleton"},
    "de": {"site_title": "Tischlerei Linde", "full_name": "Ada Linde", "address": "Musterweg 1, Musterstadt"},
}


def values(site: Site) -> dict[str, str]:
    """What the sale knows of its buyer, for the texts of a site that is being made."""
    customer, membership = site.customer, site.membership
    place = " ".join(one for one in (customer.billing_zip_code, customer.billing_city) if one)
    began, renews = membership.activated_at or membership.created_at, membership.renews_at
    locale = site.locale or customer.locale
    known = {
        "site_title": site.title,
        "site_slug": site.slug,
        "owner_name": customer.company_name or customer.display_name,
        "full_name": customer.display_name,
        "company_name": customer.company_name,
        "email": customer.email,
        "address": ", ".join(one for one in (customer.billing_address_line_1, place) if one) or NOTHING,
        "tax_id": customer.tax_id,
        "plan_name": membership.plan.name,
        "membership": membership.reference,
        "member_since": format_date(began, "long", locale=locale) if began else "",
        "renews_on": format_date(renews, "long", locale=locale) if renews else "",
    }
    told = dict.fromkeys(asked(), "")  # a question that was not answered leaves nothing
    for owner in (customer, membership, site):  # the nearest last: it wins
        told |= {f"{ANSWERS}{name}": value for name, value in form_answers.values(owner).items()}
    return {name: value[:LONGEST] for name, value in (known | told).items()}


def example(locale: str, names: Iterable[str] = ()) -> dict[str, str]:
    """What stands there while one looks around. `names`: further ones, of answers."""
    words = EXAMPLES.get(locale, EXAMPLES["en"])
    same = dict.fromkeys((*NAMES, *names), NOTHING)
    facts = {"owner_name": words["site_title"], "company_name": words["site_title"], "email": "hello@example.org"}
    return {**same, **words, **facts, "site_slug": "example"}


def asked() -> set[str]:
    """By the names that templates use, all questions of all order forms whose answers are kept."""
    found: set[str] = set()
    rows = db.session.execute(select(OrderForm.live, OrderForm.draft)).all()
    kept = [form_definitions.parse(one) for row in rows for one in row if one is not None]
    for definition in (checkout_forms.standard().definition, *kept):
        found |= {
            f"{ANSWERS}{one.id}"
            for one in definition.fields
            if one.type in TYPES and TYPES[one.type].answers and one.save_as != Keep.NOTHING
        }
    return found


def unknown(texts: Iterable[str]) -> list[str]:
    """Those in these texts that mean nothing, as they are written there, each once."""
    used = {name for text in texts for name in site_text.placeholders_in(text)}
    return sorted(used - set(NAMES) - (asked() if any(one.startswith(ANSWERS) for one in used) else set()))
