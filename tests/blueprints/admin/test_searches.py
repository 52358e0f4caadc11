"""What an operator types into a search field, and what is found."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests import factories
from tests.blueprints.admin import rows
from tests.looking import Look
from webapp.blueprints.admin import searches
from webapp.models import Customer, Try


def customer(email: str = "", name: str = "Ada Person", **values: str) -> Customer:
    owner = factories.user(email=email) if email else factories.user()
    return factories.customer(user=owner, display_name=name, **values)


def found(look: Look, noun: str, text: str) -> set[str]:
    return set(rows.names(look(f"/admin/{noun}?search={quote(text)}")))


@pytest.mark.parametrize("text", ["ada@", "ADA@Example", "ada@example.com", "Ada@Example.com", "  ada@  ", "ada"])
def test_a_customer_is_found_by_the_beginning_of_the_address_whatever_its_case(look: Look, text: str) -> None:
    customer("Ada@Example.com", "The Countess")
    customer("not-ada@example.com", "Somebody Else")
    assert found(look, "customers", text) == {"The Countess"}


@pytest.mark.parametrize("text", ["mül", "MÜL", "Anna", "anna müller", "gmbh", "bäck", "Bäckerei M"])
def test_a_customer_is_found_by_any_word_of_the_name_or_the_company(look: Look, text: str) -> None:
    customer(name="Anna Müller", company_name="Bäckerei Müller GmbH")
    customer(name="Hannah Mulder", company_name="Rückbäcker AG")
    assert found(look, "customers", text) == {"Anna Müller Bäckerei Müller GmbH"}


@pytest.mark.parametrize("text", ["bauer", "BAU", "anna bauer", "anna b", "  anna   "])
def test_another_name_is_found_from_then_on_and_the_old_one_no_more(look: Look, text: str) -> None:
    anna = customer(name="Anna Müller", company_name="Müller GmbH")
    factories.save(lambda: renamed(anna, "Anna Bauer", ""))
    assert found(look, "customers", text) == {"Anna Bauer"}
    assert found(look, "customers", "müller") == found(look, "customers", "anna m") == set()


def renamed(row: Customer, name: str, company: str) -> Customer:
    row.display_name, row.company_name = name, company
    return row


def test_a_word_longer_than_is_kept_is_found(look: Look) -> None:
    customer(name="x" * 150)
    assert found(look, "customers", "x" * 100) == {"x" * 150}


@pytest.mark.parametrize("text", ["ö", "öz", "Öztürk", "ÖZ"])
def test_a_capital_that_the_database_does_not_fold_is_found_too(look: Look, text: str) -> None:
    customer(name="Öztürk Selin")
    customer(name="Otto Zimmer")
    assert found(look, "customers", text) == {"Öztürk Selin"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("100%", {"100% Cotton"}),
        ("%", set()),
        ("_", {"_under"}),
        ("100_", set()),
        ("\\", {"\\ backslash"}),
        ("'", {"' quote"}),
        ("/", set()),
        ("100% cot%", set()),
    ],
)
def test_signs_that_mean_something_to_the_database_mean_themselves(look: Look, text: str, names: set[str]) -> None:
    for name in ("100% Cotton", "1000 Cottons", "_under", "\\ backslash", "' quote", "plain"):
        customer(name=name)
    assert found(look, "customers", text) == names


@pytest.mark.parametrize("noun", ["customers", "memberships", "payments", "deliveries"])
@pytest.mark.parametrize(
    "text",
    ["x" * 10_000, "😀", "\ud800", "%", "9" * 30, "#", "-1", "1e5", "٣", "' OR 1=1 --", "@", "a@" * 200],
)
def test_nothing_that_is_typed_breaks_a_list(look: Look, noun: str, text: str) -> None:
    rows.delivery(factories.payment().customer)
    look(f"/admin/{noun}?search={quote(text, errors='surrogatepass')}")


@pytest.mark.parametrize("form", ["{}", "#{}", "{:06d}", " {} "])
def test_rows_are_found_by_their_number(look: Look, form: str) -> None:
    """Their references are letters here: a random one may begin with the number that is looked for."""
    payments = [
        factories.payment(reference=f"p-{one}", membership=factories.membership(reference=f"m-{one}")) for one in "abc"
    ]
    wanted = payments[1]
    assert found(look, "payments", form.format(wanted.id)) == {wanted.order_number}
    assert found(look, "memberships", form.format(wanted.membership_id)) == {str(wanted.membership_id)}


@pytest.mark.parametrize("noun", ["memberships", "payments"])
def test_rows_are_found_by_the_beginning_of_their_reference_and_by_nothing_like_it(look: Look, noun: str) -> None:
    payment, other = factories.payment(reference="Ab_cdefgh-1"), factories.payment(reference="AbXcdefgh-2")
    factories.save(lambda: set_reference(payment.membership, "Ab_cdefgh-3"))
    factories.save(lambda: set_reference(other.membership, "AbXcdefgh-4"))
    wanted = {payment.order_number} if noun == "payments" else {str(payment.membership_id)}
    assert found(look, noun, "Ab_cde") == wanted
    assert found(look, noun, "ab_cde") == set()


def set_reference(row: object, reference: str) -> object:
    row.reference = reference
    return row


@pytest.mark.parametrize("noun", ["memberships", "payments"])
@pytest.mark.parametrize("text", ["grace@", "hopper", "GRACE"])
def test_memberships_and_payments_are_found_by_their_customer(look: Look, noun: str, text: str) -> None:
    membership = factories.membership(customer=customer("grace@example.com", "Grace Hopper"))
    payment = factories.payment(membership=membership)
    factories.payment()
    wanted = {payment.order_number} if noun == "payments" else {str(membership.id)}
    assert found(look, noun, text) == wanted


def test_a_payment_is_found_by_what_its_gateway_calls_it_or_a_try(look: Look) -> None:
    paid, tried = factories.payment(gateway="sandbox", gateway_reference="sb_paid"), factories.payment()
    factories.save(lambda: Try(payment_id=tried.id, number=1, gateway="sandbox", gateway_reference="sb_tried"))
    factories.payment(gateway_reference="sb_other")
    assert found(look, "payments", "sb_paid") == {paid.order_number}
    assert found(look, "payments", "sb_tried") == {tried.order_number}
    assert found(look, "payments", "sb_") == set()


@pytest.mark.parametrize("text", ["send_purchase", "ANALYTICS", "ga4:", "wu_checkout", "grace@example"])
def test_a_delivery_is_found_by_its_callback_its_hook_or_its_customer(look: Look, text: str) -> None:
    grace = customer("grace@example.com", "Grace Hopper")
    wanted = rows.delivery(
        grace, handler="analytics.ga4", callback="analytics.ga4:send_purchase", hook="wu_checkout_completed"
    )
    rows.delivery(factories.customer())
    assert found(look, "deliveries", text) == {str(wanted.id)}


def test_a_delivery_is_found_by_its_key(look: Look) -> None:
    wanted, _other = rows.delivery(), rows.delivery()
    assert found(look, "deliveries", wanted.key) == {str(wanted.id)}


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("#12", 12), ("000012", 12), ("-12", None), ("1.2", None), ("٣", None), ("9" * 19, None)],
)
def test_only_plain_digits_are_a_number(text: str, number: int | None) -> None:
    assert searches.number(text) == number
