"""Rows of the outbox, and what a page's list shows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from tests import factories
from tests.pages import Browser, Page
from tests.templates.conftest import Element
from webapp import clock
from webapp.extensions import db
from webapp.models import Attempt, Customer, Delivery, DeliveryStatus
from webapp.transactions import unit_of_work

CRM = "crm.listeners"


def many(number: int, make: Any) -> list[Any]:
    """So many rows in one unit of work."""
    with unit_of_work("test"):
        return [make(index) for index in range(number)]


def delivery(customer: Customer | None = None, **values: Any) -> Delivery:
    facts = {
        "handler": CRM,
        "callback": f"{values.get('handler', CRM)}:sync_contact",
        "hook": "wu_customer_post_create",
        "arguments": [],
        "customer_id": customer.id if customer else None,
        **values,
    }
    return factories.save(lambda: Delivery(**facts))


def dead(number: int = 1, **values: Any) -> list[Delivery]:
    facts = {"status": DeliveryStatus.DEAD, "attempts_made": 11, "last_error": "refused", **values}
    return many(number, lambda _: delivery(**facts))


def deliveries_at_once(number: int) -> None:
    """So many, in one statement."""
    one = {"handler": CRM, "callback": f"{CRM}:sync_contact", "hook": "wu_customer_post_create", "arguments": []}
    with unit_of_work("test") as session:
        session.execute(insert(Delivery), [one] * number)


def attempt(delivery: Delivery, **values: Any) -> Attempt:
    facts = {"started_at": clock.now(), "milliseconds": 120, "outcome": "retry", **values}
    return factories.save(lambda: Attempt(delivery_id=delivery.id, **facts))


def fresh(row: Any) -> Any:
    """As it is in the database now."""
    db.session.rollback()
    db.session.refresh(row)
    return row


def names(root: Element) -> list[str]:
    """What names the rows of the page's list, in their order."""
    return [one.text for one in root.all("th", scope="row")]


def cells(row: Element) -> list[str]:
    """What a row of a list says, without the box by which it is chosen."""
    return [one.text for one in row.all("th", "td") if "table__pick" not in one.attrs.get("class", "")]


def form_of(page: Page, action: str) -> int:
    """Which form of the page posts to an address that ends so."""
    (index,) = [place for place, form in enumerate(page.forms) if form["action"].endswith(action)]
    return index


def send(browser: Browser, action: str, *, press: dict[str, str] | None = None, **values: str) -> Page:
    """The form of the page that posts to such an address; `__` in a name stands for `-`."""
    named = {name.replace("__", "-"): value for name, value in values.items()}
    return browser.submit(form_of(browser.page, action), press=press, **named)


def link(root: Element, text: str) -> str:
    """Where the link with this text leads."""
    (found,) = {one.attrs["href"] for one in root.all("a") if one.text == text}
    return found


def has_link(root: Element, text: str) -> bool:
    return any(one.text == text for one in root.all("a"))


def count(root: Element) -> str:
    return root.by_id("list-count").text


def errors(root: Element) -> list[str]:
    """Where the links of the summary above a form lead: what is wrong, in its order."""
    return [one.attrs["href"] for one in root.by_id("error-summary").all("a")]
