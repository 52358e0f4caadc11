"""Rows as CSV (RFC 4180): what a spreadsheet opens without running anything that somebody typed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, lazyload, load_only
from sqlalchemy.sql.base import ExecutableOption

from webapp import clock
from webapp.models import Customer, Delivery, Event, InboundEvent, Invoice, Mail, Membership, Payment, Product, Site
from webapp.money import Money

BOM = "\ufeff"
# A cell that begins with one of these may be taken for a formula; also behind blanks that are cut off.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: Any) -> str:
    """Amounts and numbers plain, instants in UTC; text that could be a formula gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Money):
        return format(value.decimal, "f")
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, datetime):
        return clock.rfc3339(value.replace(microsecond=0))
    text = str(value).replace("\0", "")
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip(" \u00a0\u3000").startswith(FORMULA) else text


def lines(rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([cell(one) for one in row] for row in rows)
    return out.getvalue()


WORDS = ("text", "html", "secrets")  # of a mail: not what a table is for
Value = Callable[[Any], Any]
Columns = Sequence[tuple[LazyString, Value]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What an export of these rows holds. `options`: what is loaded with each."""

    model: Any
    columns: Columns
    options: Sequence[ExecutableOption] = ()

    def header(self) -> str:
        return lines([[str(label) for label, _value in self.columns]])

    def rows(self, session: Session, ids: Sequence[int]) -> tuple[str, int]:
        """The rows that are there, in this order, and how many those are."""
        query = select(self.model).where(self.model.id.in_(ids)).options(*self.options)
        found = {one.id: one for one in session.scalars(query).unique()}
        there = [found[one] for one in ids if one in found]
        return lines([[value(one) for _label, value in self.columns] for one in there]), len(there)


def of(*path: str) -> Value:
    """The value at `customer`, `email`."""

    def value(row: Any) -> Any:
        for name in path:
            row = getattr(row, name)
        return row

    return value


NUMBER = (_l("Number"), of("id"))
REFERENCE = (_l("Reference"), of("reference"))
STATUS = (_l("Status"), of("status"))
CREATED = (_l("Created"), of("created_at"))
CURRENCY = (_l("Currency"), of("currency"))
GATEWAY = (_l("Gateway"), of("gateway"))
BUYER: Columns = (
    (_l("Customer number"), of("customer_id")),
    (_l("Customer"), of("customer", "display_name")),
    (_l("E-mail address"), of("customer", "email")),
)
WITH_BUYER = load_only(Customer.display_name, Customer.email)

CUSTOMERS = Sheet(
    Customer,
    (
        NUMBER,
        REFERENCE,
        (_l("Name"), of("display_name")),
        (_l("Company"), of("company_name")),
        (_l("E-mail address"), of("email")),
        (_l("Business"), of("business")),
        (_l("VAT ID"), of("tax_id")),
        (_l("Street and number"), of("billing_address_line_1")),
        (_l("Address line 2"), of("billing_address_line_2")),
        (_l("Postcode"), of("billing_zip_code")),
        (_l("Town or city"), of("billing_city")),
        (_l("State"), of("billing_state")),
        (_l("Country"), of("billing_country")),
        (_l("Language"), of("locale")),
        (_l("Registered"), of("registered_at")),
    ),
)
MEMBERSHIPS = Sheet(
    Membership,
    (
        NUMBER,
        REFERENCE,
        *BUYER,
        (_l("Plan"), of("plan", "name")),
        STATUS,
        (_l("Price"), of("price")),
        CURRENCY,
        (_l("Billing period"), lambda row: f"{row.duration} {row.duration_unit}" if row.recurring else ""),
        GATEWAY,
        CREATED,
        (_l("Renews or ends"), of("expires_at")),
        (_l("Cancelled for"), of("cancel_at")),
    ),
    (
        joinedload(Membership.customer).options(WITH_BUYER),
        joinedload(Membership.plan).options(load_only(Product.name), lazyload(Product.variations)),
    ),
)
PAYMENTS = Sheet(
    Payment,
    (
        (_l("Order number"), of("order_number")),
        REFERENCE,
        *BUYER,
        STATUS,
        (_l("Subtotal"), of("subtotal")),
        (_l("Discount"), of("discount_total")),
        (_l("Tax"), of("tax_total")),
        (_l("Amount"), of("total")),
        CURRENCY,
        GATEWAY,
        (_l("Called there"), of("gateway_reference")),
        CREATED,
        (_l("Paid at"), of("completed_at")),
    ),
    (joinedload(Payment.customer).options(WITH_BUYER),),
)
SITES = Sheet(
    Site,
    (
        NUMBER,
        (_l("Address"), of("slug")),
        (_l("Name"), of("title")),
        *BUYER,
        (_l("Membership"), of("membership_id")),
        STATUS,
        CREATED,
        (_l("Published"), of("published_at")),
        (_l("Made by"), of("provisioner")),
        (_l("Called there"), of("made_as")),
        (_l("Address there"), of("address")),
    ),
    (joinedload(Site.customer).options(WITH_BUYER),),
)
DELIVERIES = Sheet(
    Delivery,
    (
        NUMBER,
        (_l("Key"), of("key")),
        (_l("What is called"), of("callback")),
        (_l("Because of"), of("hook")),
        (_l("Destination"), of("handler")),
        (_l("Customer number"), of("customer_id")),
        STATUS,
        (_l("Attempts"), of("attempts_made")),
        (_l("Last error"), of("last_error")),
        CREATED,
        (_l("Done at"), of("done_at")),
    ),
)
INVOICES = Sheet(
    Invoice,
    (
        NUMBER,
        (_l("Number"), of("number")),
        (_l("Kind"), of("kind")),
        (_l("Issued"), of("issue_date")),
        (_l("Order number"), of("payment_id")),
        *BUYER,
        (_l("VAT ID"), lambda row: row.content["buyer"]["vat_id"]),
        (_l("Country"), lambda row: row.content["buyer"]["country"]),
        CURRENCY,
        (_l("Net"), lambda row: Money(row.total_minor - row.tax_minor, row.currency)),
        (_l("Tax"), of("tax")),
        (_l("Total"), of("total")),
        REFERENCE,
    ),
    (joinedload(Invoice.customer).options(WITH_BUYER),),
)
EVENTS = Sheet(
    Event,
    (
        NUMBER,
        (_l("ID"), of("public_id")),
        (_l("Type"), of("type")),
        (_l("About"), lambda row: f"{row.object_type} {row.object_id}"),
        (_l("Customer number"), of("customer_id")),
        (_l("When"), of("timestamp")),
    ),
)
INBOUND_EVENTS = Sheet(
    InboundEvent,
    (
        NUMBER,
        GATEWAY,
        (_l("ID"), of("external_id")),
        (_l("Type"), of("type")),
        (_l("Called there"), of("object_reference")),
        STATUS,
        (_l("What came of it"), of("effect")),
        (_l("Received"), of("created_at")),
        (_l("Done at"), of("handled_at")),
    ),
)
EMAILS = Sheet(
    Mail,
    (
        NUMBER,
        (_l("Message"), of("kind")),
        (_l("Language"), of("locale")),
        (_l("Recipient"), of("to_address")),
        (_l("Customer number"), of("customer_id")),
        (_l("Subject"), of("subject")),
        STATUS,
        (_l("Tries"), of("attempts_made")),
        (_l("Last error"), of("last_error")),
        CREATED,
        (_l("Sent"), of("sent_at")),
    ),
    (load_only(*(getattr(Mail, one.key) for one in Mail.__mapper__.column_attrs if one.key not in WORDS)),),
)

SHEETS: Mapping[str, Sheet] = {
    one.model.__tablename__: one
    for one in (CUSTOMERS, MEMBERSHIPS, PAYMENTS, INVOICES, SITES, DELIVERIES, EMAILS, EVENTS, INBOUND_EVENTS)
}
