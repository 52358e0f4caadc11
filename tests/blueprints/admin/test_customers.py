"""Customers as operators see them."""

from __future__ import annotations

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import Statements, TurnedClock
from tests.looking import Look
from tests.templates.conftest import Element
from webapp.domain import customers, memberships
from webapp.models import EmailVerification, MembershipStatus, Site
from webapp.transactions import unit_of_work


def facts(root: Element) -> dict[str, str]:
    """What the definition lists of a page say."""
    return {one.one("dt").text: one.one("dd").text for one in root.all(class_="facts__row")}


def test_the_list_shows_who_they_are_and_how_their_memberships_stand(look: Look, clock: TurnedClock) -> None:
    clock.use("2027-01-31T10:00Z")
    ada = factories.customer(display_name="Ada Lovelace", company_name="Engines Ltd", billing_country="GB")
    factories.active_membership(customer=ada, plan=factories.product(name="Premium"))
    factories.membership(customer=ada, plan=factories.product(name="Free"), status=MembershipStatus.EXPIRED)

    (row,) = look("/admin/customers").one("tbody").all("tr")
    cells = rows.cells(row)
    assert cells == [
        "Ada Lovelace Engines Ltd",
        ada.email,
        "United Kingdom",
        "Premium active Free expired",
        "2027-01-31 10:00 UTC",
    ]
    assert rows.link(row, "Ada Lovelace") == f"/admin/customers/{ada.id}"


def test_of_many_memberships_three_are_named(look: Look) -> None:
    ada, plan = factories.customer(), factories.product()
    rows.many(5, lambda _: factories.membership(customer=ada, plan=plan))
    assert "and 2 more" in look("/admin/customers").one("tbody").text


def test_customers_are_filtered_by_how_any_membership_stands(look: Look) -> None:
    both, none = factories.customer(display_name="Both"), factories.customer(display_name="None")
    factories.active_membership(customer=both)
    factories.membership(customer=both, status=MembershipStatus.CANCELLED)

    assert rows.names(look("/admin/customers?status=active")) == ["Both"]
    assert rows.names(look("/admin/customers?status=cancelled")) == ["Both"]
    assert rows.names(look("/admin/customers?status=expired")) == []
    root = look("/admin/customers?status=none")
    assert rows.names(root) == [none.display_name]
    assert root.one(aria_label="Remove filter: without a membership")


def test_a_customer_has_everything_on_one_page(look: Look, statements: Statements) -> None:
    ada = factories.customer(
        display_name="Ada Lovelace",
        business=True,
        company_name="Engines Ltd",
        tax_id="GB123",
        email_verification=EmailVerification.PENDING,
        billing_address_line_1="12 St James's Square",
        billing_city="London",
        billing_zip_code="SW1Y",
    )
    membership = factories.active_membership(customer=ada)
    payment = factories.payment(membership=membership)
    factories.save(lambda: Site(customer=ada, membership=membership, slug="ada", title="Ada's site"))
    delivery = rows.delivery(ada)
    with unit_of_work("test"):
        ada.meta["crm_contact_id"] = "4711"
    statements.clear()

    root = look(f"/admin/customers/{ada.id}")
    assert len(statements) <= 13
    assert root.one("h1").text == "Ada Lovelace"
    said = facts(root)
    assert said["E-mail address"] == f"{ada.email} not confirmed yet"
    assert (said["Orders as"], said["Company"], said["VAT ID"]) == ("business", "Engines Ltd", "GB123")
    assert said["Address"] == "12 St James's Square SW1Y London Germany"
    assert said["crm_contact_id"] == "4711"
    hrefs = {one.attrs["href"] for one in root.all("a")}
    assert {
        f"/admin/memberships/{membership.id}",
        f"/admin/payments/{payment.id}",
        f"/admin/deliveries/{delivery.id}",
    } <= hrefs
    assert "ada" in rows.names(root)


def test_a_customer_without_anything_says_so(look: Look) -> None:
    text = look(f"/admin/customers/{factories.customer().id}").text
    assert "This customer has no membership." in text
    assert "This customer was never asked for money." in text
    assert "Nothing has happened yet." in text


def test_what_is_too_much_for_the_page_is_in_a_list_of_this_customer(look: Look, statements: Statements) -> None:
    ada, plan = factories.customer(display_name="Ada"), factories.product()
    membership = factories.active_membership(customer=ada, plan=plan)
    payments = rows.many(12, lambda _: factories.payment(membership=membership))
    factories.payment()
    statements.clear()

    root = look(f"/admin/customers/{ada.id}")
    assert len(statements) <= 13
    shown = [name for name in rows.names(root) if len(name) == 6]
    assert shown == [one.order_number for one in payments[:1:-1]]
    every = look(rows.link(root, "Show all: Payments"))
    assert len(rows.names(every)) == 12
    assert every.one(aria_label="Remove filter: customer Ada")


def test_the_history_tells_what_happened_newest_first(look: Look, clock: TurnedClock) -> None:
    clock.use("2027-01-31T10:00Z")
    ada = factories.registered("ada@example.com")
    membership = factories.active_membership(customer=ada, expires_at=clock.now)
    clock.tick(60)
    with unit_of_work("test"):
        customers.change_email(ada, "lovelace@example.com")
    clock.tick(60)
    with unit_of_work("test"):
        memberships.cancel(membership, reason="enough", at_once=True)

    entries = [one.text for one in look(f"/admin/customers/{ada.id}").one(class_="timeline").all("li")]
    assert entries == [
        f"Membership: active → cancelled Membership {membership.id}: enough 31 Jan 2027, 10:02 UTC · test",
        "Customer's details changed 31 Jan 2027, 10:01 UTC",
        "Customer recorded 31 Jan 2027, 10:00 UTC",
    ]
