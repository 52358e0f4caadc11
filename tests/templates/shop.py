"""What the checkout's templates are given, without an application behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask_babel import Babel
from wtforms import EmailField, Form

from webapp.bank_transfers import BankAccount
from webapp.blueprints import qr
from webapp.blueprints.checkout import shapes, shaping
from webapp.blueprints.checkout.forms import CheckoutForm
from webapp.blueprints.checkout.shapes import Shape
from webapp.blueprints.transfers import Shown
from webapp.domain import checkout_forms
from webapp.domain.field_types.asking import HEADINGS
from webapp.domain.form_definitions import Words, said
from webapp.money import Money

TRIAL_ENDS = datetime(2026, 12, 7, 9, tzinfo=UTC)
NEXT_CHARGE = datetime(2026, 12, 23, 9, tzinfo=UTC)
Render = Callable[..., Any]


class Address(Form):
    email_address = EmailField()


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def shape_for(*, is_member: bool) -> Shape:
    """The form that a network begins with."""
    return shapes.shape_of(checkout_forms.standard(), is_member=is_member)


def words(of: Words) -> str:
    return said(of, "en")


# As `blueprints/checkout/shaping.py` is to the templates, without the settings of a network.
SHAPING = SimpleNamespace(
    words=words,
    prose=words,
    template_of=shaping.template_of,
    heading=lambda panel: words(panel.heading.label) or str(HEADINGS[panel.about]),
    step_name=lambda step, _at: words(step.name),
    stages=lambda _shape: [("DATA Order", "current"), ("DATA Payment", "ahead")],
)


@contextmanager
def a_form(errors: dict[str, list[str]] | None = None, **data: str) -> Iterator[CheckoutForm]:
    """The order form as its module declares it, filled in with `data` and refused with `errors`."""
    app = Flask("forms")
    app.config.update(SECRET_KEY="for tests", WTF_CSRF_ENABLED=False)
    Babel(app)
    with app.test_request_context():
        form = CheckoutForm(formdata=None, data={"products": "premium", "period": "1-month", "gateway": "card", **data})
        shaping.shape(form, shape_for(is_member=False), {})
        form.offer(plans=[], allowed_countries=["AT", "DE"])
        for name, sentences in (errors or {}).items():
            form[name].errors = sentences
        yield form


def plan(slug: str, price: int, **more: Any) -> dict[str, Any]:
    card = {
        "slug": slug,
        "name": slug.title(),
        "description": f"DATA about {slug}",
        "features": ["DATA one", "DATA two"],
        "price": eur(price),
        "period_text": "DATA per month",
        "monthly": None,
        "setup_fee": None,
        "trial": None,
        "is_free": not price,
        "is_current": False,
    }
    return card | more


def line(title: str, price: int, **more: Any) -> SimpleNamespace:
    facts = {"title": title, "quantity": 1, "price_each": eur(price), "subtotal": eur(price), "later": False}
    return SimpleNamespace(**facts | more)


def a_cart(**more: Any) -> SimpleNamespace:
    facts: dict[str, Any] = {
        "plan": SimpleNamespace(name="Premium", feature_list=["DATA one", "DATA two"]),
        "line_items": [line("Premium", 2999), line("Set-up fee", 9900)],
        "subtotal": eur(12899),
        "discount_total": eur(0),
        "tax_total": eur(0),
        "total": eur(12899),
        "due_today": eur(12899),
        "recurring_total": eur(2999),
        "next_charge_at": NEXT_CHARGE,
        "collects_payment": True,
    }
    return SimpleNamespace(**facts | more)


def an_order(form: CheckoutForm, **more: Any) -> dict[str, Any]:
    """The context of checkout/register.html."""
    context: dict[str, Any] = {
        "form": form,
        "shape": shape_for(is_member=more.get("customer") is not None),
        "shaping": SHAPING,
        "carried": [],
        "summary_url": "/checkout/summary",
        "draft_url": "/checkout/draft",
        "action": "/register/premium",
        "plans": [
            plan("free", 0),
            plan("premium", 2999, is_current=True, setup_fee=eur(9900), trial="DATA days free"),
        ],
        "periods": [
            {"value": "1-month", "label": "DATA Monthly", "hint": "DATA every month"},
            {"value": "1-year", "label": "DATA Yearly", "hint": "DATA once a year"},
        ],
        "gateways": [
            {"id": "card", "title": "DATA Card", "description": "DATA Visa"},
            {"id": "manual", "title": "DATA Transfer", "description": "DATA later"},
        ],
        "cart": a_cart(),
        "summary": {
            "price_line": "€29.99 DATA per month",
            "renewal_line": "DATA renews",
            "tax": {"suffix": "DATA incl. VAT", "net": None},
        },
        "taxes": {"premium": "DATA incl. VAT"},
        "errors": [],
        "customer": None,
        "is_business": False,
        "site_suffix": ".example.org",
        "withdrawal_ends": "7 DATA 2026",
        "network": {
            "name": "Parzelle",
            "consumer_law": "eu",
            "terms_url": "/terms",
            "privacy_url": "/privacy",
        },
        "legal_urls": {"terms": "/terms", "privacy": "/privacy"},
    }
    return context | more


ACCOUNT = BankAccount("DATA", "DE02120300000000202051", "BYLADEM1001", "DATA")
TRANSFER = Shown(
    Money(12899, "EUR"),
    "128.99",
    ["DATA"],
    ACCOUNT,
    "RF34000042",
    None,
    qr.of_transfer(ACCOUNT, Money(12899, "EUR"), "RF34000042"),
)


def a_result(state: str = "paid", **more: Any) -> dict[str, Any]:
    """The context of checkout/thank_you.html, for the one who ordered."""
    membership = SimpleNamespace(
        plan=SimpleNamespace(name="Premium"),
        credential=SimpleNamespace(label="Visa •••• 4242"),
        trial_ends_at=None,
        renews_at=NEXT_CHARGE,
        price=eur(2999),
    )
    context: dict[str, Any] = {
        "state": state,
        "payment": SimpleNamespace(total=eur(12899), customer=SimpleNamespace(email="ada@example.com")),
        "membership": membership,
        "order_number": "000042",
        "site": SimpleNamespace(slug="ada"),
        "site_url": "https://ada.example.org/",
        "site_ready": False,
        "site_failed": False,
        "transfer": None,
        "settled": False,
        "poll_url": "/thank-you/ref",
        "sign_in_url": "/login",
        "support_email": "help@example.org",
        "email_form": Address(data={"email_address": "ada@example.com"}),
        "email_url": "/thank-you/ref/email-address",
        "errors": [],
    }
    return context | more
