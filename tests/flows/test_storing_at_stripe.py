"""Cards that a customer adds without a payment, kept by Stripe: on our page and at its own."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.fakes.stripe import FAILS_LATER, GOOD, NO_FUNDS, CardRefused
from tests.fakes.vendor import DropAnswer, Status
from tests.flows.test_stripe_sales import Shop, shop
from tests.lives import live_until
from webapp.domain import memberships, payment_methods
from webapp.extensions import db as database
from webapp.flows import inbound, relaying, storing
from webapp.flows.storing import Standing
from webapp.gateways.base import VendorUnreachable
from webapp.models import (
    CredentialSetup,
    Customer,
    Delivery,
    DeliveryStatus,
    InboundEvent,
    Mail,
    Membership,
    MembershipStatus,
    StoredCredential,
)
from webapp.models import TryStatus as S
from webapp.paying import Credential
from webapp.transactions import unit_of_work

__all__ = ["shop"]  # a fixture


def bought(shop: Shop, number: str = GOOD) -> int:
    shop.buy(number=number)
    shop.hear(*shop.fake.events)
    return int(database.session.scalars(select(Membership.id)).one())


def membership() -> Membership:
    database.session.rollback()
    return database.session.scalars(select(Membership)).one()


def setup() -> CredentialSetup:
    database.session.rollback()
    return database.session.scalars(select(CredentialSetup).order_by(CredentialSetup.id.desc())).first()  # type: ignore[return-value]


def add(shop: Shop, gateway: str = "stripe") -> Standing:
    mine = membership()
    return storing.begin(mine.customer_id, gateway, [mine.id], shop.settings, unit_of_work)


def press(shop: Shop) -> str:
    done = storing.confirm(setup(), shop.settings)
    assert done.step is not None
    return str(done.step["client_secret"]).split("_secret_")[0]


@pytest.mark.parametrize("gateway", ["stripe", "stripe-checkout"])
def test_a_card_is_added_without_a_charge_for_the_customer_whom_stripe_knows(shop: Shop, gateway: str) -> None:
    bought(shop)
    old = membership().credential_id
    standing = add(shop, gateway)
    if gateway == "stripe":
        assert standing.on_our_page
        shop.fake.pay(press(shop))
    else:
        assert standing.url is not None
        shop.fake.pay_page(str(setup().gateway_reference))
    assert membership().credential_id == old
    shop.hear(*shop.fake.events, gateway=gateway)
    assert setup().status == S.SUCCEEDED
    new = membership().credential
    assert new is not None
    assert (new.id != old, new.label, new.expires_on) == (True, "Visa •••• 4242", date(2034, 12, 31))
    assert sum(one["object"] == "customer" for one in shop.fake.things.values()) == 1
    assert sum(one["object"] == "payment_intent" for one in shop.fake.things.values()) == 1
    intent = next(one for one in shop.fake.things.values() if one["object"] == "setup_intent")
    assert intent["metadata"]["try"] == setup().key
    assert "order" not in intent["metadata"]


def test_a_refused_card_is_said_and_the_next_one_is_taken(shop: Shop) -> None:
    bought(shop)
    add(shop)
    intent = press(shop)
    with pytest.raises(CardRefused):
        shop.fake.pay(intent, NO_FUNDS)
    storing.ask(setup().id)
    assert (setup().status, setup().reason) == (S.NEEDS_ACTION, "insufficient_funds")
    assert press(shop) == intent
    shop.fake.pay(intent)
    storing.ask(setup().id)
    assert setup().status == S.SUCCEEDED


def test_a_notice_finds_it_though_the_answer_was_lost(shop: Shop) -> None:
    bought(shop)
    add(shop)
    shop.fake.next(DropAnswer())
    with pytest.raises(VendorUnreachable):
        press(shop)
    assert setup().gateway_reference is None
    intent = next(one["id"] for one in shop.fake.things.values() if one["object"] == "setup_intent")
    shop.fake.pay(intent)
    shop.hear(*shop.fake.events)
    assert (setup().status, setup().gateway_reference) == (S.SUCCEEDED, intent)


def test_a_renewal_that_failed_is_paid_by_the_new_card_at_once(shop: Shop) -> None:
    bought(shop, FAILS_LATER)
    ends = membership().expires_at
    assert ends is not None
    live_until(shop.clock, (ends + timedelta(hours=1)).isoformat())
    assert membership().status == MembershipStatus.ON_HOLD
    add(shop)
    shop.fake.pay(press(shop))
    shop.hear(*shop.fake.events)
    assert membership().status == MembershipStatus.ACTIVE


def test_a_removed_card_is_detached_also_when_stripe_fails_first(shop: Shop) -> None:
    bought(shop)
    [card] = database.session.scalars(select(StoredCredential))
    reference = card.reference
    storing.remove(card.id, customer_id=membership().customer_id, unit=unit_of_work)
    assert shop.fake.things[reference]["customer"] is not None
    shop.fake.next(Status(500))
    for _turn in range(2):
        relaying.drain(shop.app, storing.__name__, lease=timedelta(seconds=60))
        shop.clock.now += timedelta(minutes=10)
    database.session.rollback()
    assert shop.fake.things[reference]["customer"] is None
    sent = select(Delivery.status).where(Delivery.handler == storing.__name__)
    assert database.session.scalars(sent).all() == [DeliveryStatus.DONE]


# -- cards that change, or go, at Stripe ------------------------------------------------------------------------------
def card() -> StoredCredential:
    database.session.rollback()
    return database.session.scalars(select(StoredCredential)).one()


def told(shop: Shop, *kinds: str) -> list[dict[str, object]]:
    return [one for one in shop.fake.events if one["type"] in kinds]


def test_a_card_that_its_bank_replaced_is_shown_as_the_new_one(shop: Shop) -> None:
    bought(shop)
    shop.fake.replace_card(card().reference, "1881", 2036)
    shop.hear(*told(shop, "payment_method.automatically_updated"))
    assert (card().label, card().expires_on, card().usable) == ("Visa •••• 1881", date(2036, 12, 31), True)
    assert membership().auto_renew
    assert effects()[-1] == "a payment method was renewed"
    shop.hear(*told(shop, "payment_method.attached", "payment_method.automatically_updated"))
    assert effects().count("a payment method was renewed") == 1


@pytest.mark.parametrize("how", ["detached there", "customer deleted", "customer deleted, and still named"])
def test_a_card_that_was_removed_at_stripe_renews_nothing_and_is_shown_so(shop: Shop, how: str) -> None:
    bought(shop)
    if how.startswith("customer deleted"):
        customer = str(shop.fake.things[card().reference]["customer"])
        shop.fake.remove_customer(customer, detaches=how == "customer deleted")
    else:
        shop.fake.detach(card().reference)
    for _twice in range(2):
        shop.hear(*told(shop, "payment_method.detached", "customer.deleted"))
    assert not card().usable
    mine = membership()
    assert (mine.credential, mine.auto_renew, mine.status) == (None, False, MembershipStatus.ACTIVE)
    assert effects().count("a payment method is gone") == 1
    asked_before = len(shop.fake.calls)
    assert mine.expires_at is not None
    live_until(shop.clock, (mine.expires_at + timedelta(days=1)).isoformat())
    assert len(shop.fake.calls) == asked_before  # nobody tries to charge it


TERMS = {"currency": "EUR", "price_minor": 1000, "net_price_minor": 1000}


def lose(shop: Shop, *, times: int = 1) -> list[Mail]:
    """The card is removed at Stripe, which says so; the mails about it, once the workers are through."""
    shop.fake.detach(card().reference)
    for _again in range(times):
        shop.hear(*told(shop, "payment_method.detached"))
    return mails_about_it(shop)


def mails_about_it(shop: Shop) -> list[Mail]:
    for _turn in range(2):
        relaying.drain(shop.app, payment_methods.MAILS, lease=timedelta(seconds=60))
    database.session.rollback()
    return list(database.session.scalars(select(Mail).where(Mail.kind == "card_lost").order_by(Mail.id)))


@pytest.mark.parametrize(
    ("locale", "said"), [("en", "next charge on 28 February 2027"), ("de", "nächste Abbuchung am 28. Februar 2027")]
)
def test_who_relies_on_a_card_that_is_gone_is_told_once(shop: Shop, locale: str, said: str) -> None:
    number, owner = bought(shop), membership().customer_id
    with unit_of_work("test") as session:
        session.get_one(Customer, owner).locale = locale
    [mail] = lose(shop, times=2)
    assert "Visa •••• 4242" in mail.text
    assert said in mail.text
    assert f"/account/payment-methods?contract={number}" in mail.text


def test_contracts_of_the_same_card_are_told_of_together(shop: Shop) -> None:
    number, mine = bought(shop), membership()
    facts = {"customer_id": mine.customer_id, "credential_id": mine.credential_id, "plan_id": mine.plan_id}
    with unit_of_work("test") as session:
        expires_at = shop.clock.now + timedelta(days=9)
        other = Membership(**facts, **TERMS, status=MembershipStatus.ACTIVE, expires_at=expires_at, auto_renew=True)
        session.add(other)
    [mail] = lose(shop)
    assert f"contract {number}" in mail.text
    assert f"contract {other.id}" in mail.text
    assert "?contract=" not in mail.text


def test_nobody_is_told_of_a_card_that_no_contract_needs(shop: Shop) -> None:
    number = bought(shop)
    with unit_of_work("test"):
        memberships.cancel(memberships.find(number), reason="no more")
    assert lose(shop) == []


def test_who_has_chosen_another_way_before_the_mail_is_written_is_not_told(shop: Shop) -> None:
    number = bought(shop)
    shop.fake.detach(card().reference)
    shop.hear(*told(shop, "payment_method.detached"))
    with unit_of_work("test") as session:
        mine = session.get_one(Membership, number)
        mine.credential = payment_methods.keep(mine.customer_id, "stripe", Credential("pm_other", "Visa •••• 1881"))
    assert mails_about_it(shop) == []


def test_a_card_that_we_removed_is_no_news(shop: Shop) -> None:
    bought(shop)
    storing.remove(card().id, customer_id=membership().customer_id, unit=unit_of_work)
    relaying.drain(shop.app, storing.__name__, lease=timedelta(seconds=60))
    shop.hear(*told(shop, "payment_method.detached"))
    assert "a payment method is gone" not in effects()


def test_a_notice_about_a_card_waits_while_stripe_cannot_be_asked(shop: Shop) -> None:
    bought(shop)
    shop.fake.detach(card().reference)
    shop.fake.next(Status(500))
    shop.hear(*told(shop, "payment_method.detached"))
    assert card().usable
    shop.clock.now += timedelta(hours=1)
    inbound.work_off()
    assert not card().usable


def effects() -> list[str]:
    database.session.rollback()
    return list(database.session.scalars(select(InboundEvent.effect).order_by(InboundEvent.id)))
