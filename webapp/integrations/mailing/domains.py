"""What owners are told of their domains: who has entered records waits for hours, and looks no more. By a worker."""

from __future__ import annotations

from webapp.domain import mails
from webapp.integrations.mailing import words
from webapp.integrations.mailing.writing import write
from webapp.models import DomainName, DomainStatus


def tell_of_domain(domain: DomainName) -> str:
    """It leads here now."""
    return tell("domain_ready", domain, f"domain:{domain.id}:{domain.verified_at}")


def tell_of_failing(domain: DomainName) -> str:
    """It has not led here for a day; not when it does by now."""
    if domain.status != DomainStatus.FAILING:
        return "it leads here again: nothing was written"
    return tell("domain_failing", domain, f"domain-failing:{domain.id}:{domain.failing_since}")


def tell_of_giving_up(domain: DomainName) -> str:
    """Its records did not become as they should; not when it was asked for again by now."""
    if domain.status != DomainStatus.GIVEN_UP:
        return "it was asked for again: nothing was written"
    return tell("domain_given_up", domain, f"domain-given-up:{domain.id}:{domain.waits_since}")


def tell(kind: str, domain: DomainName, once: str) -> str:
    def values(_locale: str) -> dict[str, str]:
        return {
            "title": domain.site.title,
            "domain": domain.title,
            "site_url": words.site_address(domain.site),
            "link": mails.url(f"/account/sites/{domain.site_id}/domains/{domain.id}"),
        }

    return write(kind, domain.site.customer, once, values)
