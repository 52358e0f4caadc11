"""What owners are told of sites that are shown no more. A worker calls each of these."""

from __future__ import annotations

from webapp.domain import mails
from webapp.formatting import long_date
from webapp.integrations.mailing import words
from webapp.integrations.mailing.writing import account, write
from webapp.models import Site, SiteStatus


def warn_of_deletion(site: Site) -> str:
    """One of the warnings before what a site holds is deleted; not when it is shown again by now."""
    deleted = site.delete_at
    if deleted is None:
        return "it is kept: nothing was written"

    archived = site.status == SiteStatus.ARCHIVED

    def values(_locale: str) -> dict[str, str]:
        return {
            "title": site.title,
            "site_url": words.site_address(site),
            "deleted_on": long_date(deleted),
            "archived": "yes" if archived else "",
            "link": mails.url(f"/account/sites/{site.id}") if archived else account(site.membership),
        }

    return write("site_deletion", site.customer, f"site-deletion:{site.id}:{site.warned}:{deleted:%Y-%m-%d}", values)
