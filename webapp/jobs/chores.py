"""What workers are rung for. Each takes plain strings, calls one function, and may run twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from flask import current_app

from webapp.domain import email_addresses
from webapp.extensions import application, queue
from webapp.flows import bulk as bulk_jobs
from webapp.flows import charging, checking_domains, checking_tax_ids, fetching_rates, mailing, reconciling, relaying
from webapp.flows import inbound as notices
from webapp.settings import Settings
from webapp.transactions import unit_of_work


def chore(function: Callable[..., None]) -> Callable[..., None]:
    """Answer the bell before looking for work; in a worker leave the work to its hands, else do it here."""

    @wraps(function)
    def answer(*arguments: str) -> None:
        queue.answered(function.__name__, arguments)
        hands = current_app.extensions.get("hands")
        if hands is None:
            function(*arguments)
        else:
            hands.begin(function, arguments)

    return answer


@chore
def drain(handler: str) -> None:
    """Tell one destination everything that is due."""
    app = application()
    settings: Settings = app.extensions["settings"]
    relaying.drain(app, handler, lease=timedelta(seconds=settings.lease_seconds))


@chore
def inbound() -> None:
    """Act on what gateways told us."""
    while notices.work_off(100) and not relaying.stopping.is_set():
        pass


@chore
def bulk() -> None:
    """Go on with what the staff wants done to many rows."""
    bulk_jobs.work_off()


@chore
def mail() -> None:
    """Send what was written to people."""
    mailing.work_off()


@chore
def tax_id(number: str) -> None:
    """Ask the registry about a VAT id; each in a thread of its own, for somebody may be waiting for the answer."""
    settings: Settings = application().extensions["settings"]
    checking_tax_ids.ask(number, settings)


@chore
def domain_name(number: str) -> None:
    """Look at the records of a domain; each in a thread of its own, for a name server may let one wait."""
    settings: Settings = application().extensions["settings"]
    checking_domains.check(int(number), settings)


@chore
def rates() -> None:
    """Ask for the day's exchange rates."""
    settings: Settings = application().extensions["settings"]
    fetching_rates.fetch(settings)


@chore
def resets() -> None:
    """Write to those who forgot their password, if they are anybody here."""
    answered = 1
    while answered and not relaying.stopping.is_set():
        with unit_of_work("worker"):
            answered = email_addresses.answer_resets()


@chore
def reconcile(actor: str) -> None:
    """Compare with the gateways, since `actor` does not want to wait for the clock."""
    reconciling.run(actor)


@chore
def renewals() -> None:
    """Do what is due in the life of memberships: announce, charge, renew, put on hold, end."""
    charging.work_off()
