"""What the clock does by itself, and how often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from webapp.domain import (
    acting,
    agenda,
    attention,
    attention_digests,
    bulk,
    checkout_drafts,
    domain_checks,
    email_addresses,
    erasure,
    figure_days,
    inbox,
    kept_answers,
    mail_claims,
    mails,
    one_time_links,
    passkeys,
    rate_fetches,
    sale_holds,
    sessions,
    site_changes,
    site_imports,
    site_jobs,
    site_keeping,
    site_renaming,
    site_switching,
    site_transfers,
    tax_id_checks,
    throttles,
    transfers,
)
from webapp.extensions import db, queue
from webapp.flows import asking, reconciling, refunding, relaying, storing
from webapp.jobs.turns import Chore
from webapp.transactions import reading, unit_of_work


def sweep_deliveries() -> int:
    return relaying.sweep(queue.ring)


def sweep_inbound() -> int:
    due = inbox.count_due()
    if due:
        queue.ring("inbound")
    return due


def forget_drafts() -> int:
    with unit_of_work("clock"):
        return checkout_drafts.forget_old()


def sweep_bulk() -> int:
    due = bulk.count_due()
    if due:
        queue.ring("bulk")
    return due


def sweep_mail() -> int:
    due = mail_claims.count_due()
    if due:
        queue.ring("mail")
    return due


def sweep_resets() -> int:
    due = email_addresses.count_resets()
    if due:
        queue.ring("resets")
    return due


def sweep_tax_ids() -> int:
    """Those whose ring was lost, and those to be asked about again."""
    due = tax_id_checks.due()
    for number in due:
        queue.ring("tax_id", [number])
    return len(due)


def sweep_domains() -> int:
    """Those whose records are to be looked at; each by its own, for a name server may let one wait."""
    due = domain_checks.due()
    for one in due:
        queue.ring("domain_name", [str(one)])
    return len(due)


def sweep_rates() -> int:
    """Once a day, and again after a failure."""
    with reading() as session:
        due = rate_fetches.is_due(session)
    if due:
        queue.ring("rates")
    return int(due)


def forget_tax_ids() -> int:
    return _in_batches(tax_id_checks.forget)


def ask_before_renewals() -> int:
    return _in_batches(tax_id_checks.ask_ahead)


def forget_mail() -> int:
    return _in_batches(mails.forget)


def forget_bulk() -> int:
    return _in_batches(bulk.sweep)


def sweep_renewals() -> int:
    due = agenda.count_due()
    if due:
        queue.ring("renewals")
    return due


def give_up_sales() -> int:
    return _in_batches(sale_holds.give_up_due)


def remind_of_transfers() -> int:
    return _in_batches(transfers.remind_due)


def keep_sites() -> int:
    return _in_batches(site_keeping.work_off)


def forget_addresses() -> int:
    return _in_batches(site_renaming.sweep)


def forget_copies() -> int:
    return _in_batches(site_switching.sweep)


def end_imports() -> int:
    return _in_batches(site_imports.sweep)


def end_transfers() -> int:
    return _in_batches(site_transfers.sweep)


def give_up_sites() -> int:
    return _in_batches(site_jobs.give_up_lost) + _in_batches(site_changes.give_up_lost)


def forget_billed() -> int:
    return _in_batches(erasure.sweep)


def forget_answers() -> int:
    return _in_batches(kept_answers.sweep)


def count_days() -> int:
    return _in_batches(lambda: figure_days.roll_up(db.session()))


def send_digests() -> int:
    return _in_batches(lambda: attention_digests.send_due(db.session()))


def forget_marks() -> int:
    with unit_of_work("clock") as session:
        return attention.sweep(session)


def reconcile() -> int:
    return reconciling.run("clock").repaired


def sweep_signing_in() -> int:
    with unit_of_work("clock"):
        return throttles.sweep() + one_time_links.sweep() + sessions.sweep() + passkeys.sweep()


def end_acting() -> int:
    return _in_batches(acting.sweep)


def _in_batches(step: Callable[[], int]) -> int:
    total = 0
    while True:
        with unit_of_work("clock"):
            done = step()
        total += done
        if done == 0:
            return total


CHORES = (
    Chore("sweep-deliveries", timedelta(seconds=2), sweep_deliveries),
    Chore("sweep-inbound", timedelta(seconds=5), sweep_inbound),
    Chore("sweep-bulk", timedelta(seconds=5), sweep_bulk),
    Chore("sweep-resets", timedelta(seconds=5), sweep_resets),
    Chore("sweep-mail", timedelta(seconds=5), sweep_mail),
    Chore("sweep-tax-ids", timedelta(seconds=10), sweep_tax_ids),
    Chore("sweep-domains", timedelta(seconds=5), sweep_domains),
    Chore("sweep-rates", timedelta(minutes=1), sweep_rates),
    Chore("ask-before-renewals", timedelta(minutes=30), ask_before_renewals),
    Chore("sweep-renewals", timedelta(seconds=5), sweep_renewals),
    Chore("ask-gateways", timedelta(seconds=30), asking.ask_due),
    Chore("ask-about-set-ups", timedelta(seconds=30), storing.ask_due),
    Chore("ask-about-refunds", timedelta(seconds=30), refunding.ask_due),
    Chore("reconcile", timedelta(hours=1), reconcile),
    Chore("give-up-sales", timedelta(minutes=1), give_up_sales),
    Chore("remind-of-transfers", timedelta(minutes=1), remind_of_transfers),
    Chore("count-days", timedelta(minutes=1), count_days),
    Chore("end-acting", timedelta(minutes=1), end_acting),
    Chore("forget-bulk", timedelta(hours=1), forget_bulk),
    Chore("forget-tax-ids", timedelta(days=1), forget_tax_ids),
    Chore("keep-sites", timedelta(minutes=5), keep_sites),
    Chore("forget-addresses", timedelta(days=1), forget_addresses),
    Chore("forget-copies", timedelta(days=1), forget_copies),
    Chore("end-imports", timedelta(minutes=5), end_imports),
    Chore("end-transfers", timedelta(hours=1), end_transfers),
    Chore("give-up-sites", timedelta(hours=1), give_up_sites),
    Chore("forget-billed", timedelta(days=1), forget_billed),
    Chore("send-digests", timedelta(minutes=5), send_digests),
    Chore("forget-marks", timedelta(hours=1), forget_marks),
    Chore("forget-answers", timedelta(hours=1), forget_answers),
    Chore("forget-drafts", timedelta(hours=1), forget_drafts),
    Chore("forget-mail", timedelta(hours=1), forget_mail),
    Chore("sweep-signing-in", timedelta(hours=1), sweep_signing_in),
)
