"""What the order summary says, and what of it is compared when the order comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _

from webapp import clock
from webapp.blueprints.checkout import tax_words
from webapp.blueprints.checkout.tax_words import TaxLines
from webapp.domain import network
from webapp.domain.carts import Cart
from webapp.formatting import long_date, money, per_period, period
from webapp.models import DiscountCode, Renewals
from webapp.money import Money
from webapp.periods import Period


@dataclass(frozen=True, slots=True)
class Summary:
    """The sentences of the order summary, ready to be read."""

    price_line: str = ""
    renewal_line: str = ""
    trial_line: str = ""
    discount_line: str = ""
    tax: TaxLines = tax_words.NOTHING


def summary_of(cart: Cart, *, business: bool = False) -> Summary:
    """`business`: then the sums name the tax apart."""
    tax = tax_words.lines_of(cart, business=business)
    if cart.plan is None or cart.period is None:
        return Summary(tax=tax)
    return Summary(
        tax=tax,
        price_line=_price_line(cart),
        renewal_line=_renewal_line(cart),
        trial_line=_trial_line(cart),
        discount_line=_discount_line(cart),
    )


def _price_line(cart: Cart) -> str:
    if not cart.recurring_total or cart.period is None:
        return ""
    return f"{money(cart.recurring_total)} {per_period(cart.period)}"


def _renewal_line(cart: Cart) -> str:
    if not cart.recurring_total or cart.period is None:
        return _("Runs without a fixed term; delete it any time.") if cart.is_free else _("Paid once, no renewal.")
    return term_of(cart.period)


def term_of(length: Period) -> str:
    """How long it runs, and how one gets out of it."""
    term = period(length)
    return _("Runs for %(term)s and renews for another %(term)s each time; cancel any time to its end.", term=term)


def _trial_line(cart: Cart) -> str:
    if cart.trial_ends_at is None or cart.period is None:
        return ""
    return _(
        "Free until %(date)s. Then %(price)s %(period)s unless you cancel before.",
        date=long_date(cart.trial_ends_at),
        price=" ".join(filter(None, (money(cart.recurring_total), tax_words.contained_in(cart)))),
        period=per_period(cart.period),
    )


def _discount_line(cart: Cart) -> str:
    code, after = cart.discount, cart.recurring_after_discount
    if code is None or after is None or not after or cart.period is None or cart.next_charge_at is None:
        return ""
    paid = Money.sum((line.total for line in cart.line_items if line.recurring), cart.currency)
    end = cart.period.after(cart.trial_ends_at or clock.now(), _discounted_periods(code))
    return _(
        "%(price)s for %(time)s, then %(after)s %(period)s from %(date)s",
        price=money(paid),
        time=_times(cart.period, _discounted_periods(code)),
        after=money(after),
        period=per_period(cart.period),
        date=long_date(end),
    )


def _discounted_periods(code: DiscountCode) -> int:
    return 1 + (code.renewals_limit if code.apply_to_renewals == Renewals.FIRST else 0)


def _times(length: Period, times: int) -> str:
    return period(Period(min(length.count * times, 10), length.unit)) if times > 1 else period(length)


def quote(cart: Cart) -> str:
    """What the summary says, to be compared when the order comes: due today and each renewal, in minor units."""
    return f"{cart.due_today.minor}.{cart.recurring_total.minor}.{cart.currency}"


def quoted_total(text: str, currency: str) -> Money | None:
    """The amount due that the buyer saw, for the sentence that says it changed."""
    first = text.partition(".")[0]
    return Money(int(first), currency) if first.isascii() and first.isdigit() and len(first) < 16 else None


def withdrawal_ends() -> str:
    return long_date(clock.now() + timedelta(days=network.settings().withdrawal_days))
