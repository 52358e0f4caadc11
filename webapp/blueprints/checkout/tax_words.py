"""What a buyer is told of the tax: beside prices, in the sums, and about their VAT id while it is looked up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_limiter import RateLimitExceeded

from webapp import clock
from webapp.domain import network, tax_id_checks, tax_names
from webapp.domain.carts import Cart
from webapp.domain.taxes import Decision, Known
from webapp.extensions import limiter
from webapp.models import LineTax, Payment, Product
from webapp.money import Money
from webapp.transactions import unit_of_work

WAITS = timedelta(seconds=3)  # so long the summary asks again by itself
ASKED_LATELY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TaxLines:
    """`suffix`: beside what is due, "incl. 19% VAT", or why there is none. `rows`: each tax apart, for whom that
    matters. `note`: about the VAT id; `is_waiting`: its answer may come any moment."""

    suffix: str = ""
    net: Money | None = None
    rows: Sequence[tuple[str, Money]] = ()
    note: str = ""
    is_waiting: bool = False


NOTHING = TaxLines()


def lines_of(cart: Cart, *, business: bool) -> TaxLines:
    """Where the network reckons no tax, only why, if it says so."""
    decision = cart.tax
    if decision is None:
        note = untaxed_note() if cart.total else ""
        return TaxLines(suffix=note) if note else NOTHING
    taxes = [one for one in cart.taxes if one.amount]
    apart = bool(taxes) and (business or not decision.inclusive or len(taxes) > 1)
    sums = cart.due_today or cart.total
    waiting = is_waiting(cart)
    return TaxLines(
        suffix=contained(taxes, decision) if taxes else "",
        net=sums - Money.sum((one.amount for one in taxes), cart.currency) if apart else None,
        rows=tax_names.named(taxes, decision.place.country) if apart else (),
        note=note_of(cart, waiting),
        is_waiting=waiting,
    )


def untaxed_note() -> str:
    """Why prices bear no tax, as a small business under § 19 UStG says beside them; "" for who reckons tax."""
    settings = network.settings()
    return "" if settings.enable_taxes else settings.invoice_untaxed_note


def contained(taxes: Sequence[LineTax], decision: Decision) -> str:
    """`incl. 19% VAT`; with several rates they stand in the sums."""
    if len(taxes) == 1:
        return _("incl. %(tax)s", tax=tax_names.name(taxes[0].title, taxes[0].rate, decision.place.country))
    return _("incl. VAT") if tax_names.is_vat(decision.place.country) else _("incl. tax")


def contained_in(cart: Cart) -> str:
    """The same of all that was ordered; "" where it bears no tax."""
    taxes = [one for one in cart.taxes if one.amount]
    return contained(taxes, cart.tax) if taxes and cart.tax is not None else ""


def beside_payment(payment: Payment) -> str:
    """Beside what an order costs: what tax is in it, that the buyer owes the tax, or why there is none."""
    if payment.is_reverse_charged:
        return tax_names.reverse_charge()
    if not payment.tax_minor:
        return untaxed_note() if payment.total_minor else ""
    found = tax_names.of_payment(payment)
    if len(found) == 1 and payment.tax_evidence:
        return _("incl. %(tax)s", tax=found[0][0])
    country = str((payment.tax_evidence or {}).get("country", ""))
    return _("incl. VAT") if tax_names.is_vat(country) else _("incl. tax")


def beside_prices(plans: Sequence[Product], decision: Decision | None) -> dict[str, str]:
    """By the slug of each plan, what stands beside its price: whether the tax is in it, or comes on top."""
    return {} if decision is None else {plan.slug: _beside_price(plan, decision) for plan in plans}


def _beside_price(plan: Product, decision: Decision) -> str:
    chain = decision.chain(plan.tax_category) if plan.taxable and not decision.reverse_charge else ()
    if not chain:
        return ""
    if len(chain) == 1:
        tax = tax_names.name(chain[0].title, chain[0].rate, decision.place.country)
        return _("incl. %(tax)s", tax=tax) if decision.inclusive else _("plus %(tax)s", tax=tax)
    return _("incl. tax") if decision.inclusive else _("plus tax")


# -- the VAT id ------------------------------------------------------------------------------------------------------
def note_of(cart: Cart, waiting: bool) -> str:
    decision = cart.tax
    if decision is None or not decision.number:
        return ""
    if decision.reverse_charge:
        return _("Reverse charge: your VAT ID is valid, and you owe the VAT in your own country.")
    if not cart.tax_total:
        return ""
    if not decision.doubt:
        return _("The EU's registry does not know this VAT ID, so VAT is charged. Check it, or go on like this.")
    if waiting:
        return _("We are looking up your VAT ID …")
    return _("Your VAT ID could not be looked up, so VAT is charged. We try again, and you get it back if it is valid.")


def is_waiting(cart: Cart) -> bool:
    """Whether the registry's answer is worth asking for again in a moment."""
    known = doubted(cart)
    return known is not None and (needs_asking(known) or clock.now() < asked_at(known) + WAITS)


def doubted(cart: Cart) -> Known | None:
    return cart.tax.known if cart.tax is not None and cart.tax.doubt and cart.tax_total else None


def needs_asking(known: Known) -> bool:
    return known.check_id is None or clock.now() >= asked_at(known) + ASKED_LATELY


def asked_at(known: Known) -> datetime:
    return known.asked_at or clock.now()


def ask(cart: Cart) -> None:
    """Have a worker look the VAT id up, if nobody has just asked. Does not wait for the answer."""
    known = doubted(cart)
    if known is None or cart.tax is None or not needs_asking(known):
        return
    try:
        _ask(cart.tax.number)
    except RateLimitExceeded:  # numbers that are tried out by the dozen are no buyer's; an order asks anyway
        return


@limiter.limit("20 per minute")
def _ask(number: str) -> None:
    with unit_of_work("checkout"):
        tax_id_checks.ask(number)
