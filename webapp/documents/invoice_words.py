"""What an invoice says in words, in the language that it was issued in. Call it under `force_locale`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from flask_babel import get_locale
from flask_babel import gettext as _

from webapp.formatting import country_name, money
from webapp.money import Money

Content = dict[str, Any]
REVERSE_CHARGE, OUTSIDE, ZERO = "AE", "O", "Z"


def locale() -> str:
    """English dates begin with the day."""
    found = str(get_locale() or "en")
    return "en_GB" if found == "en" else found


def day(text: str) -> str:
    """`23 November 2026`, of a day or an instant in ISO 8601."""
    at = datetime.fromisoformat(text).date() if "T" in text else date.fromisoformat(text)
    return format_date(at, "long", locale=locale()).replace(" ", "\u00a0")


def title(content: Content) -> str:
    words = _("Credit note") if content["kind"] == "credit-note" else _("Invoice")
    return f"{words} {content['number']}"


def amount(content: Content, minor: int) -> str:
    return money(Money(minor, content["currency"]))


def price(text: str) -> str:
    """A net price, which may have more decimals than its currency."""
    value = Decimal(text)
    places = max(2, -int(value.as_tuple().exponent))
    return format_decimal(value, "#,##0." + "0" * places, locale=locale())


def percent(rate: str) -> str:
    """`19 %`, `8,5 %`; nothing where the rate was not kept."""
    return f"{format_decimal(Decimal(rate), locale=locale())}\u00a0%" if rate else ""


def rates_of(line: Content) -> str:
    if line["category"] == REVERSE_CHARGE:
        return _("reverse charge")
    return " + ".join(filter(None, (percent(rate) for _title, rate in line["rates"]))) or "–"


def name_of(content: Content, line: Content) -> str:
    """A credit note's lines have no name of their own: they say what they are a part of."""
    if line["name"]:
        return str(line["name"])
    if content.get("tax_only"):
        return _("Restated without tax") if line["net"] < 0 else _("As invoiced, with tax")
    return _("From invoice %(number)s", number=content["preceding"]["number"])


def buyer(content: Content) -> list[str]:
    known = content["buyer"]
    place = f"{known['zip']} {known['city']}".strip()
    country = country_name(known["country"]) if known["country"] != content["seller"]["country"] else ""
    lines = (known["company"], known["name"], known["line_1"], known["line_2"], place, known["state"], country)
    return [one for one in lines if one]


def facts(content: Content) -> Iterator[tuple[str, str]]:
    """What stands beside the buyer's address."""
    yield _("Date"), day(content["issue_date"])
    if content.get("preceding"):
        told = f"{content['preceding']['number']}, {day(content['preceding']['date'])}"
        yield (_("Takes back") if content.get("taken_back") else _("For invoice")), told
    yield _("Order number"), content["order_number"]
    yield _("Customer number"), content["buyer"]["number"]
    if content["contract_number"]:
        yield _("Contract number"), content["contract_number"]
    period = content.get("period")
    if period:
        yield _("Period"), f"{day(period['start'])} – {day(period['end'])}"
    elif (content.get("paid") or {}).get("at"):
        yield _("Date of supply"), day(content["paid"]["at"])
    if (content.get("paid") or {}).get("reference"):
        yield _("Payment reference"), content["paid"]["reference"]
    if content["buyer"]["vat_id"]:
        yield _("Your VAT ID"), content["buyer"]["vat_id"]


def sums(content: Content) -> Iterator[tuple[str, str, bool]]:
    """Words, amount, and whether it is the total."""
    totals = content["totals"]
    yield _("Net amount"), amount(content, totals["net"]), False
    for one in content["taxes"]:
        for (name, rate), tax in zip(one["rates"], one["taxes"], strict=True):
            words = " ".join(filter(None, (percent(rate), name or _("tax"))))
            yield _("%(tax)s on %(amount)s", tax=words, amount=amount(content, one["net"])), amount(content, tax), False
        if one["category"] == REVERSE_CHARGE:
            words = f"{percent('0')} {name_of_vat()}"
            yield _("%(tax)s on %(amount)s", tax=words, amount=amount(content, one["net"])), amount(content, 0), False
    yield _("Total"), amount(content, totals["gross"]), True
    if totals["credit"]:
        words = _("Of this, as credit") if content["kind"] == "credit-note" else _("Paid with credit")
        yield words, amount(content, totals["credit"]), False


def notes(content: Content) -> Iterator[str]:
    """What the law wants said, how it was paid, and the seller's terms."""
    if any(one["category"] == REVERSE_CHARGE for one in content["taxes"]):
        yield _("Reverse charge: the tax is owed by the recipient of the service (Art. 196 of Directive 2006/112/EC).")
    yield from dict.fromkeys(one["reason"] for one in content["taxes"] if one["reason"])
    if content["kind"] == "credit-note":
        if content["reason"]:
            yield _("Reason: %(reason)s", reason=content["reason"])
    elif content.get("taken_back"):
        yield _("The refund of the credit note named above did not reach you; its amount is owed to you again.")
    elif content["terms"]:
        yield content["terms"]
    else:
        yield paid(content)


def name_of_vat() -> str:
    return _("VAT")


def paid(content: Content) -> str:
    told = content.get("paid") or {}
    if not content["totals"]["gross"] or not told.get("at"):
        return _("Nothing is to be paid.")
    if told["label"]:
        return _("Paid on %(date)s with %(means)s.", date=day(told["at"]), means=told["label"])
    return _("Paid on %(date)s.", date=day(told["at"]))


def footer(content: Content) -> list[str]:
    """Who the seller is, in the lines that the law asks for."""
    seller = content["seller"]
    numbers = (
        _("VAT ID %(number)s", number=seller["vat_id"]) if seller["vat_id"] else "",
        _("Tax number %(number)s", number=seller["tax_number"]) if seller["tax_number"] else "",
        seller["register"],
    )
    lines = (
        " · ".join(filter(None, (seller["name"], *seller["address"], seller["email"]))),
        " · ".join(filter(None, numbers)),
        " · ".join(filter(None, seller["bank"])),
    )
    return [one for one in lines if one]
