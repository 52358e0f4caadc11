"""A site, from its request to answering on its address. Each step can run twice."""

from __future__ import annotations

from webapp.domain import sites
from webapp.models import Site
from webapp.transactions import unit_of_work


def provision(site: Site) -> str:
    """Make one site; called by a worker for a membership that has begun. What it did, in words."""
    site_id = site.id
    with unit_of_work("provisioning"):
        if sites.begin_creating(site_id) is None:
            return "nothing to do"
    with unit_of_work("provisioning"):
        sites.publish(sites.find(site_id))
    return "published"
