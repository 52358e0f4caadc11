"""What was paid and what is still to pay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.looking import Look
from webapp import clock
from webapp.extensions import db
from webapp.models import (
    Customer,
    LineItem,
    LineType,
    Membership,
    MembershipStatus,
    PaymentKind,
    PaymentStatus,
    Site,
    SiteStatus,
    Try,
    TryStatus,
)
from webapp.transactions import unit_of_work


def test_payments_are_listed_with_their_receipts_and_paged(look: Look, agreement: Membership) -> None:
    paid = {"status": PaymentStatus.COMPLETED, "completed_at": clock.now()}
    rows = [factories.payment(membership=agreement, **paid) for _ in range(27)]
    first = look("/account/payments")
    assert len(first.all("th", scope="row")) == 25
    older = next(link.attrs["href"] for link in first.all("a") if link.text == "Older")
    names = [f"Receipt {one.order_number}" for one in rows]
    assert [one.text for one in look(older).all("th", scope="row")] == names[1::-1]
    assert names[-1] in first.text


def test_a_receipt_has_both_parties_the_lines_and_the_sum(look: Look, agreement: Membership, ada: Customer) -> None:
    with unit_of_work("test"):
        db.session.merge(ada).company_name = "Engines Ltd"
    line = {"type": LineType.PRODUCT, "title": "Premium", "position": 1, "currency": "EUR"}
    sums = {"unit_price_minor": 2999, "subtotal_minor": 2999, "total_minor": 2999}
    payment = factories.payment(
        membership=agreement,
        status=PaymentStatus.COMPLETED,
        completed_at=clock.now(),
        line_items=[LineItem(**line, **sums)],
    )
    main = look(f"/account/payments/{payment.reference}").one("main")
    assert main.one("h1").text == f"Receipt {payment.order_number}"
    for words in ("Engines Ltd", "Ada Lovelace", "Germany", "Premium", "€29.99", "It is not an invoice."):
        assert words in main.text


def test_somebody_elses_payment_is_not_found(signed_in: FlaskClient) -> None:
    assert signed_in.get(f"/account/payments/{factories.payment().reference}").status_code == 404


@pytest.mark.ux("K3")
def test_what_is_unpaid_is_said_on_every_page_with_one_way_to_pay(look: Look, agreement: Membership) -> None:
    payment = factories.payment(membership=agreement)
    for path in ("", "payments", "profile", "security", f"memberships/{agreement.id}", "data", "deletion"):
        root = look(f"/account/{path}")
        title = root.all("p", class_="notice__title")[0]
        assert title.text == "A payment of €29.99 is open", path
        pay = [link for link in root.all("a") if link.attrs["href"] == f"/pay/{payment.reference}"]
        assert pay[0].text == "Pay €29.99"


def test_what_credit_pays_is_asked_of_nobody(look: Look, agreement: Membership) -> None:
    factories.payment(membership=agreement, credit_minor=999)
    root = look("/account/")
    assert root.all("p", class_="notice__title")[0].text == "A payment of €20.00 is open"
    assert [link.text for link in root.all("a") if link.attrs["href"].startswith("/pay/")] == ["Pay €20.00"]


@pytest.mark.ux("K3")
def test_a_renewal_that_failed_says_what_is_switched_off_and_when(look: Look, ada: Customer) -> None:
    ended = clock.now() - timedelta(days=1)
    held = factories.active_membership(customer=ada, status=MembershipStatus.ON_HOLD, expires_at=ended)
    facts = {"customer": ada, "membership": held, "slug": "bakery", "title": "Bakery"}
    factories.save(lambda: Site(status=SiteStatus.PUBLISHED, **facts))
    declined = Try(number=1, gateway="sandbox", status=TryStatus.DECLINED, reason="lost_card")
    factories.payment(membership=held, kind=PaymentKind.RENEWAL, tries=[declined], created_at=ended)
    text = look("/account/").one("div", class_="notice notice--error").text
    assert "Your payment of €29.99 was declined" in text
    day = ended + timedelta(days=3)
    assert f"If it is not paid by {day.day} {day:%B %Y}, this is switched off: Bakery." in text
    assert "lost" not in text


def test_a_payment_that_is_under_way_has_no_button(look: Look, agreement: Membership) -> None:
    tries = [Try(number=1, gateway="sandbox", status=TryStatus.UNKNOWN)]
    payment = factories.payment(membership=agreement, tries=tries)
    root = look("/account/")
    assert "Do not pay again" in root.one("main").text
    assert [link for link in root.all("a") if payment.reference in link.attrs["href"]] == []


def test_what_a_cancelled_contract_left_unpaid_is_nobodys_debt(look: Look, ada: Customer) -> None:
    over = factories.membership(customer=ada, status=MembershipStatus.CANCELLED)
    factories.payment(membership=over)
    assert look("/account/").all("p", class_="notice__title") == []
