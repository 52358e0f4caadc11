"""A VAT id is asked about once, its answer kept for a day, and nobody is exempt without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.fakes.vendor import HangUp
from tests.fakes.vies import ViesFake
from webapp.domain import carts, customers, erasure, memberships, network, tax_id_checks
from webapp.domain.carts import CartRequest
from webapp.domain.customers import Profile
from webapp.flows import checking_tax_ids, ordering
from webapp.models import Payment, TaxDoubt, TaxIdCheck, TaxIdStatus
from webapp.settings import Settings
from webapp.transactions import unit_of_work

FRENCH, OURS = "FR40303265045", "DE136695976"


@pytest.fixture
def vies() -> Iterator[ViesFake]:
    with ViesFake(FRENCH, OURS) as vies:
        yield vies


@pytest.fixture
def here(settings: Settings, vies: ViesFake) -> Settings:
    return replace(settings, env={**settings.env, "VIES_API_BASE": vies.url})


@pytest.fixture(autouse=True)
def shop(db: Session, clock: Any) -> None:
    factories.taxed(company_country="DE", company_tax_id=OURS)
    factories.tax_rate("20", "FR")
    factories.product("plan", amount_minor=10000)


def ask(number: str = FRENCH, **options: Any) -> bool:
    with unit_of_work("test"):
        return tax_id_checks.ask(number, **options)


def check(db: Session, number: str = FRENCH) -> TaxIdCheck:
    db.rollback()
    db.expire_all()
    return db.scalars(select(TaxIdCheck).where(TaxIdCheck.number == number)).one()


def order(**values: Any) -> Any:
    cart = {"country": "FR", "tax_id": FRENCH, "business": True}
    return factories.order(
        "plan", cart=cart, profile=Profile("Ada", True, "Ada SARL", FRENCH, billing_country="FR"), **values
    )


def bought(db: Session, settings: Settings, **values: Any) -> Payment:
    placed = ordering.place(order(**values), settings)
    db.expire_all()
    return db.scalars(select(Payment).where(Payment.reference == placed.reference)).one()


def test_a_number_is_asked_about_once_a_day(db: Session, here: Settings, vies: ViesFake, clock: Any) -> None:
    assert ask()
    assert not ask()
    assert checking_tax_ids.ask(FRENCH, here)
    assert not checking_tax_ids.ask(FRENCH, here)
    found = check(db)
    assert (found.status, found.consultation, found.next_at) == (TaxIdStatus.VALID, "WAPIAAAAX1234567", None)
    assert vies.asked == [FRENCH]
    clock.tick(hours=23)
    assert not ask()
    clock.tick(hours=1)
    assert ask()


def test_what_was_answered_holds_while_it_is_asked_again(db: Session, here: Settings, clock: Any) -> None:
    ask()
    checking_tax_ids.ask(FRENCH, here)
    clock.tick(hours=11)
    assert ask(older_than=timedelta(hours=10))
    assert carts.build(CartRequest(["plan"], country="FR", tax_id=FRENCH)).is_reverse_charged


def test_the_price_follows_the_answer(db: Session, here: Settings) -> None:
    request = CartRequest(["plan"], country="FR", tax_id=FRENCH)
    assert carts.build(request).total.minor == 12000
    ask()
    checking_tax_ids.ask(FRENCH, here)
    db.rollback()
    assert carts.build(request).total.minor == 10000


def test_an_away_registry_is_asked_again_and_again_and_then_left(
    db: Session, here: Settings, vies: ViesFake, clock: Any
) -> None:
    vies.away["FR"] = "MS_UNAVAILABLE"
    ask()
    waits = []
    while check(db).next_at is not None:
        asked_at = clock.now
        assert not checking_tax_ids.ask(FRENCH, here)
        again = check(db).next_at
        if again is not None:
            waits.append(again - asked_at)
            clock.now = again
    assert tuple(waits) == tax_id_checks.AGAIN_AFTER
    assert check(db).status == TaxIdStatus.UNANSWERED
    assert check(db).problem == "vies: MS_UNAVAILABLE"


def test_who_asks_anew_does_not_wait_for_the_next_turn(db: Session, here: Settings, vies: ViesFake, clock: Any) -> None:
    vies.next(HangUp())
    ask()
    checking_tax_ids.ask(FRENCH, here)
    clock.tick(minutes=2)
    vies.next(HangUp())
    checking_tax_ids.ask(FRENCH, here)  # now it is put off for five minutes
    assert ask()
    assert checking_tax_ids.ask(FRENCH, here)


def test_two_workers_ask_once(db: Session) -> None:
    ask()
    with unit_of_work("worker"):
        assert tax_id_checks.claim(FRENCH) is not None
    with unit_of_work("worker"):
        assert tax_id_checks.claim(FRENCH) is None


def test_a_lost_worker_costs_a_minute(db: Session, here: Settings, clock: Any) -> None:
    ask()
    with unit_of_work("worker"):
        tax_id_checks.claim(FRENCH)
    assert tax_id_checks.due() == []
    clock.tick(minutes=1)
    assert tax_id_checks.due() == [FRENCH]
    assert checking_tax_ids.ask(FRENCH, here)


def test_who_is_taxed_without_an_answer_is_noted_until_it_comes(db: Session, here: Settings) -> None:
    payment = bought(db, here)
    assert (payment.tax_minor, payment.total_minor) == (2000, 12000)
    assert (payment.tax_doubt, payment.tax_check_id) == (TaxDoubt.OPEN, check(db).id)
    assert payment.tax_evidence is not None
    assert payment.tax_evidence["check"] == {"status": "asked", "at": None, "consultation": ""}
    checking_tax_ids.ask(FRENCH, here)
    db.expire_all()
    assert payment.tax_doubt == TaxDoubt.REFUNDABLE
    assert payment.tax_evidence["later_check"]["consultation"] == "WAPIAAAAX1234567"


def test_a_tax_that_was_right_is_no_doubt_any_more(db: Session, here: Settings, vies: ViesFake) -> None:
    vies.numbers.discard(FRENCH)
    payment = bought(db, here)
    checking_tax_ids.ask(FRENCH, here)
    db.expire_all()
    assert payment.tax_doubt is None
    assert payment.tax_evidence is not None
    assert payment.tax_evidence["later_check"]["status"] == "invalid"


def test_who_is_known_to_be_valid_owes_the_tax_themself(db: Session, here: Settings) -> None:
    ask()
    checking_tax_ids.ask(FRENCH, here)
    payment = bought(db, here)
    assert (payment.tax_minor, payment.total_minor, payment.tax_doubt) == (0, 10000, None)
    assert payment.is_reverse_charged
    assert payment.tax_evidence is not None
    assert payment.tax_evidence["check"]["status"] == "valid"


def test_before_a_renewal_its_number_is_asked_about(db: Session, here: Settings, vies: ViesFake, clock: Any) -> None:
    owner = factories.customer(business=True, tax_id=FRENCH, billing_country="FR")
    factories.active_membership(customer=owner, expires_at=clock.now + timedelta(days=2))
    factories.active_membership(
        customer=factories.customer(business=True, tax_id=OURS), expires_at=clock.now + timedelta(hours=2)
    )

    def ask_ahead() -> int:
        with unit_of_work("clock"):
            return tax_id_checks.ask_ahead()

    assert ask_ahead() == 0
    clock.tick(hours=37)
    assert [ask_ahead(), ask_ahead()] == [1, 0]
    checking_tax_ids.ask(FRENCH, here)
    assert (ask_ahead(), vies.asked) == (0, [FRENCH])


def test_nothing_is_asked_where_no_tax_is_reckoned(db: Session, here: Settings, clock: Any) -> None:
    with unit_of_work("test"):
        network.change({"enable_taxes": False})
    owner = factories.customer(business=True, tax_id=FRENCH, billing_country="FR")
    factories.active_membership(customer=owner, expires_at=clock.now + timedelta(hours=1))
    with unit_of_work("clock"):
        assert tax_id_checks.ask_ahead() == 0
    assert bought(db, here).tax_evidence is None
    assert db.scalars(select(TaxIdCheck)).all() == []


def test_a_number_is_kept_as_the_registry_writes_it() -> None:
    assert Profile(tax_id=" fr 40 303 265 045 ", billing_country="FR").tax_id == FRENCH
    assert Profile(tax_id="40303265045", billing_country="FR").tax_id == FRENCH
    assert Profile(tax_id="GR094259216", billing_country="GR").tax_id == "EL094259216"
    assert Profile(tax_id="CHE-107.787.577 MWST", billing_country="CH").tax_id == "CHE-107.787.577 MWST"


def test_numbers_are_forgotten_that_nobody_waits_for(db: Session, here: Settings, vies: ViesFake, clock: Any) -> None:
    vies.away["FR"] = "MS_UNAVAILABLE"
    bought(db, here)
    factories.tax_id_check("DK13585628")
    factories.tax_id_check("DK25063864", next_at=clock.now)
    clock.tick(days=31)
    with unit_of_work("clock"):
        assert tax_id_checks.forget() == 1
    assert set(db.scalars(select(TaxIdCheck.number))) == {FRENCH, "DK25063864"}


def test_an_account_that_is_deleted_leaves_no_evidence_of_what_was_not_paid(db: Session, here: Settings) -> None:
    payment = bought(db, here)
    paid = factories.payment(membership=payment.membership, status="completed", tax_evidence={"tax_id": FRENCH})
    with unit_of_work("test"):
        memberships.end(memberships.find(payment.membership_id or 0), reason="test")
        erasure.delete_account(customers.find(payment.customer_id))
    db.expire_all()
    assert (payment.tax_evidence, paid.tax_evidence) == (None, {"tax_id": FRENCH})
