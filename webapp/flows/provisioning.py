"""A site, from its request to answering on its address. Each step can run twice."""

from __future__ import annotations

from webapp.domain import site_building, sites
from webapp.models import Site
from webapp.transactions import unit_of_work


def provision(site: Site) -> str:
    """Make one site; called by a worker for a membership that has begun. What it did, in words.

    What it shows and its publication are written together: whatever dies, there is a whole site or none.
    """
    site_id = site.id
    with unit_of_work("provisioning"):
        if sites.begin_creating(site_id) is None:
            return "nothing to do"
    try:
        with unit_of_work("provisioning"):
            made = sites.find(site_id)
            site_building.build(made)
            sites.publish(made)
    except Exception as error:
        with unit_of_work("provisioning"):
            sites.fail(site_id, f"{type(error).__name__}: {error}")
        raise
    return "published"
