"""Scripts of an order form that run once for each completed sale, with what they say of it.

A placeholder stands where JavaScript has a value: `{{ total }}` becomes `29.99`, `{{ plan }}` becomes `"Premium"`, with
its quotes. What a buyer entered can so never become code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.domain import checkout_forms
from webapp.domain.form_definitions import Snippet
from webapp.extensions import db
from webapp.models import Payment, Sale
from webapp.money import Money

PLACEHOLDERS: Mapping[str, Any] = {
    "order_number": _l("the order's number"),
    "reference": _l("the payment's reference, the same each time"),
    "total": _l("what is paid, as a number"),
    "tax": _l("the tax in it, as a number"),
    "currency": _l("the currency, like EUR"),
    "discount_code": _l("the voucher's code, or empty"),
    "plan": _l("the plan's name"),
    "plan_slug": _l("the plan's short name"),
    "form": _l("the form's address"),
}
HOLE = re.compile(r"\{\{ ?([a-z_]{1,40}) ?\}\}")


def sale_of(payment: Payment) -> Sale | None:
    return db.session.scalars(select(Sale).where(Sale.payment_id == payment.id)).one_or_none()


def values(sale: Sale) -> dict[str, Any]:
    payment, plan = sale.payment, sale.membership.plan
    return {
        "order_number": payment.order_number,
        "reference": payment.reference,
        "total": float(payment.total.decimal),
        "tax": float(Money(payment.tax_minor, payment.currency).decimal),
        "currency": payment.currency,
        "discount_code": payment.discount_code or "",
        "plan": plan.name,
        "plan_slug": plan.slug,
        "form": sale.checkout_form,
    }


def filled(code: str, told: Mapping[str, Any]) -> str:
    """A name that is not told stays as it is. Nothing in a value ends the string, the script or the line."""
    return HOLE.sub(lambda found: literal(told[found[1]]) if found[1] in told else found[0], code)


def literal(value: Any) -> str:
    """As JavaScript and HTML both take it."""
    text = json.dumps(value, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("'", "\\u0027")


def of(sale: Sale) -> tuple[Snippet, ...]:
    """Those of the form that the sale came by, as it is now; none where it is gone."""
    form = checkout_forms.in_use().get(sale.checkout_form)
    return form.definition.snippets if form is not None else ()


def waiting(sale: Sale, *, consent: bool) -> list[Snippet]:
    """What has not run for this sale yet, of what may."""
    if sale.settled_at is None:
        return []
    ran: Collection[str] = sale.snippets_run
    return [one for one in of(sale) if one.id not in ran and (consent or not one.consent)]


def claim(payment_id: int, *, consent: bool) -> list[tuple[Snippet, str]]:
    """What is to run now, filled in, and never again: whoever asks a second time gets nothing. Call it in a unit."""
    query = select(Sale).where(Sale.payment_id == payment_id).with_for_update()
    sale = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if sale is None:
        return []
    now = waiting(sale, consent=consent)
    if now:
        sale.snippets_run = [*sale.snippets_run, *(one.id for one in now)]
        db.session.flush()
    told = values(sale)
    return [(one, filled(one.code, told)) for one in now]
