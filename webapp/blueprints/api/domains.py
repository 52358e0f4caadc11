"""Customers' own domains by the API: as the account's pages do it, for any site."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask_babel import gettext as _
from marshmallow import fields
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.blueprints import domain_words
from webapp.blueprints.admin.domains import in_ascii, search
from webapp.blueprints.api import rows
from webapp.blueprints.api.fields import Choice, Flag, Id, Instant, Number, OneOf, Shape, Text
from webapp.blueprints.api.lists import List
from webapp.blueprints.api.operations import Answer, check_match, operation
from webapp.blueprints.api.refusals import InvalidFields
from webapp.blueprints.site_addresses import own_names
from webapp.domain import audit, domain_names, sites
from webapp.errors import NotFound
from webapp.models import DomainName, DomainStatus, Site

TAG, READ, WRITE = "domains", ("domains:read",), ("domains:write",)


class DomainRecord(Shape):
    """A record to enter where the domain is registered."""

    kind = fields.String(metadata={"description": "`TXT` shows whose it is; `CNAME`, or `A` and `AAAA`, lead here."})
    name = fields.String()
    value = fields.String()


class DomainNew(Shape):
    """A domain for a site."""

    site_id = Id(required=True)
    domain = Text(longest=300, required=True, metadata={"description": "As people write it, or in ASCII."})
    primary = Flag(metadata={"default": True, "description": "Make it the main address as soon as it leads here."})


class DomainChange(Shape):
    """What can be set of a domain."""

    primary = Flag(
        required=True, metadata={"description": "The site's main address; `false`: that is its own here again."}
    )


class DomainShown(Shape):
    """A domain of a customer's own."""

    id = Id()
    domain = fields.String(metadata={"description": "In lower case and ASCII."})
    site_id = Id()
    customer_id = Id()
    status = Choice(DomainStatus, metadata={"description": "Served while `active` or `failing`."})
    primary = Flag(metadata={"description": "The other addresses of the site lead to it."})
    becomes_primary = Flag(metadata={"description": "It will be so as soon as it leads here."})
    secure = Flag(metadata={"description": "Whether it was seen to answer over https."})
    checking = Flag(metadata={"description": "Its records are about to be looked at."})
    problem = fields.String(metadata={"description": "Why it does not lead here, as `no-records`; empty: nothing."})
    proof_problem = fields.String(metadata={"description": "Why it is not shown to be theirs, as `no-proof`."})
    found = fields.String(metadata={"description": "Where its records lead instead."})
    records = fields.List(fields.Nested(DomainRecord))
    date_created = Instant()
    date_modified = Instant()
    date_checked = Instant(allow_none=True, metadata={"description": "When its records were last looked at."})
    date_verified = Instant(allow_none=True, metadata={"description": "When it became its site's."})


SENT = {"site_id": 11, "domain": "www.bakery.example", "primary": True}
RECORDS = [
    {"kind": "TXT", "name": "_parzelle-challenge.www.bakery.example", "value": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"},
    {"kind": "CNAME", "name": "www.bakery.example", "value": "bakery.sites.example.com"},
    {"kind": "A", "name": "www.bakery.example", "value": "203.0.113.10"},
]
TOLD = {
    "id": 3,
    "domain": "www.bakery.example",
    "site_id": 11,
    "customer_id": 5,
    "status": "waiting",
    "primary": False,
    "becomes_primary": True,
    "secure": False,
    "checking": True,
    "problem": "",
    "proof_problem": "",
    "found": "",
    "records": RECORDS,
    "date_created": "2027-01-31T10:00:00Z",
    "date_modified": "2027-01-31T10:00:00Z",
    "date_checked": None,
    "date_verified": None,
}
IS_MAIN = DomainName.site.has(Site.main_domain == DomainName.name)
OPTIONS = (joinedload(DomainName.site),)
DOMAINS = List(
    DomainName,
    sorts={"date_created": DomainName.created_at, "domain": DomainName.name, "id": DomainName.id},
    search=search,
    statuses={str(one): DomainName.status == one for one in DomainStatus},
    filters={
        "site_id": lambda value: DomainName.site_id == value,
        "customer_id": lambda value: DomainName.site.has(Site.customer_id == value),
        "domain": lambda value: DomainName.name == in_ascii(value),
        "primary": lambda value: IS_MAIN if value == "true" else ~IS_MAIN,
    },
    options=OPTIONS,
)
NUMBER = {"least": 1, "most": 2**63 - 1}
ASKED = DOMAINS.asked(
    site_id=Number(**NUMBER),
    customer_id=Number(**NUMBER),
    domain=Text(longest=253, metadata={"description": "Exactly this one; several sites may wait for it."}),
    primary=OneOf(["true", "false"]),
)


@operation("GET", "/domains", tag=TAG, scopes=READ, query=ASKED, gives=DomainShown(), many=True, answer=TOLD)
def list_domains(query: dict[str, Any]) -> Answer:
    """List domains."""
    return DOMAINS.answer(query, rows.each(facts))


@operation("GET", "/domains/<int:domain_id>", tag=TAG, scopes=READ, gives=DomainShown(), answer=TOLD)
def get_domain(domain_id: int) -> Answer:
    """Read a domain.

    With the records that its owner has to enter, and what was seen of them.
    """
    return shown(rows.by_id(select(DomainName).options(*OPTIONS), DomainName.id, domain_id))


@operation(
    "POST",
    "/domains",
    tag=TAG,
    scopes=WRITE,
    body=DomainNew(),
    gives=DomainShown(),
    status=201,
    refusals=(409,),
    example=SENT,
    answer=TOLD,
)
def create_domain(body: dict[str, Any]) -> Answer:
    """Add a domain to a site.

    It becomes the site's once its records show that it is its owner's and lead here; they are looked at by themselves,
    for a week. The customer's plan must have room for it.
    """
    try:
        site = sites.locked(body["site_id"])
    except NotFound:
        raise InvalidFields({"site_id": _("There is no such site.")}) from None
    domain = domain_names.add(site, body["domain"], ours=own_names(), main=body.get("primary", True))
    audit.note(domain, "domains.add", before={}, after={"domain": domain.name, "site_id": site.id})
    answer = shown(domain)
    return rows.made(answer.data, answer.etag, "get_domain", domain_id=domain.id)


@operation(
    "PATCH",
    "/domains/<int:domain_id>",
    tag=TAG,
    scopes=WRITE,
    body=DomainChange(),
    gives=DomainShown(),
    refusals=(409, 412),
    example={"primary": True},
    answer={**TOLD, "status": "active", "primary": True, "checking": False},
)
def update_domain(domain_id: int, body: dict[str, Any]) -> Answer:
    """Make a domain the main address of its site, or no longer.

    One that is not served yet is refused.
    """
    domain = locked(domain_id)
    check_match(shown(domain).etag)
    before = domain.is_main
    if body["primary"] != before:
        domain_names.make_main(domain.site, domain if body["primary"] else None)
        audit.note(domain, "domains.main", before={"primary": before}, after={"primary": body["primary"]})
    return shown(domain)


@operation(
    "POST",
    "/domains/<int:domain_id>/checks",
    tag=TAG,
    scopes=WRITE,
    gives=DomainShown(),
    status=202,
    answer=TOLD,
)
def create_domain_check(domain_id: int) -> Answer:
    """Have the records of a domain looked at now.

    One that was given up waits for its records again, if the plan still has room for it.
    """
    domain = locked(domain_id)
    domain_names.check_again(domain)
    audit.note(domain, "domains.check", before={}, after={"domain": domain.name})
    return shown(domain)


@operation("DELETE", "/domains/<int:domain_id>", tag=TAG, scopes=WRITE, status=204, refusals=(412,))
def delete_domain(domain_id: int) -> Answer:
    """Remove a domain from its site.

    It answers no more. Where it was the main address, that is the one at the network again.
    """
    domain = locked(domain_id)
    check_match(shown(domain).etag)
    domain_names.remove(domain)
    audit.note(domain.site, "domains.remove", before={"domain": domain.name}, after={"domain": ""})
    return Answer()


def locked(domain_id: int) -> DomainName:
    """With its site as it is now, which nobody else changes until this unit ends. Raises NotFound."""
    site = sites.locked(domain_names.find(domain_id).site_id)
    return domain_names.find(domain_id, site_id=site.id)


def shown(domain: DomainName) -> Answer:
    told = facts(domain)
    return Answer(told, rows.digest(DomainShown().dump(told)))


def facts(one: DomainName) -> dict[str, Any]:
    records = [domain_words.proof(one), domain_words.alias(one), *domain_words.pointers(one)]
    return {
        **{name: getattr(one, name) for name in ("id", "site_id", "customer_id", "status", "problem", "found")},
        "domain": one.name,
        "primary": one.is_main,
        "becomes_primary": one.becomes_main and one.verified_at is None,
        "secure": one.secure_at is not None,
        "checking": one.asked_at is not None,
        "proof_problem": one.token_problem,
        "records": [asdict(record) for record in records],
        "date_created": one.created_at,
        "date_modified": one.updated_at,
        "date_checked": one.checked_at,
        "date_verified": one.verified_at,
    }
