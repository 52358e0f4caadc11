"""The day's exchange rates, from the bank to our own table. No transaction is open while it is asked."""

from __future__ import annotations

from contextlib import closing

from webapp.domain import rate_fetches
from webapp.errors import ConfigurationError
from webapp.integrations import ecb
from webapp.outgoing import DeliveryFailure
from webapp.settings import Settings
from webapp.transactions import unit_of_work


def fetch(settings: Settings) -> bool:
    """Ask if it is due; whether there are new rates now."""
    with unit_of_work("worker") as session:
        question = rate_fetches.claim(session)
    if question is None:
        return False
    try:
        with closing(ecb.from_settings(settings)) as bank:
            found = bank.rates(question.currencies, question.since)
    except (DeliveryFailure, ConfigurationError) as problem:
        with unit_of_work("worker") as session:
            rate_fetches.record_failure(session, str(problem))
        return False
    with unit_of_work("worker") as session:
        rate_fetches.record_rates(session, [one for one in found if one[0] in question.currencies])
    return True
