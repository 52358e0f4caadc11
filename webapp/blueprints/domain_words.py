"""How a domain stands, and what its records say, in words of the person who has to change them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from webapp.blueprints.errors import settings
from webapp.domain import network
from webapp.domain.dns_verdicts import DnsProblem
from webapp.models import DomainName, DomainStatus, Site

P = DnsProblem
STANDINGS: dict[DomainStatus, tuple[LazyString, str]] = {
    DomainStatus.WAITING: (_l("waiting for its records"), "pending"),
    DomainStatus.ACTIVE: (_l("active"), "success"),
    DomainStatus.FAILING: (_l("does not lead here any more"), "warning"),
    DomainStatus.GIVEN_UP: (_l("given up"), "neutral"),
}
BEING_CHECKED = (_l("being checked"), "info")
PROBLEMS: dict[str, LazyString] = {
    P.NO_NAME: _l(
        "The domain does not exist on the internet yet. If it is new, that takes a while; else look at its spelling."
    ),
    P.SILENT: _l("The name servers of the domain did not answer. We try again by ourselves."),
    P.BROKEN: _l(
        "The name servers of the domain answered with an error of theirs. Often DNSSEC or the list of name servers is "
        "wrong; your domain provider can tell."
    ),
    P.REFUSED: _l("The name servers refuse to answer for the domain. Your domain provider must set it up there."),
    P.LAME: _l(
        "The name servers that the domain names do not know it. Your domain provider must set it up there, or name "
        "others."
    ),
    P.LOOP: _l("The CNAME records of the domain lead round in a circle."),
    P.NO_RECORDS: _l("The domain exists, but it has none of these records yet."),
    P.ELSEWHERE: _l("The domain leads to another server: %(found)s. Replace these records."),
    P.MIXED: _l("Some visitors are led to another server: %(found)s. Remove the records with these addresses."),
    P.TAKEN: _l("Another site here has this domain. If it is yours, write to us."),
    P.TAKEN_OVER: _l("Somebody else has shown that this domain is theirs."),
}
TOKEN_PROBLEMS: dict[str, LazyString] = {
    P.NO_PROOF: _l("The TXT record is not there yet."),
    P.WRONG_PROOF: _l("There is a TXT record, but with another text. Copy it once more."),
}


@dataclass(frozen=True, slots=True)
class Record:
    """One to enter at the domain's provider."""

    kind: str
    name: str
    value: str


def standing(domain: DomainName) -> tuple[str, str]:
    """Word and tone."""
    word, tone = BEING_CHECKED if domain.asked_at is not None else STANDINGS[domain.status]
    return str(word), tone


def problem(domain: DomainName) -> str:
    """Why it does not lead here; empty where it does, or where nobody has looked yet."""
    known = PROBLEMS.get(domain.problem)
    return "" if known is None else str(known) % {"found": domain.found}


def token_problem(domain: DomainName) -> str:
    """Why it is not shown to be theirs; what keeps its address from being seen is not said twice."""
    if domain.token_problem == domain.problem:
        return ""
    known = TOKEN_PROBLEMS.get(domain.token_problem) or PROBLEMS.get(domain.token_problem)
    return "" if known is None else str(known) % {"found": ""}


def pointers(domain: DomainName) -> list[Record]:
    """A and AAAA records to the network's addresses; none where the operator has entered none."""
    ips = network.settings().network_ips.split()
    return [Record("AAAA" if ":" in ip else "A", domain.name, ip) for ip in ips]


def alias(domain: DomainName) -> Record:
    """A CNAME record to its site's own address; at the top of a domain most providers allow none."""
    return Record("CNAME", domain.name, here(domain.site))


def here(site: Site) -> str:
    """Its host at the network."""
    return f"{site.slug}.{settings().network_domain}"


def proof(domain: DomainName) -> Record:
    return Record("TXT", domain.token_name, domain.token)


def is_top(domain: DomainName) -> bool:
    """Whether it is likely to be what was registered itself, `example.com`: there a CNAME record is not possible."""
    return domain.name.count(".") == 1


def init_app(app: Flask) -> None:
    app.jinja_env.filters["domain_standing"] = standing
    app.jinja_env.filters["domain_problem"] = problem
    app.jinja_env.filters["domain_token_problem"] = token_problem
