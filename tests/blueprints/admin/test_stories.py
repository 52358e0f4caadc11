"""The story of a membership on its pages: what was charged and why, and what comes, for the staff and the customer."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests import factories, lives
from tests.conftest import TurnedClock
from tests.looking import Look, looking
from webapp.domain import credits
from webapp.models import CreditKind, Membership
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work


def bought(clock: TurnedClock, settings: Settings) -> Membership:
    """Two pieces with a code and tax, renewed once, that time with some credit."""
    clock.use("2027-04-01T10:00:00Z")
    factories.taxed()
    factories.tax_rate("19", "DE")
    factories.product("plan", amount_minor=10000)
    factories.discount_code("TEN", 10)
    number = lives.buy("plan", settings, cart={"country": "DE", "discount_code": "TEN"})
    with unit_of_work("test"):
        row = lives.membership(number)
        credits.add(row.customer_id, Money(1000, "EUR"), CreditKind.GOODWILL, reason="sorry")
    lives.live_until(clock, "2027-05-02T10:00:00Z")
    return lives.membership(number)


def test_the_staff_reads_each_charge_with_its_lines_and_what_comes(
    look: Look, clock: TurnedClock, settings: Settings
) -> None:
    membership = bought(clock, settings)
    page = look(f"/admin/memberships/{membership.id}").text
    for words in (
        "Asked for €107.10",
        "Discount TEN −€10.00",
        "19% VAT €17.10",
        "Asked for €109.00",
        "Paid with credit −€10.00",
        "Left to pay €109.00",
        "Credit: Used by a payment",
        "What comes next",
        "€119.00 is charged to",
        "Membership: active → active",
    ):
        assert words in page, words
    assert page.count("Invoice 20") == 2


def test_the_customer_reads_the_same_reasons(client: FlaskClient, clock: TurnedClock, settings: Settings) -> None:
    membership = bought(clock, settings)
    factories.signed_in(client, membership.customer)
    page = looking(client)(f"/account/memberships/{membership.id}").text
    for words in ("Why this amount", "Discount TEN −€10.00", "19% VAT €17.10", "€119.00 is charged to", "Renewed"):
        assert words in page, words
    assert "Asked for" not in page


def test_older_entries_are_a_page_on(look: Look, clock: TurnedClock, settings: Settings) -> None:
    membership = bought(clock, settings)
    lives.live_until(clock, "2027-09-02T10:00:00Z")
    root = look(f"/admin/memberships/{membership.id}")
    [older] = [one.attrs["href"] for one in root.all("a", rel="next")]
    assert "Asked for €107.10" not in root.text
    pages = 0
    while "Asked for €107.10" not in root.text:
        root, pages = look(older.partition("#")[0]), pages + 1
        older = next((one.attrs["href"] for one in root.all("a", rel="next")), "")
    assert pages >= 1
    assert look(f"/admin/memberships/{membership.id}?before=nonsense").all("a", rel="prev") == []
