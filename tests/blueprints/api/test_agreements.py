"""Memberships and payments by the API, to read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.blueprints.api.conftest import Caller, params
from tests.conftest import Statements
from webapp import clock
from webapp.domain import payments
from webapp.extensions import db
from webapp.flows import ordering
from webapp.models import (
    Invoice,
    LineItem,
    LineType,
    MembershipItem,
    MembershipStatus,
    Payment,
    PaymentStatus,
    ProductType,
    Refund,
    RefundStatus,
)
from webapp.settings import Settings
from webapp.transactions import unit_of_work


def test_a_membership_is_told_with_its_products_and_dates(caller: Caller) -> None:
    plan, addon = factories.product("premium"), factories.product("backup", type=ProductType.PACKAGE)
    ends = clock.now() + timedelta(days=20)
    facts = {"plan": plan, "expires_at": ends, "periods_paid": 2, "discount": {"code": "TEN"}, "price_minor": 3499}
    row = factories.active_membership(**facts)
    for product, quantity in ((plan, 1), (addon, 3)):
        item = {"membership_id": row.id, "product_id": product.id, "quantity": quantity, "unit_price_minor": 500}
        factories.save(lambda item=item: MembershipItem(**item))
    found = caller.get(f"/memberships/{row.id}").json
    assert (found["plan"], found["plan_id"], found["customer_id"]) == ("premium", plan.id, row.customer_id)
    assert (found["amount"], found["currency"], found["status"]) == (3499, "EUR", "active")
    assert (found["times_billed"], found["discount_code"]) == (2, "TEN")
    assert [(one["product"], one["quantity"], one["unit_price"]) for one in found["products"]] == [
        ("premium", 1, 500),
        ("backup", 3, 500),
    ]
    assert found["date_expiration"] == found["date_next_charge"]
    assert found["date_expiration"].endswith("Z")
    assert found["date_cancellation"] is None
    assert found["answers"] == {}
    assert caller.get(f"/memberships/{row.reference}").json == found


def test_a_membership_is_told_with_what_its_customer_answered(caller: Caller) -> None:
    answers = {"shoe_size": {"label": "Shoe size", "value": "42"}}
    row = factories.active_membership(answers=answers)
    row.meta["secret_of_an_addon"] = "hush"
    answer = caller.get(f"/memberships/{row.id}")
    assert answer.json["answers"] == {"shoe_size": "42"}
    assert "hush" not in answer.text
    assert caller.get("/memberships").json["data"][0]["answers"] == {"shoe_size": "42"}


def test_memberships_are_listed_filtered_and_cost_the_same(caller: Caller, statements: Statements) -> None:
    plan, owner = factories.product("premium"), factories.customer()
    rows = [factories.active_membership(plan=plan, customer=owner) for _ in range(12)]
    other = factories.membership()
    for row in rows:
        item = {"membership_id": row.id, "product_id": plan.id, "unit_price_minor": 5}
        factories.save(lambda item=item: MembershipItem(**item))
    assert len(caller.get("/memberships").json["data"]) == 13
    assert len(caller.get("/memberships?status=active").json["data"]) == 12
    assert [one["id"] for one in caller.get("/memberships?status=pending").json["data"]] == [other.id]
    assert len(caller.get(f"/memberships?product=premium&customer_id={owner.id}").json["data"]) == 12
    assert len(caller.get(f"/memberships?product={plan.id}").json["data"]) == 12
    assert caller.get("/memberships?product=nothing").json["data"] == []
    assert [one["id"] for one in caller.get(f"/memberships?search={other.reference}").json["data"]] == [other.id]
    counts = []
    for size in (2, 12):
        statements.clear()
        caller.get(f"/memberships?per_page={size}&status=active")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 12


def test_a_payment_is_told_with_its_lines_taxes_and_refunds(caller: Caller) -> None:
    plan = factories.product("premium")
    row = factories.payment(
        membership=factories.active_membership(plan=plan),
        status=PaymentStatus.PARTIALLY_REFUNDED,
        subtotal_minor=1000,
        tax_minor=190,
        total_minor=1190,
        gateway_reference="pi_1",
        completed_at=clock.now(),
        tax_evidence={"inclusive": False},
    )
    tax = {"title": "VAT", "rate": "19", "amount": 190, "rate_id": None}
    line = {
        "payment_id": row.id,
        "position": 1,
        "type": LineType.PRODUCT,
        "product_id": plan.id,
        "title": "Premium",
        "unit_price_minor": 1000,
        "subtotal_minor": 1000,
        "tax_minor": 190,
        "total_minor": 1190,
        "recurring": True,
        "currency": "EUR",
        "taxes": [tax],
    }
    factories.save(lambda: LineItem(**line))
    for amount, status in ((300, RefundStatus.SUCCEEDED), (200, RefundStatus.FAILED)):
        refund = {"payment_id": row.id, "amount_minor": amount, "currency": "EUR", "status": status, "reason": "late"}
        factories.save(lambda refund=refund: Refund(**refund))
    found = caller.get(f"/payments/{row.id}").json
    assert (found["total"], found["tax_total"], found["refund_total"]) == (1190, 190, 300)
    assert (found["status"], found["gateway_payment_id"], found["order_number"]) == (
        "partially-refunded",
        "pi_1",
        row.order_number,
    )
    [told] = found["line_items"]
    assert (told["product"], told["unit_price"], told["total"]) == ("premium", 1000, 1190)
    assert told["taxes"] == [{"title": "VAT", "rate": "19", "amount": 190}]
    assert [(one["amount"], one["status"]) for one in found["refunds"]] == [(300, "succeeded"), (200, "failed")]
    assert caller.get(f"/payments/{row.reference}").json == found


def test_a_settled_payment_names_its_invoice(caller: Caller, settings: Settings) -> None:
    factories.product("premium", name="Premium")
    ordering.place(factories.order("premium", gateway="manual"), settings)
    payment = db.session.scalars(select(Payment)).one()
    assert caller.get(f"/payments/{payment.id}").json["invoice_number"] is None
    with unit_of_work("operator:1"):
        payments.confirm_by_hand(payments.locked(payment.id), actor="operator:1")
    number = db.session.scalars(select(Invoice.number)).one()
    assert caller.get(f"/payments/{payment.id}").json["invoice_number"] == number
    assert [one["invoice_number"] for one in caller.get("/payments").json["data"]] == [number]


def test_the_tag_of_a_payment_changes_with_its_refunds(caller: Caller) -> None:
    row = factories.payment()
    etag = caller.get(f"/payments/{row.id}").headers["ETag"]
    assert caller.get(f"/payments/{row.id}", If_None_Match=etag).status_code == 304
    factories.save(lambda: Refund(payment_id=row.id, amount_minor=5, currency="EUR"))
    assert caller.get(f"/payments/{row.id}", If_None_Match=etag).status_code == 200


def test_payments_are_listed_filtered_and_cost_the_same(caller: Caller, statements: Statements) -> None:
    agreement = factories.membership()
    for number in range(12):
        row = factories.payment(membership=agreement, total_minor=1000 + number)
        factories.save(lambda row=row: Refund(payment_id=row.id, amount_minor=5, currency="EUR"))
    paid = factories.payment(status=PaymentStatus.COMPLETED)
    assert [one["id"] for one in caller.get("/payments?status=completed").json["data"]] == [paid.id]
    assert len(caller.get(f"/payments?membership_id={agreement.id}").json["data"]) == 12
    assert len(caller.get(f"/payments?customer_id={paid.customer_id}").json["data"]) == 1
    dearest = caller.get("/payments?orderby=total&per_page=2").json
    assert [one["total"] for one in dearest["data"]] == [2999, 1011]
    again = caller.get(f"/payments?orderby=total&per_page=2&cursor={dearest['next_cursor']}").json
    assert [one["total"] for one in again["data"]] == [1010, 1009]
    counts = []
    for size in (2, 12):
        statements.clear()
        caller.get(f"/payments?per_page={size}&status=pending")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize("path", ["memberships", "payments"])
def test_what_is_only_to_be_read_is_changed_by_nobody(caller: Caller, path: str) -> None:
    row = factories.payment()
    number = row.id if path == "payments" else row.membership_id
    for method in ("POST", "PATCH", "DELETE", "PUT"):
        assert caller(method, f"/{path}/{number}", {}).status_code == 405
    assert caller.post(f"/{path}", {}).status_code == 405
    assert set(params(caller.get(f"/{path}?customer_id=nobody"))) == {"customer_id"}
    for name in ("0", "nothing", "9" * 30, "x" * 200):
        assert caller.get(f"/{path}/{name}").status_code == 404
    assert factories.membership().status == MembershipStatus.PENDING
