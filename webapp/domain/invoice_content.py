"""What stands on an invoice, frozen as JSON when it is issued: all that the PDF shows, and all that an e-invoice after
EN 16931 needs (its business terms are named beside the fields).

Amounts are minor units of `currency`; a credit note's are positive, as EN 16931 has them, and mean the other direction.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from webapp.domain import network, tax_parts, transfers
from webapp.domain.tax_parts import Part
from webapp.models import Customer, LineItem, Membership, MembershipStatus, Payment, Refund, RefundKind
from webapp.money import exponent, round_half_away

VERSION = 1
EXEMPT = "E"
REASON_CODES = {tax_parts.REVERSE_CHARGE: "VATEX-EU-AE", tax_parts.OUTSIDE: "VATEX-EU-O"}  # BT-121
TYPE_CODES = {"invoice": "380", "credit-note": "381"}  # BT-3


def of_payment(payment: Payment, number: str, day: date, locale: str) -> dict[str, Any]:
    """The invoice of a payment that is settled."""
    lines = [line_of(one, payment) for one in payment.line_items]
    rest = payment.total_minor - sum(one["gross"] for one in lines)
    if rest or not lines:
        lines.append(_line(payment.order_number, Part(tax_parts.OUTSIDE, (), rest, ()), payment.currency))
    content = _frame("invoice", payment, number, day, locale)
    content |= {"period": period_of(payment.membership), "paid": paid_of(payment)}
    return _with_sums(content, lines, credit=payment.credit_minor)


def of_refund(refund: Refund, number: str, day: date, locale: str, preceding: dict[str, str]) -> dict[str, Any]:
    """The credit note of a refund. `preceding`: number and date of the payment's invoice (BT-25, BT-26)."""
    parts = [Part.of(one) for one in refund.parts]
    lines = [_line("", one, refund.currency) for one in parts]
    content = _frame("credit-note", refund.payment, number, day, locale)
    content |= {"preceding": preceding, "reason": refund.reason, "tax_only": refund.kind == RefundKind.TAX}
    return _with_sums(content, lines, credit=refund.credit_minor)


def taking_back(note: dict[str, Any], number: str, day: date) -> dict[str, Any]:
    """The money of a credit note did not go after all: an invoice over the same, naming it."""
    frame = {"kind": "invoice", "type_code": TYPE_CODES["invoice"], "number": number, "issue_date": day.isoformat()}
    return note | frame | {"preceding": {"number": note["number"], "date": note["issue_date"]}, "taken_back": True}


def _frame(kind: str, payment: Payment, number: str, day: date, locale: str) -> dict[str, Any]:
    known = network.settings()
    return {
        "version": VERSION,
        "kind": kind,
        "type_code": TYPE_CODES[kind],
        "number": number,
        "issue_date": day.isoformat(),
        "locale": locale,
        "currency": payment.currency,
        "order_number": payment.order_number,
        "contract_number": str(payment.membership_id or ""),
        "seller": seller_of(known),
        "buyer": buyer_of(payment),
        "terms": known.invoice_terms,
        "untaxed_note": known.invoice_untaxed_note,
    }


def seller_of(known: network.Network) -> dict[str, Any]:
    """BG-4. The logo is named by what is in it."""
    return {
        "name": known.company_name,
        "address": known.company_address.splitlines(),
        "country": known.seller_country,
        "vat_id": known.company_tax_id,
        "tax_number": known.company_tax_number,
        "register": known.company_register,
        "bank": known.bank_details.splitlines(),
        "email": known.support_email,
        "logo": known.logo,
    }


def buyer_of(payment: Payment) -> dict[str, Any]:
    """BG-7: where tax was decided by a VAT id, that one."""
    customer: Customer = payment.customer
    evidence = payment.tax_evidence or {}
    return {
        "number": str(customer.id),
        "company": customer.company_name,
        "name": customer.display_name,
        "line_1": customer.billing_address_line_1,
        "line_2": customer.billing_address_line_2,
        "zip": customer.billing_zip_code,
        "city": customer.billing_city,
        "state": customer.billing_state,
        "country": customer.billing_country,
        "vat_id": (evidence.get("tax_id") or "" if payment.is_reverse_charged else "") or customer.tax_id,
        "email": customer.email,
    }


def period_of(membership: Membership | None) -> dict[str, str] | None:
    """BG-14: what the payment was for, from the first instant to the last; None for what has no period."""
    if membership is None or membership.status == MembershipStatus.TRIALING or not membership.recurring:
        return None
    anchor, ends = membership.anchor, membership.expires_at
    if anchor is None or ends is None:
        return None
    number = max(0, membership.periods_paid - 1)
    while number and membership.period.after(anchor, number) >= ends:
        number -= 1
    return {"start": membership.period.after(anchor, number).isoformat(), "end": ends.isoformat()}


def paid_of(payment: Payment) -> dict[str, str]:
    """BG-16: when, and by what; of a transfer, the reference that was quoted (BT-83)."""
    credential = payment.membership.credential if payment.membership is not None else None
    named = credential.label if credential is not None and credential.gateway == payment.gateway else ""
    paid_at = payment.completed_at.isoformat() if payment.completed_at else ""
    return {"at": paid_at, "gateway": payment.gateway, "label": named, "reference": transfers.quoted(payment)}


def line_of(line: LineItem, payment: Payment) -> dict[str, Any]:
    """BG-25. Where prices contain the tax, price and discount are restated without it, so that they add up."""
    part = tax_parts.of_line(line, reverse_charge=payment.is_reverse_charged)
    allowance = line.discount_minor
    if payment.is_tax_inclusive and part.gross:
        allowance = _share(line.discount_minor, part.net, part.gross)
    return _line(line.title, part, line.currency, quantity=line.quantity, allowance=allowance)


def _share(amount: int, net: int, gross: int) -> int:
    return round_half_away(Decimal(amount) * net / gross)


def _line(name: str, part: Part, currency: str, *, quantity: int = 1, allowance: int = 0) -> dict[str, Any]:
    before = part.net + allowance
    each = Decimal(before).scaleb(-exponent(currency)) / max(1, quantity)
    return {
        "name": name,
        "quantity": quantity,
        "unit_code": "C62",  # UN/ECE Recommendation 20: one
        "unit_price": f"{each.quantize(Decimal(1).scaleb(-exponent(currency) - 4)).normalize():f}",
        "before": before,
        "allowance": allowance,
        "category": part.category,
        "rates": [list(one) for one in part.rates],
        "net": part.net,
        "taxes": list(part.taxes),
        "gross": part.gross,
    }


def _with_sums(content: dict[str, Any], lines: list[dict[str, Any]], *, credit: int) -> dict[str, Any]:
    """BG-22 and BG-23. What is outside the scope of tax is exempt where the operator says why."""
    note = content["untaxed_note"]
    for one in lines:
        if note and one["category"] == tax_parts.OUTSIDE:
            one["category"] = EXEMPT
    groups = tax_parts.added(Part.of(one) for one in lines)
    taxes = [
        {
            **one.plain(),
            "reason_code": REASON_CODES.get(one.category, ""),
            "reason": note if one.category == EXEMPT else "",
        }
        for one in groups
    ]
    gross = sum(one.gross for one in groups)
    totals = {
        "before": sum(one["before"] for one in lines),
        "allowance": sum(one["allowance"] for one in lines),
        "net": sum(one.net for one in groups),
        "tax": sum(one.tax for one in groups),
        "gross": gross,
        "credit": credit,
        "due": 0,
    }
    return content | {"lines": lines, "taxes": taxes, "totals": totals}
