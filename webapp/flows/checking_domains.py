"""A domain to the name servers and back. No transaction is open while they are asked."""

from __future__ import annotations

from webapp.domain import dns_verdicts, domain_checks, network
from webapp.integrations import certificates, name_servers
from webapp.settings import Settings
from webapp.transactions import unit_of_work


def check(domain_id: int, settings: Settings) -> bool:
    """Look at the domain if it is due; whether it was looked at. Raises ConfigurationError."""
    servers = name_servers.from_settings(settings)
    with unit_of_work("worker"):
        question = domain_checks.claim(domain_id)
        given = network.settings().network_ips.split()
    if question is None:
        return False
    seen = servers.look(question.name, question.token_name)
    ours = given or (servers.addresses(f"{question.slug}.{settings.network_domain}") if seen.addresses else [])
    verdict = dns_verdicts.judge(seen, token=question.token, network_domain=settings.network_domain, addresses=ours)
    with unit_of_work("worker"):
        is_new = domain_checks.record(question.id, verdict)
    if is_new and settings.secure:
        is_good = certificates.is_good(question.name, seen.addresses)
        with unit_of_work("worker"):
            domain_checks.record_certificate(question.id, is_good=is_good)
    return True
