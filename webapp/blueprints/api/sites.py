"""Sites by the API, to read."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from webapp.blueprints.admin.sites import search
from webapp.blueprints.api import rows
from webapp.blueprints.api.fields import Answers, Choice, Flag, Id, Instant, Number, Shape, Text
from webapp.blueprints.api.lists import List
from webapp.blueprints.api.operations import Answer, operation
from webapp.blueprints.site_addresses import site_address
from webapp.domain import form_answers, sites
from webapp.extensions import db
from webapp.models import DomainName, DomainStatus, Site, SiteStatus

TAG, READ = "sites", ("sites:read",)
NO_ADDRESS = (SiteStatus.ARCHIVED, SiteStatus.DELETED)


class SiteDomain(Shape):
    """A domain of its customer's own."""

    id = Id()
    domain = fields.String(metadata={"description": "In lower case and ASCII."})
    status = Choice(DomainStatus)
    primary = Flag(metadata={"description": "The other addresses of the site lead to it."})
    secure = Flag(metadata={"description": "Whether it was seen to answer over https."})


class SiteShown(Shape):
    """What a customer gets for a membership."""

    id = Id()
    reference = fields.String(
        allow_none=True, metadata={"description": "What its provisioner knows it by; null: nobody was asked yet."}
    )
    customer_id = Id()
    membership_id = Id()
    slug = fields.String(metadata={"description": "Its part of the host before the network's domain."})
    url = fields.String(
        allow_none=True, metadata={"description": "Its main address; null: it has none any more, others may take it."}
    )
    title = fields.String()
    status = Choice(SiteStatus)
    blocked = Flag(metadata={"description": "By the staff, whatever its membership says."})
    problem = fields.String(metadata={"description": "What went wrong last, for the staff."})
    template_id = fields.String(metadata={"description": "The template that it was made from."})
    locale = fields.String(metadata={"description": "The language that it is written in."})
    provisioner = fields.String(metadata={"description": "Who makes it: `built-in`, or another system."})
    answers = Answers()
    domains = fields.List(fields.Nested(SiteDomain), metadata={"description": "The oldest first."})
    date_created = Instant()
    date_modified = Instant()
    date_published = Instant(allow_none=True, metadata={"description": "When it was first there."})
    date_deletion = Instant(
        allow_none=True, metadata={"description": "When what it holds is deleted, unless it is shown again before."}
    )


TOLD = {
    "id": 11,
    "reference": "c1c5b7c4b5b64a0f9d0f3a1f6a2b7e90",
    "customer_id": 5,
    "membership_id": 7,
    "slug": "bakery",
    "url": "https://www.bakery.example/",
    "title": "Bakery",
    "status": "published",
    "blocked": False,
    "problem": "",
    "template_id": "business",
    "locale": "en",
    "provisioner": "built-in",
    "answers": {"shoe_size": "42"},
    "domains": [{"id": 3, "domain": "www.bakery.example", "status": "active", "primary": True, "secure": True}],
    "date_created": "2027-01-31T10:00:00Z",
    "date_modified": "2027-01-31T10:00:00Z",
    "date_published": "2027-01-31T10:00:02Z",
    "date_deletion": None,
}
OPTIONS = (selectinload(Site.domain_names),)
SITES = List(
    Site,
    sorts={"date_created": Site.created_at, "slug": Site.slug, "id": Site.id},
    search=search,
    statuses={str(one): Site.status == one for one in SiteStatus},
    filters={
        "customer_id": lambda value: Site.customer_id == value,
        "membership_id": lambda value: Site.membership_id == value,
        "domain": lambda value: Site.id.in_(ids_at(value)),
    },
    options=OPTIONS,
)
NUMBER = {"least": 1, "most": 2**63 - 1}
ASKED = SITES.asked(
    customer_id=Number(**NUMBER),
    membership_id=Number(**NUMBER),
    domain=Text(longest=253, metadata={"description": "A domain that is served, in ASCII: the site that it shows."}),
)


@operation("GET", "/sites", tag=TAG, scopes=READ, query=ASKED, gives=SiteShown(), many=True, answer=TOLD)
def list_sites(query: dict[str, Any]) -> Answer:
    """List sites."""
    return SITES.answer(query, rows.each(shown))


@operation("GET", "/sites/<site>", tag=TAG, scopes=READ, gives=SiteShown(), answer=TOLD)
def get_site(site: str) -> Answer:
    """Read a site.

    By its slug, its reference or its id. By its slug only the one that has this address now is found.
    """
    found = shown(find(site))
    return Answer(found, rows.digest(SiteShown().dump(found)))


def find(text: str) -> Site:
    """Raises NotFound."""
    query = select(Site).options(*OPTIONS)
    has_address = query.where(Site.slug == text.lower(), Site.keeps_address())
    found = db.session.scalars(has_address).one_or_none() if len(text) <= sites.LONGEST else None
    return found or rows.find(query, Site.reference, Site.id, text)


def ids_at(domain: str) -> Select[Any]:
    """Of the site that is shown at this domain; others may only wait for it."""
    return select(DomainName.site_id).where(DomainName.name == domain.lower(), DomainName.serves())


def shown(one: Site) -> dict[str, Any]:
    same = ("id", "reference", "customer_id", "membership_id", "slug", "title", "status", "problem", "locale")
    return {
        **{name: getattr(one, name) for name in (*same, "provisioner")},
        "url": None if one.status in NO_ADDRESS else site_address(one),
        "blocked": one.held_at is not None,
        "answers": form_answers.values(one),
        "template_id": one.template,
        "domains": [domain_shown(domain, one) for domain in one.domain_names],
        "date_created": one.created_at,
        "date_modified": one.updated_at,
        "date_published": one.published_at,
        "date_deletion": one.delete_at,
    }


def domain_shown(domain: DomainName, site: Site) -> dict[str, Any]:
    return {
        "id": domain.id,
        "domain": domain.name,
        "status": domain.status,
        "primary": domain.name == site.main_domain,
        "secure": domain.secure_at is not None,
    }
