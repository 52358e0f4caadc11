"""Customers' own domains: which names can be one, who has which, and which is a site's main address."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from functools import partial

import idna
from flask_babel import gettext as _
from sqlalchemy import func, select

from webapp import clock, unit
from webapp.domain import entitlements, outbox
from webapp.domain.limits import Limit
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db, queue
from webapp.hooks import do_action
from webapp.models import DomainName, DomainStatus, Site, SiteStatus

D = DomainStatus
FIELD = "domain"
AT_MOST = 20  # of one site
LONGEST_NAME, LONGEST_LABEL = 253, 63
DOTS = re.compile("[。．｡]")  # other scripts' own, which browsers take as well
# Reachable from nowhere: https://www.iana.org/assignments/special-use-domain-names
NOWHERE = frozenset("alt arpa corp example home internal invalid lan local localhost onion test".split())
# Endings of two parts under which names are sold: the common ones, for a good message. The rest has no TXT record.
ENDINGS = frozenset(
    """
    ac.uk co.at co.id co.il co.in co.jp co.ke co.kr co.nz co.th co.uk co.za com.ar com.au com.br com.cn com.co com.hk
    com.mx com.my com.pl com.sg com.tr com.tw com.ua gv.at ltd.uk me.uk ne.jp net.au net.br net.nz or.at or.jp org.au
    org.br org.nz org.uk plc.uk
    """.split()
)
OFFERED = (SiteStatus.PUBLISHED, SiteStatus.SUSPENDED)


# -- which names can be one ------------------------------------------------------------------------------------------
def normalise(text: str, *, ours: Collection[str]) -> str:
    """The name as browsers send it. `ours`: names of the network. Raises Invalid with what to enter instead."""
    typed = DOTS.sub(".", text.strip())
    check_form(typed)
    if typed.endswith("."):
        raise bad(_("Leave out the dot at the end."))
    if "." not in typed:
        raise bad(_("A domain has at least two parts, like example.com."))
    if any(not label for label in typed.split(".")):
        raise bad(_("There is a dot too many."))
    name = in_ascii(typed)
    check_meaning(name, ours)
    return name


def bad(sentence: str) -> Invalid:
    return Invalid(sentence, code="bad_domain", field=FIELD)


def check_form(typed: str) -> None:
    """What was pasted is often more than the name. Raises Invalid."""
    if not typed:
        raise bad(_("Enter a domain, like www.example.com."))
    if "://" in typed:
        raise bad(_("Leave out what stands before the name, like https://."))
    if re.search(r"\s", typed):
        raise bad(_("A domain holds no spaces. Enter one domain."))
    if "@" in typed:
        raise bad(_("This is an e-mail address. Enter only what stands behind the @."))
    if re.search(r"[/\\?#]", typed):
        raise bad(_("Leave out the path: nothing stands behind the name."))
    if "*" in typed:
        raise bad(_("A domain for all names at once is not possible. Add each name by itself."))
    if is_address(typed):
        raise bad(_("This is an IP address. Enter a name, like www.example.com."))
    if ":" in typed:
        raise bad(_("Leave out the port, which stands behind the colon."))
    if "_" in typed:
        raise bad(_("An underscore cannot stand in the name of a website."))


def is_address(typed: str) -> bool:
    bare = re.sub(r"^\[([^\]]*)\](:\d*)?$", r"\1", typed)
    bare = re.sub(r"^(\d+\.\d+\.\d+\.\d+):\d*$", r"\1", bare).rstrip(".")
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return False
    return True


def in_ascii(typed: str) -> str:
    """Raises Invalid for what the rules of international names do not allow."""
    labels = []
    for label in typed.split("."):
        if label.startswith("-") or label.endswith("-"):
            raise bad(_("No part of a domain begins or ends with a hyphen."))
        if len(label) > LONGEST_NAME:
            raise too_long()
        try:
            labels.append(idna.encode(label, uts46=True, std3_rules=True).decode())
        except idna.IDNAError as error:
            if "too long" in str(error):
                raise too_long() from None
            raise bad(_("It holds characters that no domain has. Use letters, digits and hyphens.")) from None
    name = ".".join(labels).lower()
    if any(len(label) > LONGEST_LABEL for label in labels) or len(name) > LONGEST_NAME:
        raise too_long()
    if any(not label or "." in label for label in labels):
        raise bad(_("There is a dot too many."))
    return name


def too_long() -> Invalid:
    return bad(_("It is too long: each part has 63 characters at most, the whole 253."))


def check_meaning(name: str, ours: Collection[str]) -> None:
    ending = name.rpartition(".")[2]
    if ending.isdigit() or re.fullmatch("0x[0-9a-f]*", ending):
        raise bad(_("This is no domain: its last part is a number."))
    if any(name == one or name.endswith(f".{one}") for one in ours):
        raise bad(_("This name is the network's own. Enter a domain of yours."))
    if ending in NOWHERE:
        raise bad(_("Nobody on the internet can reach names that end so. Enter a domain that you have registered."))
    if name in ENDINGS:
        raise bad(_("This is an ending under which domains are sold. Enter your whole domain."))


# -- whose they are --------------------------------------------------------------------------------------------------
def is_offered(site: Site) -> bool:
    """Not for one that is made elsewhere: no provisioner can be told under which names it is to answer."""
    return site.status in OFFERED and not site.is_elsewhere


def find(domain_id: int, *, site_id: int | None = None) -> DomainName:
    """Raises NotFound, also for another site's."""
    domain = db.session.get(DomainName, domain_id)
    if domain is None or (site_id is not None and domain.site_id != site_id):
        raise NotFound()
    return domain


def holder(name: str) -> DomainName | None:
    """Whose it was shown to be."""
    return db.session.scalars(select(DomainName).where(DomainName.name == name, DomainName.serves())).one_or_none()


def is_let_go(domain: DomainName) -> bool:
    """Whether it does nothing for its site any more: then who shows that it is theirs gets it."""
    return domain.status == D.FAILING or domain.site.status not in OFFERED


def add(site: Site, text: str, *, ours: Collection[str], main: bool = False) -> DomainName:
    """Ask for a domain. Call it with the membership of the site locked.

    That somebody else has asked for the same name hinders nobody, only that it was shown to be theirs. Records
    `domain.created` and fires `wu_domain_created`. Raises Invalid and Conflict.
    """
    if not is_offered(site):
        raise Conflict(_("This site cannot have a domain of its own at the moment."), code="no_domains")
    name = normalise(text, ours=ours)
    check_free(site, name)
    entitlements.room_for(site.membership, Limit.CUSTOM_DOMAINS, field=FIELD)
    now = clock.now()
    domain = DomainName(site=site, name=name, becomes_main=main, waits_since=now)
    db.session.add(domain)
    look_soon(domain)
    outbox.record("domain.created", domain)
    do_action("wu_domain_created", domain)
    return domain


def check_free(site: Site, name: str) -> None:
    own = select(DomainName.id).where(DomainName.site_id == site.id, DomainName.name == name)
    if db.session.scalar(own) is not None:
        raise Invalid(_("This domain is in the list already."), code="domain_listed", field=FIELD)
    count = select(func.count()).select_from(DomainName).where(DomainName.site_id == site.id)
    if (db.session.scalar(count) or 0) >= AT_MOST:
        raise Invalid(_("A site has at most %(num)d domains.", num=AT_MOST), code="too_many_domains", field=FIELD)
    other = holder(name)
    if other is None or is_let_go(other):
        return
    if other.customer_id == site.customer_id:
        told = _("Your site %(title)s has this domain. Remove it there first.", title=other.site.title)
        raise Invalid(told, code="domain_taken", field=FIELD)
    raise Invalid(
        _("Another site here has this domain. If it is yours, write to us."), code="domain_taken", field=FIELD
    )


def look_soon(domain: DomainName) -> None:
    """Have a worker look at its records now. Call it in a unit."""
    domain.asked_at = domain.next_check_at = clock.now()
    db.session.flush()
    unit.current().after_commit(
        partial(queue.ring_soon, "domain_name", [str(domain.id)]), once=("domain_name", domain.id)
    )


def check_again(domain: DomainName) -> None:
    """Somebody does not want to wait, or has not given it up after all: then it needs room again. Raises Invalid."""
    if domain.status == D.GIVEN_UP:
        entitlements.room_for(domain.site.membership, Limit.CUSTOM_DOMAINS, field=FIELD)
        domain.move_to(D.WAITING, reason="asked for again")
        domain.waits_since, domain.tries = clock.now(), 0
    look_soon(domain)


def make_main(site: Site, domain: DomainName | None) -> None:
    """Its other addresses lead to this one; None: to its address here. Call it with its membership locked.

    Records `domain.primary_changed`; fires `wu_domain_became_primary` for a domain. Raises Conflict.
    """
    if domain is not None and not domain.is_served:
        raise Conflict(_("This domain does not lead here yet."), code="domain_not_ready")
    if site.main_domain == (domain.name if domain else ""):
        return
    before = site.main_domain
    site.main_domain = domain.name if domain else ""
    told = domain or next((one for one in site.domain_names if one.name == before), None)
    if told is not None:
        outbox.record("domain.primary_changed", told)
    if domain is not None:
        do_action("wu_domain_became_primary", domain)


def remove(domain: DomainName) -> None:
    """It answers no more. Call it with the membership of its site locked. Records `domain.removed`."""
    site = domain.site
    if domain.is_main:
        make_main(site, None)
    outbox.record("domain.removed", domain)
    do_action("wu_domain_removed", domain.name, site)
    unit.current().before_commit(partial(forget, domain))


def forget(domain: DomainName) -> None:
    db.session.delete(domain)
