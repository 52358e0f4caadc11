"""What the guide's add-on does beside what the page's own tests say."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.addons import installed, work_off
from tests.docs import pages
from webapp import hooks
from webapp.domain import carts, memberships, payments
from webapp.domain.carts import CartRequest
from webapp.flows import asking, offering, ordering, sandbox_bank
from webapp.models import Attempt, Customer, Delivery, Membership, Payment, Try
from webapp.settings import Settings
from webapp.transactions import unit_of_work

PAGE = pages.ROOT / "docs" / "integration-guide.md"


@pytest.fixture
def guide(app: Flask) -> Iterator[ModuleType]:
    """The page's add-on, at work."""
    with pages.loaded(PAGE) as page, installed(app, page.__name__, env=page.ENV) as [addon]:
        assert addon.error == ""
        yield page


@pytest.fixture
def sale(guide: ModuleType, settings: Settings, db: Session) -> Payment:
    """Premium, ordered by somebody who consented and paid."""
    factories.product("premium", name="Premium")
    ordering.place(factories.order("premium", gateway="manual"), settings)
    with unit_of_work("test"):
        payment = db.scalars(select(Payment)).one()
        payment.customer.analytics_consent_at = payment.created_at
        payments.confirm_by_hand(payments.locked(payment.id), actor="operator:1")
    return db.scalars(select(Payment)).one()


def test_a_sale_is_one_purchase_with_the_totals_of_the_payment(app: Flask, guide: ModuleType, sale: Payment) -> None:
    work_off(app)
    item = {"item_id": "premium", "item_name": "Premium", "item_category": "subscription", "quantity": 1}
    facts = {
        "transaction_id": sale.reference,
        "value": 29.99,
        "currency": "EUR",
        "items": [{**item, "price": 29.99}],
    }
    assert guide.your_analytics.events == [("purchase", facts)]


def test_an_ended_membership_is_churn(app: Flask, guide: ModuleType, sale: Payment, db: Session) -> None:
    with unit_of_work("test"):
        memberships.cancel(db.scalars(select(Membership)).one(), reason="", at_once=True)
    work_off(app)
    assert guide.your_analytics.events[-1] == ("membership_cancelled", {"plan": "premium"})


def test_a_failed_payment_is_told(app: Flask, guide: ModuleType, settings: Settings, db: Session) -> None:
    factories.product("premium")
    ordering.place(factories.order("premium"), settings)
    with unit_of_work("test"):
        customer = db.scalars(select(Customer)).one()
        customer.analytics_consent_at = customer.registered_at
    attempt = db.scalars(select(Try)).one()
    sandbox_bank.decline(str(attempt.gateway_reference))
    asking.ask(attempt.id)
    work_off(app)
    reference = db.scalars(select(Payment.reference)).one()
    assert guide.your_analytics.events == [("payment_failed", {"transaction_id": reference})]


def test_what_a_callback_returns_is_shown_with_the_attempt(app: Flask, sale: Payment, db: Session) -> None:
    work_off(app)
    db.rollback()
    query = select(Attempt.answer).join(Delivery).where(Delivery.handler == pages.module_name(PAGE))
    assert sorted(db.scalars(query)) == ["contact contact-1", "purchase sent"]


def test_a_customer_without_a_membership_is_a_contact_without_a_plan(app: Flask, guide: ModuleType) -> None:
    factories.registered("operator-made@example.org")
    work_off(app)
    assert [one["plan"] for one in guide.your_crm.contacts] == [""]


def test_a_missing_variable_leaves_the_addon_out(app: Flask) -> None:
    before = hooks.registry.snapshot()
    with pages.loaded(PAGE) as page, installed(app, page.__name__) as [addon]:
        assert "YOUR_CRM_KEY" in addon.error
        assert hooks.registry.snapshot() == before


def test_a_refused_plan_is_not_sold_and_the_others_are(guide: ModuleType, settings: Settings, db: Session) -> None:
    hooks.add_action("wu_checkout_before_processing", guide.refuse_business_plans)
    factories.free_product("business")
    factories.free_product("free")
    with pytest.raises(hooks.Reject, match="Please call us"):
        ordering.place(factories.order("business", gateway=""), settings)
    assert db.scalars(select(Payment)).all() == []
    assert ordering.place(factories.order("free", gateway=""), settings).settled


@pytest.mark.parametrize(("minor", "offered"), [(4999, False), (5000, True)])
def test_small_sums_are_not_transferred(guide: ModuleType, minor: int, offered: bool) -> None:
    hooks.add_filter("wu_available_gateways", guide.no_transfers_for_small_sums)
    factories.product("premium", amount_minor=minor)
    cart = carts.build(CartRequest(products=["premium"]))
    assert ("manual" in offering.available_gateways(cart)) is offered


@pytest.mark.parametrize(
    ("status", "retry_after", "failure"),
    [
        (200, "", None),
        (204, "", None),
        (302, "", hooks.PermanentFailure),
        (401, "", hooks.PermanentFailure),
        (422, "", hooks.PermanentFailure),
        (408, "", hooks.TryLater),
        (429, "30", hooks.TryLater),
        (503, "Wed, 21 Oct 2027 07:28:00 GMT", hooks.TryLater),
    ],
)
def test_a_vendors_status_is_told_apart(
    guide: ModuleType, status: int, retry_after: str, failure: type[Exception] | None
) -> None:
    if failure is None:
        guide.told(status, retry_after)
        return
    with pytest.raises(failure) as raised:
        guide.told(status, retry_after)
    told: Any = raised.value
    assert told.http_status == status
    assert getattr(told, "after", None) == (30.0 if retry_after == "30" else None)
