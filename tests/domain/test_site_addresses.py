"""Looking an address up costs the same with ten sites and with a million."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from tests import factories
from tests.plans import read_through, steps
from webapp import clock
from webapp.domain import sites
from webapp.models import Site, SiteStatus


def site(slug: str, **values: Any) -> Site:
    agreement = factories.active_membership()
    return factories.save(
        lambda: Site(customer=agreement.customer, membership=agreement, slug=slug, title="A", **values)
    )


def test_an_archived_site_gives_its_address_free(db: Session) -> None:
    site("bakery", status=SiteStatus.ARCHIVED)
    assert not sites.is_taken("bakery")
    site("bakery", status=SiteStatus.PUBLISHED)
    assert sites.is_taken("bakery")
    assert sites.suggest("bakery") == "bakery-2"


def test_an_address_is_found_by_its_index(db: Session) -> None:
    plan = steps(sites.HOLDERS, {"slug": "bakery", "now": clock.now()})
    assert read_through(plan) == [], plan
    assert "uq_sites_slug" in " ".join(plan), plan
