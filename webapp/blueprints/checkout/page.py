"""What the checkout's templates are shown: plan cards, the summary's sentences, what can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _

from webapp import clock
from webapp.domain import network
from webapp.domain.carts import Cart
from webapp.formatting import long_date, money, per_period, period
from webapp.models import DiscountCode, Product, Renewals
from webapp.money import Money
from webapp.periods import Period, Unit


@dataclass(frozen=True, slots=True)
class PeriodChoice:
    """One way to pay for a plan; `hint` says what is charged when."""

    value: str
    label: str
    hint: str


@dataclass(frozen=True, slots=True)
class PlanCard:
    slug: str
    name: str
    description: str
    features: Sequence[str]
    price: Money
    period_text: str
    monthly: Money | None  # what it comes to a month, for a longer period
    setup_fee: Money | None
    trial: str | None
    is_free: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """The sentences of the order summary, ready to be read."""

    price_line: str = ""
    renewal_line: str = ""
    trial_line: str = ""
    discount_line: str = ""
    tax_suffix: str = ""


def plan_card(plan: Product, wanted: Period | None, current: str | None) -> PlanCard:
    """A plan at the period that was asked for, or at its own."""
    chosen = wanted if wanted is not None and plan.price_for(wanted) is not None else plan.period
    price = plan.price_for(chosen) or plan.price
    return PlanCard(
        slug=plan.slug,
        name=plan.name,
        description=plan.description,
        features=plan.feature_list,
        price=price,
        period_text="" if plan.is_free or not plan.recurring else per_period(chosen),
        monthly=monthly(price, chosen) if plan.recurring else None,
        setup_fee=plan.setup_fee if plan.setup_fee_minor > 0 else None,
        trial=_("%(time)s free", time=period(plan.trial)) if plan.trial else None,
        is_free=plan.is_free,
        is_current=plan.slug == current,
    )


def monthly(price: Money, length: Period) -> Money | None:
    """A year's price by the month, for comparison; None where it would say nothing new."""
    months = length.count * 12 if length.unit == Unit.YEAR else length.count
    if length.unit not in (Unit.MONTH, Unit.YEAR) or months < 2:
        return None
    return Money((price.minor * 2 + months) // (months * 2), price.currency)


def period_choices(plan: Product | None) -> list[PeriodChoice]:
    """How often one may pay for a plan; nothing to choose when there is one way."""
    if plan is None or plan.is_free or not plan.recurring:
        return []
    prices = plan.prices()
    return [PeriodChoice(str(one), every(one), _charge(one, price)) for one, price in prices.items()]


def every(length: Period) -> str:
    """`Monthly`, `Yearly`, else `Every 3 months`."""
    if length == Period(1, Unit.MONTH):
        return _("Monthly")
    if length.same_length(Period(1, Unit.YEAR)):
        return _("Yearly")
    return _("Every %(time)s", time=period(length))


def _charge(length: Period, price: Money) -> str:
    if length.same_length(Period(1, Unit.YEAR)):
        return _("%(price)s charged once a year", price=money(price))
    if length == Period(1, Unit.MONTH):
        return _("%(price)s charged every month", price=money(price))
    return _("%(price)s charged every %(time)s", price=money(price), time=period(length))


def all_periods(plans: Sequence[Product]) -> list[PeriodChoice]:
    """The periods that any plan is sold for: the toggle above the plan cards."""
    seen: list[Period] = []
    for plan in plans:
        if plan.recurring and not plan.is_free:
            seen += [one for one in plan.prices() if not any(one.same_length(other) for other in seen)]
    ordered = sorted(seen, key=lambda one: one.days)
    return [PeriodChoice(str(one), every(one), "") for one in ordered] if len(ordered) > 1 else []


def summary_of(cart: Cart) -> Summary:
    if cart.plan is None or cart.period is None:
        return Summary()
    return Summary(
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
    term = period(cart.period)
    return _("Runs for %(term)s and renews for another %(term)s each time; cancel any time to its end.", term=term)


def _trial_line(cart: Cart) -> str:
    if cart.trial_ends_at is None or cart.period is None:
        return ""
    return _(
        "Free until %(date)s. Then %(price)s %(period)s unless you cancel before.",
        date=long_date(cart.trial_ends_at),
        price=money(cart.recurring_total),
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
