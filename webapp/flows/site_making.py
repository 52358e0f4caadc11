"""What the built-in provisioner has done: a site is filled with its template's pages, in a transaction of its own."""

from __future__ import annotations

from webapp.domain import site_building, site_jobs
from webapp.transactions import unit_of_work


def make(reference: str) -> None:
    """Fill the site of this name; all of it or nothing, and a filled one no second time."""
    with unit_of_work("provisioning"):
        site = site_jobs.by_reference(reference)
        if site is not None:
            site_building.build(site)
