"""What the taxes of an order are called for a person: `19% VAT`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from babel.numbers import format_decimal
from flask_babel import get_locale
from flask_babel import gettext as _

from webapp.domain.cart_lines import per_rate
from webapp.domain.tax_ids import MEMBERS
from webapp.models import LineTax, Payment
from webapp.money import Money

ELSEWHERE_TOO = frozenset({"", "GB", "CH", "NO"})


def percent(rate: Decimal) -> str:
    """`19`, `8,875`: as the reader writes it."""
    return format_decimal(rate, "0.####", get_locale())


def is_vat(country: str) -> bool:
    """Whether everybody there calls it that; elsewhere a tax has the name that the operator gave it."""
    return country in MEMBERS or country in ELSEWHERE_TOO


def name(title: str, rate: Decimal, country: str) -> str:
    if is_vat(country):
        return _("%(rate)s%% VAT", rate=percent(rate))
    return _("%(rate)s%% %(name)s", rate=percent(rate), name=title)


def reverse_charge() -> str:
    """As it stands on invoices and receipts."""
    return _("Reverse charge: the tax is owed by the recipient of the service (Art. 196 of Directive 2006/112/EC).")


def named(taxes: Iterable[LineTax], country: str) -> list[tuple[str, Money]]:
    """Each with its name; those that come to nothing are left out."""
    return [(name(one.title, one.rate, country), one.amount) for one in taxes if one.amount]


def of_payment(payment: Payment) -> list[tuple[str, Money]]:
    """Its tax by rate. One that was reckoned before rates were kept is all in one."""
    country = str((payment.tax_evidence or {}).get("country", ""))
    found = named(per_rate(tax for line in payment.line_items for tax in line.tax_parts), country)
    if sum(amount.minor for _name, amount in found) == payment.tax_minor:
        return found
    return [(_("Tax"), payment.tax_total)]
