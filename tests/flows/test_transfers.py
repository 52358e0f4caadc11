"""Orders that wait for a bank transfer: what the buyer is told, and how long the order is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests import factories
from tests.conftest import TurnedClock, only
from tests.integrations.mailbox import kinds, written
from webapp import clock as product_clock
from webapp import hooks
from webapp.bank_transfers import BankAccount, reference_of
from webapp.domain import (
    arrivals,
    credits,
    memberships,
    network,
    payments,
    reactivations,
    receivables,
    renewals,
    sale_holds,
    transfers,
)
from webapp.domain.arrivals import Effect
from webapp.errors import Conflict, Invalid
from webapp.extensions import db as database
from webapp.flows import ordering, relaying
from webapp.gateways.base import Base, Beginning, Capability, Later, PaymentRequest
from webapp.jobs import schedule
from webapp.models import (
    Invoice,
    MembershipStatus,
    Payment,
    PaymentKind,
    PaymentStatus,
    Redemption,
    RedemptionStatus,
    Sale,
    Site,
    SiteStatus,
    Try,
)
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work

HANDLERS = (
    "webapp.integrations.mailing.listeners",
    "webapp.integrations.mailing.renewals",
    "webapp.flows.provisioning",
)
pytestmark = pytest.mark.usefixtures("app")
ACCOUNT = BankAccount("Parzelle GmbH", "DE02120300000000202051", "BYLADEM1001", "Example Bank")
SAVED = {
    "manual_account_holder": ACCOUNT.holder,
    "manual_iban": ACCOUNT.iban,
    "manual_bic": ACCOUNT.bic,
    "manual_bank": ACCOUNT.bank,
    "manual_instructions": "Quote {{ reference }} with the {{ amount }}.",
    "manual_instructions_de": "Bitte {{ reference }} bis zum {{ due_date }} angeben.",
}


class BankGateway(Base):
    """An add-on's, with days of its own."""

    id, title, capabilities = "bank", "Bank", Capability.OFFLINE

    def begin(self, request: PaymentRequest) -> Beginning:
        return Later("Go to the bank.", due_days=30)


@pytest.fixture
def account(app: Flask) -> None:
    with unit_of_work("test"):
        network.change(SAVED)


def buy(settings: Settings, gateway: str = "manual", **values: Any) -> Payment:
    factories.product("premium")
    ordering.place(factories.order("premium", gateway=gateway, **values), settings)
    payment: Payment = only(Payment)
    return payment


def give_up() -> int:
    with unit_of_work("clock"):
        return sale_holds.give_up_due()


def confirm(payment: Payment) -> str:
    with unit_of_work("operator:1"):
        return payments.confirm_by_hand(payments.locked(payment.id), actor="operator:1")


def test_a_buyer_is_told_account_amount_and_reference(account: None, settings: Settings) -> None:
    payment = buy(settings)
    told = transfers.awaited(payment)
    assert told is not None
    reference = reference_of(payment.order_number)
    assert (told.account, told.reference) == (ACCOUNT, reference)
    for line in (
        f"Quote {reference} with the €29.99.",
        "Parzelle GmbH",
        "IBAN: DE02 1203 0000 0000 2020 51",
        "BIC: BYLADEM1001",
        "Example Bank",
        "€29.99",
    ):
        assert line in told.instructions
    assert told.instructions.endswith(f"Payment reference: {reference}")


def test_in_their_language(account: None, settings: Settings, clock: TurnedClock) -> None:
    clock.use("2026-12-01T10:00Z")
    told = transfers.awaited(buy(settings, locale="de"))
    assert told is not None
    assert told.instructions.startswith(f"Bitte {told.reference} bis zum 15. Dezember 2026 angeben.")


def test_what_is_saved_later_is_for_later_orders(account: None, settings: Settings) -> None:
    payment = buy(settings)
    with unit_of_work("test"):
        network.change({"manual_iban": "GB33BUKB20201555555555", "manual_due_days": 3})
    told = transfers.awaited(only(Payment))
    assert told is not None
    assert told.account == ACCOUNT
    assert payment.due_at == only(Payment).due_at


def test_the_invoice_names_the_reference(account: None, settings: Settings) -> None:
    payment = buy(settings)
    confirm(payment)
    assert only(Invoice).content["paid"]["reference"] == reference_of(payment.order_number)


def test_an_order_is_kept_until_some_days_after_the_money_is_due(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    factories.discount_code("ONCE", 10, max_uses=1)
    payment = buy(settings, cart={"discount_code": "ONCE"}, site_url="bakery")
    due = payment.due_at
    assert due is not None
    assert only(Redemption).held_until == due
    assert only(Sale).hold_until == due + timedelta(days=7)
    clock.tick(days=20)
    assert give_up() == 0
    clock.tick(days=1, minutes=1)
    assert give_up() == 1
    assert only(Payment).status == PaymentStatus.CANCELLED
    assert (only(Site).status, only(Redemption).status) == (SiteStatus.ARCHIVED, RedemptionStatus.RELEASED)


def test_any_gateways_later_is_kept_for_the_days_that_it_says(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    hooks.add_filter("wu_payment_gateways", lambda known: {**known, "bank": BankGateway})
    payment = buy(settings, gateway="bank", site_url="bakery")
    assert payment.due_at is not None
    assert timedelta(days=29) < payment.due_at - payment.created_at <= timedelta(days=30)
    clock.tick(days=31)
    assert give_up() == 0
    confirm(payment)
    assert only(Payment).membership.status == MembershipStatus.ACTIVE


def test_looking_again_at_how_to_pay_shortens_nothing(settings: Settings) -> None:
    payment = buy(settings)
    before = only(Sale).hold_until
    ordering.pay_again(payment.id, "manual", settings)
    assert only(Sale).hold_until == before
    assert len(only(Payment).tries) == 1


def test_who_pays_otherwise_is_kept_no_longer_than_others(settings: Settings, clock: TurnedClock) -> None:
    payment = buy(settings)
    ordering.pay_again(payment.id, "sandbox", settings)
    assert only(Payment).due_at is None
    clock.tick(minutes=31)
    assert give_up() == 1


def test_money_that_comes_after_the_order_was_given_up_begins_it(
    app: Flask, settings: Settings, clock: TurnedClock
) -> None:
    payment = buy(settings)
    clock.tick(days=22)
    assert give_up() == 1
    assert confirm(payment) == "completed, although it had been void"
    assert only(Payment).membership.status == MembershipStatus.ACTIVE


# -- taking up again ---------------------------------------------------------------------------------------------------
@pytest.fixture
def ended(app: Flask) -> int:
    membership = factories.active_membership(
        plan=factories.product("premium"), recurring=True, periods_paid=1, gateway="manual"
    )
    with unit_of_work("customer:1"):
        memberships.cancel(memberships.find(membership.id), reason="x", at_once=True)
    return int(membership.id)


def ask_again(number: int) -> int:
    with unit_of_work("customer:1"):
        payment = reactivations.ask(memberships.find(number))
    return int(payment.id)


def void(number: int) -> None:
    with unit_of_work("operator:1"):
        receivables.void(payments.locked(number), reason="made void by an operator")


def test_late_money_for_a_void_reactivation_takes_the_contract_up_again(ended: int) -> None:
    payment_id = ask_again(ended)
    void(payment_id)
    assert confirm(receivables.find(payment_id)).startswith("completed")
    membership, payment = memberships.find(ended), receivables.find(payment_id)
    assert (membership.status, membership.periods_paid, payment.period_number) == (MembershipStatus.ACTIVE, 2, 2)


def test_what_was_asked_for_in_its_place_is_void_then(ended: int) -> None:
    first = ask_again(ended)
    void(first)
    second = ask_again(ended)
    assert second != first
    confirm(receivables.find(first))
    assert receivables.find(second).status == PaymentStatus.CANCELLED
    assert memberships.find(ended).periods_paid == 2


def test_of_two_that_were_paid_the_second_renews_nothing(ended: int) -> None:
    first = ask_again(ended)
    void(first)
    second = ask_again(ended)
    confirm(receivables.find(second))
    assert confirm(receivables.find(first)).startswith("paid, and nothing was renewed")
    assert memberships.find(ended).periods_paid == 2


def test_a_try_without_instructions_waits_for_no_transfer(settings: Settings) -> None:
    buy(settings, gateway="sandbox")
    assert transfers.told(only(Try)) is None
    assert transfers.quoted(only(Payment)) == ""


# -- reminding ---------------------------------------------------------------------------------------------------------
Work = Callable[[], list[str]]


@pytest.fixture
def work(app: Flask) -> Work:
    """A turn of the clock and of the workers; the kinds of the mails that were written by then."""

    def turn() -> list[str]:
        database.session.rollback()
        schedule.remind_of_transfers()
        schedule.give_up_sales()
        for _ in range(2):
            for handler in HANDLERS:
                relaying.drain(app, handler, lease=timedelta(minutes=1))
        return kinds()

    return turn


def test_a_payer_is_reminded_before_and_after_and_told_when_it_is_given_up(
    settings: Settings, work: Work, clock: TurnedClock
) -> None:
    clock.use("2026-12-01T10:00Z")
    buy(settings)
    assert work() == ["payment_instructions"]
    clock.use("2026-12-12T09:59Z")
    assert work() == ["payment_instructions"]
    clock.use("2026-12-12T10:00Z")
    assert work() == work() == ["payment_instructions", "transfer_reminder"]
    clock.use("2026-12-18T10:00Z")
    assert work()[2:] == work()[2:] == ["transfer_overdue"]
    assert only(Payment).remind_at is None
    clock.use("2026-12-22T10:00Z")
    assert work()[3:] == work()[3:] == ["order_given_up"]
    reminder = written()[1]
    assert "15 December 2026" in reminder.text
    assert reference_of(only(Payment).order_number) in reminder.text
    assert "22 December 2026" in reminder.text


def test_in_the_customers_language_too(settings: Settings, work: Work, clock: TurnedClock) -> None:
    clock.use("2026-12-01T10:00Z")
    buy(settings, locale="de")
    for day in ("2026-12-12T10:00Z", "2026-12-18T10:00Z", "2026-12-22T10:00Z"):
        clock.use(day)
        work()
    subjects = [mail.subject for mail in written()][1:]
    assert [one.split(" ist ")[1] for one in subjects] == ["bald fällig", "nicht eingegangen", "hinfällig"]


@pytest.mark.parametrize("ending", ["paid", "void", "otherwise"])
def test_nobody_is_reminded_of_what_is_not_awaited_any_more(
    settings: Settings, work: Work, clock: TurnedClock, ending: str
) -> None:
    payment = buy(settings)
    if ending == "paid":
        confirm(payment)
    elif ending == "void":
        void_order(payment)
    else:
        ordering.pay_again(payment.id, "sandbox", settings)
    assert only(Payment).remind_at is None
    clock.tick(days=18)
    assert not {"transfer_reminder", "transfer_overdue"} & set(work())


def test_a_reminder_that_waits_for_a_worker_is_not_written_when_the_money_came(
    app: Flask, settings: Settings, work: Work, clock: TurnedClock
) -> None:
    payment = buy(settings)
    clock.tick(days=12)
    schedule.remind_of_transfers()
    confirm(payment)
    assert "transfer_reminder" not in work()


def test_after_an_outage_only_the_last_reminder_goes_out(settings: Settings, work: Work, clock: TurnedClock) -> None:
    with unit_of_work("test"):
        network.change({"manual_remind_before": [1, 5], "manual_remind_after": [1, 2, 5]})
    buy(settings)
    clock.tick(days=16, minutes=1)
    assert work()[1:] == ["transfer_overdue"]
    assert only(Payment).remind_at == only(Payment).due_at + timedelta(days=5)


def test_days_that_are_over_before_the_order_remind_of_nothing(settings: Settings, work: Work) -> None:
    with unit_of_work("test"):
        network.change({"manual_due_days": 2, "manual_remind_before": [3], "manual_remind_after": []})
    buy(settings)
    assert only(Payment).remind_at is None


def test_a_renewal_has_its_own_reminders(settings: Settings) -> None:
    payment = factories.payment(kind=PaymentKind.RENEWAL, gateway="manual", due_at=product_clock.now())
    assert transfers.reminders(payment) == []


def test_only_what_is_due_is_looked_at(settings: Settings, statements: list[str], clock: TurnedClock) -> None:
    buy(settings)
    for _ in range(30):
        factories.payment(gateway="manual", due_at=product_clock.now() + timedelta(days=9))
    clock.tick(days=1)
    database.session.rollback()
    statements.clear()
    assert schedule.remind_of_transfers() == 0
    assert len([one for one in statements if "payments" in one]) == 1


def void_order(payment: Payment) -> None:
    with unit_of_work("operator:1"):
        sale_holds.void(payments.locked(payment.id), reason="made void by an operator")


def test_what_an_operator_makes_void_frees_the_address_and_is_told(settings: Settings, work: Work) -> None:
    payment = buy(settings, site_url="bakery")
    void_order(payment)
    assert only(Payment).status == PaymentStatus.CANCELLED
    assert (only(Site).status, only(Sale).abandoned_at is None) == (SiteStatus.ARCHIVED, False)
    assert work()[-1] == "order_given_up"


DAYS = st.lists(st.integers(1, 20), max_size=4, unique=True).map(sorted)


@given(DAYS, DAYS, st.integers(1, 30), st.lists(st.integers(1, 400), min_size=1, max_size=60))
@examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_clock_runs_each_reminder_is_due_once(
    clock: TurnedClock, before: list[int], after: list[int], due_days: int, hours: list[int]
) -> None:
    """What a turn of the clock finds due is never due again, and those that are due come in order."""
    begun = clock.now
    with unit_of_work("test"):
        network.change({"manual_remind_before": before, "manual_remind_after": after})
        payment = Payment(due_at=begun + timedelta(days=due_days), kind=PaymentKind.FIRST)
        found: list[datetime] = []
        planned = transfers.next_reminder(payment)
        for step in hours:
            clock.tick(hours=step)
            if planned is not None and planned <= clock.now:
                found.append(planned)
                planned = transfers.next_reminder(payment)
        assert found == sorted(set(found))
        assert all(begun < one <= clock.now for one in found)
        assert planned is None or planned > clock.now
    clock.now = begun


# -- another amount than was asked for ---------------------------------------------------------------------------------
def arrive(payment: Payment, minor: int) -> Effect:
    with unit_of_work("operator:1"):
        locked = payments.locked(payment.id)
        return arrivals.note(locked, Money(minor, locked.currency), actor="operator:1")


def credit() -> int:
    database.session.rollback()
    return credits.balance(only(Payment).customer_id, "EUR").minor


def test_a_part_is_noted_and_the_rest_is_asked_for(account: None, settings: Settings, work: Work) -> None:
    payment = buy(settings)
    assert arrive(payment, 1000) == Effect.PART
    found = only(Payment)
    assert (found.status, found.asked.minor, credit()) == (PaymentStatus.PENDING, 1999, 0)
    assert work() == ["payment_instructions", "transfer_part"]
    told = written()[-1].text
    assert "€10.00 has arrived" in told
    assert "€19.99 is still missing" in told
    assert f"Quote {reference_of(payment.order_number)} with the €19.99." in told
    assert arrive(payment, 1999) == Effect.SETTLED
    assert only(Payment).membership.status == MembershipStatus.ACTIVE
    assert credit() == 0
    assert only(Invoice).content["totals"]["gross"] == 2999


def test_what_is_more_is_credit(settings: Settings) -> None:
    payment = buy(settings)
    assert arrive(payment, 3500) == Effect.SURPLUS
    assert (only(Payment).status, credit()) == (PaymentStatus.COMPLETED, 501)


def test_an_order_that_is_given_up_leaves_its_part_as_credit(
    settings: Settings, work: Work, clock: TurnedClock
) -> None:
    payment = buy(settings)
    arrive(payment, 1000)
    clock.tick(days=22)
    assert work()[-1] == "order_given_up"
    assert "€10.00" in written()[-1].text
    assert credit() == 1000


def test_the_rest_that_comes_late_uses_the_part_again(settings: Settings, clock: TurnedClock) -> None:
    payment = buy(settings)
    arrive(payment, 1000)
    clock.tick(days=22)
    give_up()
    assert arrive(payment, 1999) == Effect.SETTLED
    assert (only(Payment).status, credit()) == (PaymentStatus.COMPLETED, 0)


def test_without_that_credit_all_of_it_is_to_be_paid(settings: Settings, clock: TurnedClock) -> None:
    payment = buy(settings)
    arrive(payment, 1000)
    clock.tick(days=22)
    give_up()
    with unit_of_work("operator:1"):
        credits.adjust(payments.locked(payment.id).customer, Money(-1000, "EUR"), reason="sent back")
    with pytest.raises(Conflict, match="used up"):
        confirm(payment)
    assert arrive(payment, 1999) == Effect.KEPT
    assert (only(Payment).status, credit()) == (PaymentStatus.CANCELLED, 1999)
    assert arrive(payment, 2999) == Effect.SETTLED
    assert (only(Payment).status, credit()) == (PaymentStatus.COMPLETED, 1999)


def test_nothing_is_no_arrival_and_paid_is_paid(settings: Settings) -> None:
    payment = buy(settings)
    with pytest.raises(Invalid):
        arrive(payment, 0)
    arrive(payment, 2999)
    with pytest.raises(Conflict):
        arrive(payment, 2999)


@given(st.lists(st.integers(1, 4000), min_size=1, max_size=6))
@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cent_is_lost_however_it_comes(amounts: list[int]) -> None:
    """What came is what was paid and what is left as credit."""
    payment = factories.payment(gateway="manual")
    came = 0
    for minor in amounts:
        if not receivables.find(payment.id).is_paid:
            arrive(payment, minor)
            came += minor
        database.session.rollback()
    found = receivables.find(payment.id)
    paid = found.total_minor if found.is_paid else found.credit_minor
    assert came == paid + credits.balance(found.customer_id, "EUR").minor
    assert found.is_paid == (came >= found.total_minor)


def test_the_command_takes_the_reference_of_a_statement(app: Flask, settings: Settings) -> None:
    payment = buy(settings)
    reference = reference_of(payment.order_number)
    answer = app.test_cli_runner().invoke(args=["payments", "confirm", f"{reference[:4]} {reference[4:]}".lower()])
    assert answer.exit_code == 0, answer.output
    assert only(Payment).status == PaymentStatus.COMPLETED


# -- renewals ----------------------------------------------------------------------------------------------------------
def ask_for_renewal(**more: Any) -> Payment:
    ends = product_clock.now() + timedelta(days=3)
    facts = {"recurring": True, "periods_paid": 1, "gateway": "manual", "expires_at": ends, **more}
    number = factories.active_membership(plan=factories.product("premium"), **facts).id
    with unit_of_work("clock"):
        return renewals.ask_for(memberships.find(number))


def test_who_pays_by_transfer_reads_with_the_request_where_to(account: None, work: Work) -> None:
    payment = ask_for_renewal()
    assert work() == ["renewal_request"]
    told, reference = written()[0].text, reference_of(payment.order_number)
    for line in ("IBAN: DE02 1203 0000 0000 2020 51", f"Payment reference: {reference}", f"Quote {reference} with"):
        assert line in told
    confirm(payment)
    database.session.rollback()
    assert only(Invoice).content["paid"]["reference"] == reference


@pytest.mark.parametrize("case", ["another gateway", "no account", "not offered"])
def test_nobody_else_does(app: Flask, work: Work, case: str) -> None:
    with unit_of_work("test"):
        network.change({} if case == "no account" else SAVED)
        network.change({"active_gateways": ["sandbox"]} if case == "not offered" else {})
    ask_for_renewal(gateway="sandbox" if case == "another gateway" else "manual")
    work()
    assert "IBAN" not in written()[0].text


def test_what_is_void_waits_for_nothing(account: None, settings: Settings) -> None:
    payment = buy(settings)
    void_order(payment)
    assert transfers.awaited(only(Payment)) is None
    assert transfers.expected(only(Payment), "en") is None
