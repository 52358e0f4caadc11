"""What every list of the admin does: pages, filters, sorting, empty states; for all of them the same."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import Statements, TurnedClock
from tests.looking import Look
from webapp.extensions import db
from webapp.models import MembershipStatus, PaymentStatus

NOUNS = ("customers", "memberships", "payments", "deliveries")


def fill(noun: str, number: int) -> None:
    """So many rows, each with everything that its list shows."""

    def one(index: int) -> Any:
        customer = factories.customer(display_name=f"Person {index:03d}", company_name="Acme")
        if noun == "deliveries":
            return rows.delivery(customer, last_error="refused", arguments=[])
        membership = factories.active_membership(customer=customer, plan=plan)
        return factories.payment(membership=membership) if noun == "payments" else membership

    plan = factories.product(year=29900)
    rows.many(number, one)


def turn_all(look: Look, url: str, word: str) -> list[list[str]]:
    """The names on this page and on all that follow by the link `word`."""
    pages = []
    while url:
        root = look(url)
        pages.append(rows.names(root))
        url = rows.link(root, word) if rows.has_link(root, word) else ""
    return pages


@pytest.mark.parametrize("noun", NOUNS)
def test_a_list_shows_fifty_rows_newest_first_and_leads_to_the_others(look: Look, noun: str) -> None:
    fill(noun, 53)

    first, second = turn_all(look, f"/admin/{noun}", "Older")
    assert (len(first), len(second)) == (50, 3)
    assert [*first, *second] == sorted({*first, *second}, reverse=True, key=lambda name: (len(name.split()[0]), name))
    last = look(rows.link(look(f"/admin/{noun}"), "Older"))
    assert rows.names(look(rows.link(last, "Newer"))) == first
    assert not rows.has_link(look(f"/admin/{noun}"), "Newer")


@pytest.mark.parametrize("sort", ["-registered", "registered", "email", "-email"])
def test_every_row_is_on_exactly_one_page_in_either_direction(look: Look, clock: TurnedClock, sort: str) -> None:
    """Many registered at the same instant: the id decides between them."""
    for _ in range(3):
        clock.tick(60)
        rows.many(5, lambda _: factories.customer(display_name=f"Person {next(factories.numbers)}"))
    forth, back = {"-registered": ("Older", "Newer"), "registered": ("Newer", "Older")}.get(sort, ("Next", "Previous"))

    pages = turn_all(look, f"/admin/customers?size=4&sort={sort}", forth)
    assert [len(page) for page in pages] == [4, 4, 4, 3]
    assert len({name for page in pages for name in page}) == 15
    url = f"/admin/customers?size=4&sort={sort}"
    for _ in range(3):
        url = rows.link(look(url), forth)
    assert turn_all(look, url, back) == pages[::-1]


def test_addresses_of_pages_hold_no_personal_data(look: Look) -> None:
    rows.many(3, lambda _: factories.customer())
    url = rows.link(look("/admin/customers?sort=email&size=2"), "Next")
    assert "example" not in url
    assert "%40" not in url


def test_a_page_that_no_longer_exists_is_the_first_page(look: Look) -> None:
    fill("customers", 3)
    first = rows.names(look("/admin/customers"))
    assert len(first) == 3
    for cursor in (
        "after=1",
        "after=999999",
        "before=999999999999999999",
        "after=x",
        "before=",
        "after=99999999999999999999",
    ):
        assert rows.names(look(f"/admin/customers?{cursor}")) == first, cursor


def test_a_new_row_does_not_shift_the_pages_behind_it(look: Look) -> None:
    fill("payments", 6)
    older = rows.link(look("/admin/payments?size=3"), "Older")
    before = rows.names(look(older))
    fill("payments", 2)
    assert rows.names(look(older)) == before


@pytest.mark.parametrize("noun", NOUNS)
def test_a_list_costs_the_same_statements_for_three_rows_and_for_sixty(
    signed_in: FlaskClient, statements: Statements, noun: str
) -> None:
    def cost(url: str) -> int:
        db.session.rollback()
        db.session.expunge_all()
        db.session.info.clear()
        statements.clear()
        assert signed_in.get(url).status_code == 200
        return len(statements)

    fill(noun, 3)
    few = cost(f"/admin/{noun}?size=2")
    fill(noun, 57)
    many = cost(f"/admin/{noun}")
    assert few == many <= 12
    everything = "&status=active" if noun in ("customers", "memberships") else "&customer=1"
    assert cost(f"/admin/{noun}?search=person{everything}&sort=id&size=5&after=1") <= 12


@pytest.mark.parametrize("noun", NOUNS)
def test_no_statement_counts_a_whole_table(signed_in: FlaskClient, statements: Statements, noun: str) -> None:
    fill(noun, 3)
    statements.clear()
    signed_in.get(f"/admin/{noun}?size=2")
    counting = [one for one in statements if "count(" in one.lower()]
    assert counting
    assert [one for one in counting if "LIMIT" not in one] == []


def test_the_count_is_exact_as_far_as_it_is_cheap(look: Look) -> None:
    fill("payments", 7)
    assert rows.count(look("/admin/payments")) == "Showing 1–7 of 7"
    assert rows.count(look(rows.link(look("/admin/payments?size=3"), "Older"))) == "Showing 4–6 of 7"


def test_beyond_a_thousand_nothing_is_counted(look: Look) -> None:
    rows.deliveries_at_once(1300)
    assert rows.count(look("/admin/deliveries?size=200")) == "Showing 1–200 of more than 1,000"
    url = "/admin/deliveries?size=200"
    for _ in range(5):
        url = rows.link(look(url), "Older")
    assert rows.count(look(url)) == "Showing 1,001–1,200 of more than 1,000"
    assert rows.count(look(rows.link(look(url), "Older"))) == "Showing 100 of more than 1,000"


@pytest.mark.ux("N2", "H7")
def test_the_count_is_a_live_region_outside_of_what_is_swapped(look: Look) -> None:
    root = look("/admin/customers")
    assert root.by_id("list-count").attrs["role"] == "status"
    assert "list-count" not in [one.attrs.get("id") for one in root.by_id("list")]


# -- filters -------------------------------------------------------------------------------------------------
def test_the_status_filter_is_a_link_and_stays_in_the_address(look: Look) -> None:
    factories.membership(status=MembershipStatus.EXPIRED)
    on_hold = factories.membership(status=MembershipStatus.ON_HOLD)

    root = look(look("/admin/memberships").by_id("status-on-hold").attrs["href"])
    assert rows.names(root) == [str(on_hold.id)]
    assert root.by_id("status-on-hold").attrs["aria-current"] == "true"
    assert "aria-current" not in root.by_id("status-all").attrs
    chip = root.one(aria_label="Remove filter: status on hold")
    assert chip.attrs["href"] == rows.link(root, "Clear all") == "/admin/memberships"
    assert root.one("title").text.startswith("Memberships: status on hold")


@pytest.mark.ux("N1", "N2")
def test_filters_search_and_sort_go_together_and_come_off_one_by_one(look: Look) -> None:
    plan, ada = factories.product(), factories.customer(display_name="Ada Lovelace")
    wanted = rows.many(3, lambda _: factories.active_membership(customer=ada, plan=plan))
    factories.membership(customer=ada, status=MembershipStatus.EXPIRED)
    factories.active_membership(plan=plan)

    root = look(f"/admin/memberships?search=lovelace&status=active&customer={ada.id}&sort=created&size=2")
    assert rows.names(root) == [str(one.id) for one in wanted[:2]]
    kept = f"status=active&customer={ada.id}&sort=created&size=2"
    chips = {one.attrs["aria-label"]: one.attrs["href"] for one in root.all("a", class_="chip")}
    assert chips == {
        "Remove filter: “lovelace”": f"/admin/memberships?{kept}",
        "Remove filter: status active": f"/admin/memberships?search=lovelace&customer={ada.id}&sort=created&size=2",
        "Remove filter: customer Ada Lovelace": "/admin/memberships?search=lovelace&status=active&sort=created&size=2",
    }
    assert rows.link(root, "Newer").startswith(f"/admin/memberships?search=lovelace&{kept}&after=")
    assert rows.link(root, "Clear all") == "/admin/memberships?sort=created&size=2"


@pytest.mark.ux("H8")
def test_a_search_without_script_keeps_the_filters(look: Look) -> None:
    root = look("/admin/payments?status=pending&sort=created")
    form = root.by_id("filter-bar")
    assert (form.attrs["method"], form.attrs["action"], form.attrs["role"]) == ("get", "/admin/payments", "search")
    kept = {one.attrs["name"]: one.attrs["value"] for one in root.all("input", form="filter-bar")}
    assert kept == {"status": "pending", "sort": "created"}
    assert root.by_id("search").attrs["hx-include"] == "#filter-bar"


@pytest.mark.parametrize(
    "query", ["status=nonsense", "sort=price", "size=x", "size=-1", "size=0", "customer=x", "nobody=1"]
)
def test_what_an_address_says_without_sense_is_ignored(look: Look, query: str) -> None:
    payment = factories.payment()
    root = look(f"/admin/payments?{query}")
    assert rows.names(root) == [payment.order_number]
    assert root.all("a", class_="chip") == []


def test_a_page_is_never_longer_than_two_hundred_rows(look: Look) -> None:
    fill("deliveries", 201)
    assert len(rows.names(look("/admin/deliveries?size=1000"))) == 200


def test_several_statuses_are_chosen_one_by_one_and_come_off_one_by_one(look: Look) -> None:
    plan = factories.product()
    found = {
        status: factories.membership(plan=plan, status=status).id
        for status in (MembershipStatus.ACTIVE, MembershipStatus.ON_HOLD, MembershipStatus.EXPIRED)
    }
    root = look(look("/admin/memberships?status=active").by_id("status-on-hold").attrs["href"])
    assert rows.names(root) == [str(found[MembershipStatus.ON_HOLD]), str(found[MembershipStatus.ACTIVE])]
    assert [one.attrs["id"] for one in root.all("a") if one.attrs.get("aria-current") == "true"] == [
        "status-active",
        "status-on-hold",
    ]
    chips = {one.attrs["aria-label"]: one.attrs["href"] for one in root.all("a", class_="chip")}
    assert chips == {
        "Remove filter: status active": "/admin/memberships?status=on-hold",
        "Remove filter: status on hold": "/admin/memberships?status=active",
    }
    assert root.by_id("status-active").attrs["href"] == "/admin/memberships?status=on-hold"
    assert root.by_id("status-all").attrs["href"] == "/admin/memberships"
    assert rows.count(root) == "Showing 1–2 of 2"


@pytest.mark.parametrize("sort", ["-created", "created", "amount", "-amount"])
def test_the_pages_of_several_statuses_are_merged_in_order(look: Look, clock: TurnedClock, sort: str) -> None:
    """Each status is asked for by itself; together they are as one list, forth and back."""
    statuses = (PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.REFUNDED)
    agreement = factories.active_membership()
    made = []
    for index in range(12):
        clock.tick(index % 3)  # some in the same instant
        amount = {"total_minor": 1000 * (index % 4)}
        made.append(factories.payment(membership=agreement, status=statuses[index % 3], **amount))
    column = {"created": "created_at", "amount": "total_minor"}[sort.removeprefix("-")]
    wanted = [one for one in made if one.status != PaymentStatus.REFUNDED]
    wanted.sort(key=lambda one: (getattr(one, column), one.id), reverse=sort.startswith("-"))

    word, back = {"-created": ("Older", "Newer"), "created": ("Newer", "Older")}.get(sort, ("Next", "Previous"))
    url = f"/admin/payments?status=pending,failed&size=3&sort={sort}"
    pages = turn_all(look, url, word)
    assert [name for page in pages for name in page] == [one.order_number for one in wanted]
    for _ in range(len(pages) - 1):
        url = rows.link(look(url), word)
    assert rows.count(look(url)) == "Showing 7–8 of 8"
    assert turn_all(look, url, back) == pages[::-1]


def test_a_form_without_script_may_send_a_status_each(look: Look) -> None:
    expired = factories.membership(status=MembershipStatus.EXPIRED)
    on_hold = factories.membership(status=MembershipStatus.ON_HOLD)
    factories.active_membership()
    root = look("/admin/memberships?status=expired&status=on-hold&status=nonsense&status=expired")
    assert rows.names(root) == [str(on_hold.id), str(expired.id)]
    assert root.by_id("bulk").one("input", name="status").attrs["value"] == "expired,on-hold"


def three_days(noun: str, clock: TurnedClock) -> list[str]:
    """The names of rows of three days, oldest first; the second at its very beginning, the third at its end."""
    names: list[str] = []
    for instant in ("2027-01-30T12:00Z", "2027-01-31T00:00Z", "2027-01-31T23:59Z", "2027-02-01T00:00Z"):
        clock.use(instant)
        customer = factories.customer(display_name=f"Person {len(names)}")
        if noun == "customers":
            names.append(customer.display_name)
            continue
        made: Any = rows.delivery(customer) if noun == "deliveries" else factories.active_membership(customer=customer)
        made = factories.payment(membership=made) if noun == "payments" else made
        names.append(made.order_number if noun == "payments" else str(made.id))
    return names


@pytest.mark.parametrize("noun", NOUNS)
def test_a_list_is_narrowed_to_the_days_from_one_to_another(look: Look, clock: TurnedClock, noun: str) -> None:
    names = three_days(noun, clock)
    assert rows.names(look(f"/admin/{noun}?from=2027-01-31")) == names[:0:-1]
    assert rows.names(look(f"/admin/{noun}?to=2027-01-31")) == names[2::-1]
    root = look(f"/admin/{noun}?from=2027-01-31&to=2027-01-31")
    assert rows.names(root) == names[2:0:-1]
    assert [one.text for one in root.all("a", class_="chip")] == ["from 31 January 2027", "to 31 January 2027"]
    assert root.by_id("filter-from").attrs["value"] == "2027-01-31"
    assert "open" in root.one("details", class_="disclosure filter-bar__more").attrs
    assert rows.names(look(f"/admin/{noun}?from=2027-03-01")) == []
    assert len(rows.names(look(f"/admin/{noun}?from=2020-01-01&to=2030-01-01"))) == 4


@pytest.mark.parametrize("value", ["x", "2027-13-01", "2027-1-1", "99999-01-01", "2027-02-30", "9999-12-31"])
def test_a_day_that_does_not_exist_narrows_nothing(look: Look, value: str) -> None:
    payment = factories.payment()
    assert rows.names(look(f"/admin/payments?from={value}&to={value}")) == [payment.order_number]


def test_a_day_puts_the_list_in_its_order(look: Look) -> None:
    fill("payments", 2)
    root = look("/admin/payments?from=2020-01-01&sort=amount")
    assert root.one(aria_sort="descending").text == "Created"


def test_plan_and_gateway_are_chosen_in_the_search_form(look: Look) -> None:
    basic, premium = factories.product(name="Basic"), factories.product(name="Premium")
    factories.active_membership(plan=basic, gateway="manual")
    wanted = factories.active_membership(plan=premium, gateway="manual")
    factories.active_membership(plan=premium, gateway="sandbox")
    root = look(f"/admin/memberships?plan={premium.id}&gateway=manual")
    assert rows.names(root) == [str(wanted.id)]
    assert [one.text for one in root.by_id("filter-plan").all("option")] == ["All", "Basic", "Premium"]
    assert [one.text for one in root.all("a", class_="chip")] == ["plan Premium", "gateway Bank transfer"]
    assert root.all("input", form="filter-bar") == []  # what the form has itself is not sent twice


# -- sorting -------------------------------------------------------------------------------------------------
@pytest.mark.ux("N3")
def test_exactly_one_column_says_how_the_list_is_sorted(look: Look) -> None:
    fill("customers", 2)
    root = look("/admin/customers")
    (sorted_by,) = [one for one in root.all("th") if "aria-sort" in one.attrs]
    assert (sorted_by.text, sorted_by.attrs["aria-sort"]) == ("Registered", "descending")
    root = look(root.by_id("sort-registered").attrs["href"])
    assert root.one(aria_sort="ascending").text == "Registered"
    root = look(root.by_id("sort-email").attrs["href"])
    assert root.one(aria_sort="ascending").text == "E-mail address"
    assert root.by_id("sort-email").attrs["href"] == "/admin/customers?sort=-email"


# -- empty ---------------------------------------------------------------------------------------------------
@pytest.mark.ux("N4")
@pytest.mark.parametrize("noun", NOUNS)
def test_an_empty_list_says_why_and_what_to_do_first(look: Look, noun: str) -> None:
    root = look(f"/admin/{noun}")
    assert root.all("table") == []
    assert root.one(class_="empty empty--nothing").one("h2").text == f"No {noun} yet"
    assert rows.link(root, "Open the order form") == "/register"
    assert rows.count(root) == "Nothing to show"


@pytest.mark.ux("N4", "M13")
@pytest.mark.parametrize("noun", NOUNS)
def test_a_list_without_a_match_names_the_filters_and_clears_them(look: Look, noun: str) -> None:
    fill(noun, 1)
    status = "dead" if noun == "deliveries" else PaymentStatus.REFUNDED if noun == "payments" else "expired"
    root = look(f"/admin/{noun}?search=nobody&status={status}")
    box = root.one(class_="empty empty--no-match")
    assert "“nobody”" in box.text
    assert "status " in box.text
    assert rows.link(box, "Clear filters") == f"/admin/{noun}"
    assert root.all("table") == []


@pytest.mark.ux("N4")
@pytest.mark.parametrize("noun", NOUNS)
def test_a_list_that_cannot_be_loaded_says_so_and_offers_another_try(look: Look, noun: str) -> None:
    def refuse(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if f"ORDER BY {noun}." in statement:
            raise OperationalError(statement, None, Exception("database is locked"))

    event.listen(db.engine, "before_cursor_execute", refuse)
    try:
        root = look(f"/admin/{noun}?sort=id&search=x", status=503)
    finally:
        event.remove(db.engine, "before_cursor_execute", refuse)
    box = root.one(class_="empty empty--failed")
    assert rows.link(box, "Retry") == f"/admin/{noun}?sort=id&search=x"
    assert "locked" not in root.text


# -- HTMX ----------------------------------------------------------------------------------------------------
@pytest.mark.ux("H9")
@pytest.mark.parametrize("noun", NOUNS)
def test_htmx_gets_the_list_alone_with_its_count_and_title(signed_in: FlaskClient, look: Look, noun: str) -> None:
    fill(noun, 2)
    answer = signed_in.get(f"/admin/{noun}?search=nobody", headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert 'id="filter-bar"' not in answer.text
    assert "HX-Request" in answer.headers["Vary"]
    root = look(f"/admin/{noun}?search=nobody", **{"HX-Request": "true"})
    assert root.by_id("list")
    assert root.by_id("list-count").attrs["hx-swap-oob"] == "innerHTML"
    assert root.one("title").text == f"{noun.title()}: “nobody” – Parzelle"


@pytest.mark.ux("H9")
@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_a_link_or_the_back_button_gets_the_whole_page(look: Look, header: str) -> None:
    root = look("/admin/customers?status=active", **{"HX-Request": "true", header: "true"})
    assert root.one("html")
    assert "hx-swap-oob" not in root.by_id("list-count").attrs


def test_only_links_within_the_list_are_swapped_into_it(look: Look) -> None:
    """A boosted link to a row's page would look for a list there."""
    fill("memberships", 3)
    root = look("/admin/memberships?status=active&size=2")

    def is_boosted(link: Any) -> bool:
        at = link
        while at is not None:
            if "hx-boost" in at.attrs:
                return at.attrs["hx-boost"] == "true"
            at = at.parent
        return False

    boosted = [one for one in root.all("a") if is_boosted(one)]
    assert len(boosted) > 7
    assert all(
        one.attrs["href"].startswith("/admin/memberships") and "/" not in one.attrs["href"][19:] for one in boosted
    )
    assert rows.has_link(root, "Older")


# -- what people type ----------------------------------------------------------------------------------------
MARKUP = "<script>alert(1)</script>\"'&amp;"


def test_markup_in_names_is_text(signed_in: FlaskClient, operator: Any) -> None:
    customer = factories.customer(display_name=MARKUP, company_name=MARKUP)
    membership = factories.active_membership(customer=customer, cancellation_reason=MARKUP)
    payment = factories.payment(membership=membership, gateway_reference=MARKUP)
    [delivery] = rows.dead(1, last_error=MARKUP, customer=customer, ordering_key=MARKUP)
    rows.attempt(delivery, answer=MARKUP)
    pages = [f"/admin/{noun}?search=%3Cscript%3E" for noun in NOUNS] + [f"/admin/{noun}" for noun in NOUNS]
    pages += [
        f"/admin/customers/{customer.id}",
        f"/admin/memberships/{membership.id}",
        f"/admin/memberships/{membership.id}/cancellation",
        f"/admin/payments/{payment.id}",
        f"/admin/payments/{payment.id}/confirmation",
        f"/admin/deliveries/{delivery.id}",
        "/admin/deliveries?handler=%3Cscript%3E",
        f"/admin/payments?customer={customer.id}",
    ]
    for page in pages:
        text = signed_in.get(page).text
        assert "<script>" not in text, page
        assert "&lt;script&gt;" in text, page
