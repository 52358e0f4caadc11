"""What is on offer, as buyers see it: plan cards, periods and currencies to choose from, what is sold beside a plan."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from flask_babel import get_locale
from flask_babel import gettext as _

from webapp.currencies import currencies
from webapp.domain import product_addons
from webapp.formatting import money, per_period, period
from webapp.models import PricingType, Product, PwywRecurring
from webapp.money import Money
from webapp.periods import Period, Unit


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to pay, or one currency; `hint` says what is charged when."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom one asks about what is not sold here."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture and the size it is shown at."""

    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PlanCard:
    """`price`: where buyers name the amount, the lowest one."""

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
    is_named: bool = False  # by the buyer
    credit: Money | None = None
    contact: Contact | None = None
    picture: Shown | None = None
    mark: str = ""  # what is special about it for who is looking
    is_unpriced: bool = False  # it is to cost something, and nobody has said how much


@dataclass(frozen=True, slots=True)
class AddonChoice:
    """Something to tick beside a plan, and what it costs."""

    slug: str
    name: str
    description: str
    price_text: str
    is_chosen: bool
    picture: Shown | None = None


def plan_card(plan: Product, wanted: Period | None, current: str | None, currency: str | None = None) -> PlanCard:
    """A plan for the period and in the currency that were asked for, or its own."""
    code = currency if currency in plan.currencies() else plan.currency
    chosen = wanted if wanted is not None and plan.price_for(wanted, code) is not None else plan.period
    price = plan.pwyw_minimum if plan.is_pay_what_you_want else plan.price_for(chosen, code) or plan.price
    fee = plan.setup_fee_in(code)
    return PlanCard(
        slug=plan.slug,
        name=plan.name,
        description=plan.description,
        features=plan.feature_list,
        price=price,
        period_text=_period_text(plan, chosen),
        monthly=monthly(price, chosen) if plan.recurring and not plan.is_pay_what_you_want else None,
        setup_fee=fee if fee.minor > 0 else None,
        credit=-fee if fee.minor < 0 else None,
        trial=_("%(time)s free", time=period(plan.trial)) if plan.trial else None,
        is_free=plan.is_free,
        is_current=plan.slug == current,
        is_named=plan.is_pay_what_you_want,
        contact=_contact(plan),
        picture=picture_of(plan),
    )


def picture_of(product: Product) -> Shown | None:
    return Shown(product.image, product.image_width, product.image_height) if product.image else None


def _period_text(plan: Product, chosen: Period) -> str:
    if plan.is_free or not plan.recurring:
        return ""
    by_choice = plan.is_pay_what_you_want and plan.pwyw_recurring_mode == PwywRecurring.CUSTOMER_CHOICE
    return _("once or %(period)s", period=per_period(chosen)) if by_choice else per_period(chosen)


def _contact(plan: Product) -> Contact | None:
    if plan.pricing_type != PricingType.CONTACT_US:
        return None
    return Contact(plan.contact_us_label, plan.contact_us_link)


def monthly(price: Money, length: Period) -> Money | None:
    """A year's price by the month, for comparison; None where it would say nothing new."""
    months = length.count * 12 if length.unit == Unit.YEAR else length.count
    if length.unit not in (Unit.MONTH, Unit.YEAR) or months < 2:
        return None
    return Money((price.minor * 2 + months) // (months * 2), price.currency)


# -- periods -----------------------------------------------------------------------------------------------------
def period_choices(plan: Product | None, currency: str | None = None) -> list[Choice]:
    """How often one may pay for a plan; nothing to choose when there is one way."""
    if plan is None or plan.is_free or not plan.recurring:
        return []
    if plan.is_pay_what_you_want:
        return [Choice(str(plan.period), every(plan.period))]
    prices = plan.prices(currency if currency in plan.currencies() else None)
    return [Choice(str(one), every(one), _charge(one, price)) for one, price in prices.items()]


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


def all_periods(plans: Sequence[Product], currency: str | None = None) -> list[Choice]:
    """The periods that any plan is sold for: the toggle above the plan cards."""
    seen: list[Period] = []
    for plan in plans:
        if plan.recurring and not plan.is_free and not plan.is_pay_what_you_want:
            prices = plan.prices(currency if currency in plan.currencies() else None)
            seen += [one for one in prices if not any(one.same_length(other) for other in seen)]
    ordered = sorted(seen, key=lambda one: one.days)
    return [Choice(str(one), every(one)) for one in ordered] if len(ordered) > 1 else []


# -- currencies --------------------------------------------------------------------------------------------------
def all_currencies(plans: Sequence[Product]) -> list[Choice]:
    """The currencies of these plans, where any of them has prices in several: the switch beside them."""
    if all(len(plan.currencies()) == 1 for plan in plans):
        return []
    names = currencies(str(get_locale() or "en"))
    codes = dict.fromkeys(code for plan in plans for code in plan.currencies())
    return [Choice(code, code, names.get(code, code)) for code in codes]


# -- beside a plan -----------------------------------------------------------------------------------------------
def addon_choices(
    plan: Product | None, length: Period | None, currency: str, chosen: Container[str]
) -> list[AddonChoice]:
    """What may be ticked with this plan at this period and in this currency."""
    if plan is None or length is None or not plan.available_addons:
        return []
    return [
        AddonChoice(
            *(one.slug, one.name, one.description, addon_price(one, length, currency), one.slug in chosen),
            picture=picture_of(one),
        )
        for one in product_addons.offered_with(plan, length, currency)
    ]


def addon_price(addon: Product, length: Period, currency: str) -> str:
    """Its price beside a plan that is paid for this period; "" where it has none."""
    if addon.is_free:
        return _("Free")
    if addon.is_pay_what_you_want and not addon.pwyw_minimum:
        return _("You decide")
    if addon.is_pay_what_you_want:
        return _("from %(amount)s", amount=money(addon.pwyw_minimum))
    price = addon.price_for(length, currency) if addon.recurring else addon.price_in(currency)
    often = per_period(length) if addon.recurring else _("once")
    return "" if price is None else f"{money(price)} {often}"
