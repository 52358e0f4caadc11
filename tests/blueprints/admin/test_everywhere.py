"""One search over everything."""

from __future__ import annotations

from urllib.parse import quote

from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_sites import site
from tests.conftest import Statements
from tests.looking import Look
from tests.templates.conftest import Element
from webapp.blueprints.admin import deliveries, everywhere


def groups(root: Element) -> dict[str, list[str]]:
    """What was found, by the heading it stands under."""
    return {
        part.one("h2").text: [one.one("a").text for one in part.all(class_="hits__one")]
        for part in root.by_id("results").all("section")
    }


def find(look: Look, text: str) -> dict[str, list[str]]:
    return groups(look(f"/admin/search?q={quote(text)}"))


def test_a_customers_address_finds_all_that_is_theirs(look: Look) -> None:
    ada = factories.customer(user=factories.user(email="ada@example.com"), display_name="Ada Lovelace")
    membership = factories.active_membership(customer=ada, plan=factories.product(name="Premium"))
    payment = factories.payment(membership=membership)
    site("bakery", membership=membership)
    factories.payment()
    assert find(look, "ada@example.com") == {
        "Customers": ["Ada Lovelace"],
        "Memberships": ["Premium of Ada Lovelace"],
        "Payments": [payment.order_number],
        "Sites": ["bakery"],
    }


def test_a_reference_and_an_address_find_their_one_row(look: Look) -> None:
    payment = factories.payment()
    site("bakery")
    assert find(look, payment.reference) == {"Payments": [payment.order_number]}
    assert find(look, "bakery") == {"Sites": ["bakery"]}


def test_of_many_the_newest_few_are_shown_and_the_list_has_all(look: Look) -> None:
    rows.many(8, lambda number: site(f"bakery-{number}"))
    root = look("/admin/search?q=bakery")
    assert groups(root) == {"Sites": ["bakery-7", "bakery-6", "bakery-5", "bakery-4", "bakery-3"]}
    assert len(rows.names(look(rows.link(root, "Show all: Sites")))) == 8


def test_of_the_outbox_only_the_newest_are_read_for_what_they_are_called(look: Look) -> None:
    old = rows.delivery(callback="crm:sync")
    rows.deliveries_at_once(deliveries.NEWEST)
    new = rows.delivery(callback="crm:sync")
    assert look("/admin/search?q=crm:sync").by_id("results").text.count("sync") == 1
    assert find(look, new.key) == find(look, "crm:sync") == {"Deliveries": ["sync"]}
    assert find(look, old.key) == {"Deliveries": ["sync"]}
    assert len(rows.names(look("/admin/deliveries?search=crm:sync"))) == 2


def test_one_letter_and_what_matches_nothing_say_so(look: Look) -> None:
    assert "Enter at least two characters." in look("/admin/search?q=a").text
    assert "Enter at least two characters." in look("/admin/search").text
    assert "Nothing here matches “%_'\"<b>”." in look("/admin/search?q=" + quote("%_'\"<b>")).text


def test_a_search_costs_the_same_for_little_and_for_much(look: Look, statements: Statements) -> None:
    rows.many(30, lambda number: site(f"bakery-{number}"))
    statements.clear()
    look("/admin/search?q=person")
    assert len(statements) <= len(everywhere.PLACES) + 5  # one for each noun, and the page's own


def test_htmx_gets_what_was_found_and_the_page_has_a_box_for_it(signed_in: FlaskClient) -> None:
    answer = signed_in.get("/admin/search?q=zz", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div class="stack titled" id="results"')
    assert 'action="/admin/search"' in signed_in.get("/admin/customers").text
