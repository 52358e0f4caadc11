"""What provisioners noticed of sites, from their notice to what is done about it.

A notice says only that something has happened to a site. Whatever it claims, its provisioner is asked: so late, doubled
and shuffled ones cannot mislead us, and one that comes before the answer to what we asked for is not lost.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from webapp.domain import inbox, network, site_jobs, sites
from webapp.errors import NotFound
from webapp.models import InboundStatus, Site
from webapp.paying import BadNotice, Notice
from webapp.provisioners import provisioners
from webapp.provisioners.base import Base
from webapp.transactions import end_read, unit_of_work

SENDER = "provisioner:"  # before its name, where notices are kept


def open_notice(name: str, body: bytes, headers: Mapping[str, str]) -> Notice:
    """Read and checked by its provisioner. Raises NotFound for one that there is not, and BadNotice."""
    found = provisioners.all().get(name)
    if found is None:
        raise NotFound(code="unknown_provisioner")
    if not isinstance(found, Base):
        raise BadNotice(f"{name} sends no notices")
    network.settings()  # with the secret in it; read, and kept for this request
    end_read()
    return found.open_notice(body, headers)


def receive(name: str, notice: Notice) -> bool:
    """Keep a notice for the workers; False when it was here before. Raises BadNotice."""
    sender = SENDER + name
    with unit_of_work(sender) as session:
        return inbox.keep(session, sender, notice)


def is_of_a_provisioner(event: inbox.Received) -> bool:
    return event.gateway.startswith(SENDER)


def act(event: inbox.Received) -> str:
    """Have its provisioner asked how the site stands; with the mark `done`. What was done, in words."""
    name, reference = event.gateway.removeprefix(SENDER), event.object_reference
    with unit_of_work(event.gateway) as session:
        known = select(Site.id).where(Site.reference == reference, Site.provisioner == name)
        site_id = session.scalar(known) if reference else None
        if site_id is None:
            inbox.finish(session, event, InboundStatus.IGNORED, "not ours")
            return "not ours"
        effect = site_jobs.notice(sites.locked(site_id))
        inbox.finish(session, event, InboundStatus.DONE, effect)
        return effect
