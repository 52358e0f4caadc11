"""One VAT id to the registry and back. No transaction is open while it is asked."""

from __future__ import annotations

from contextlib import closing

from webapp.domain import network, tax_id_checks, tax_ids
from webapp.integrations import vies
from webapp.outgoing import DeliveryFailure
from webapp.settings import Settings
from webapp.transactions import unit_of_work


def ask(number: str, settings: Settings) -> bool:
    """Ask about the number if it is due; whether there is an answer now. Raises ConfigurationError."""
    with unit_of_work("worker"):
        check_id = tax_id_checks.claim(number)
        seller = network.settings()
        requester = tax_ids.number_of(seller.company_tax_id, seller.seller_country)
    if check_id is None:
        return False
    try:
        with closing(vies.from_settings(settings)) as registry:
            found = registry.check(number, requester)
    except DeliveryFailure as problem:
        with unit_of_work("worker"):
            tax_id_checks.record_failure(check_id, problem.reason)
        return False
    with unit_of_work("worker"):
        tax_id_checks.record_answer(check_id, valid=found.valid, consultation=found.consultation)
    return True
