"""What a membership may be changed to, as it is shown to choose from, and what was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import Field

from webapp import clock
from webapp.blueprints import change_form
from webapp.blueprints.change_form import ChangeForm
from webapp.blueprints.checkout import cards
from webapp.blueprints.checkout.cards import AddonChoice, Choice, PlanCard
from webapp.blueprints.checkout.named_prices import NamedPrice
from webapp.blueprints.checkout.requests import period_from
from webapp.domain import catalog, product_addons
from webapp.domain.change_wishes import ChangeRequest
from webapp.models import LineType, Membership, MembershipItem, PricingType, Product
from webapp.periods import Period


@dataclass(frozen=True, slots=True)
class Choices:
    """`request`: None while everything is as it is now, or what was typed is none. `given`: the same choices, as a form
    sends them. `waits_until`: until when a change can wait, where the staff may say so."""

    form: ChangeForm
    plans: Sequence[PlanCard]
    periods: Sequence[Choice]
    addons: Sequence[AddonChoice]
    prices: Sequence[NamedPrice]
    quantities: Sequence[Field]
    waits_until: datetime | None
    request: ChangeRequest | None
    given: MultiDict[str, str]
    by_staff: bool


def read(membership: Membership, given: MultiDict[str, str], *, by_staff: bool = False) -> Choices:
    """The choices that `given` (plan, period, addon, …; chosen=1 once it was sent) makes; nonsense counts as unsaid."""
    plans = plans_for(membership, by_staff=by_staff)
    mine, currency = membership.plan, membership.currency
    plan = next((one for one in plans if one.slug == given.get("plan") and is_chosen_here(one, mine, by_staff)), mine)
    period = _period(membership, plan, period_from(given.get("period")))
    held = {one.product.slug: one.product for one in membership.items if _is_extra(one, membership)}
    offered = [
        one
        for one in product_addons.offered_with(plan, period, currency, off_sale=by_staff)
        if not one.is_pay_what_you_want or one.currency == currency
    ]
    extras = {**held, **{one.slug: one for one in offered}}
    ticked = [slug for slug in extras if slug in (given.getlist("addon") if given.get("chosen") else held)]
    periods = _periods(membership, plans)
    form = _form(membership, plan, period, periods, given, by_staff=by_staff)
    typed = change_form.read(form, membership, [plan, *(extras[one] for one in ticked)], given, by_staff=by_staff)
    there = {mine.slug, *held}
    request = ChangeRequest(
        [one for one in typed.wanted if one.product not in there],
        period if plan.recurring and not plan.is_free else None,
        str(form.discount_code.data),
        removed=[slug for slug in held if slug not in ticked],
        held=[one for one in typed.wanted if one.product in there],
        at_once=change_form.TIMES[form.begins.data],
        by_staff=by_staff,
    )
    said = [
        ("plan", plan.slug),
        ("period", str(period)),
        ("chosen", "1"),
        ("discount_code", request.discount_code),
        ("begins", form.begins.data),
        *(("addon", slug) for slug in ticked),
        *typed.given,
    ]
    is_other = plan is not mine or not period.same_length(membership.period) or _differs(membership, request)
    return Choices(
        form=form,
        plans=[_card(membership, one, plan, period, by_staff=by_staff) for one in plans],
        periods=periods,
        addons=[_extra(one, period, currency, one.slug in ticked) for one in extras.values()],
        prices=typed.prices,
        quantities=typed.quantities,
        waits_until=_waits_until(membership) if by_staff else None,
        request=request if is_other and not form.problems() else None,
        given=MultiDict(said),
        by_staff=by_staff,
    )


def _form(
    membership: Membership,
    plan: Product,
    period: Period,
    periods: Sequence[Choice],
    given: MultiDict[str, str],
    *,
    by_staff: bool,
) -> ChangeForm:
    shown = next((one.value for one in periods if Period.parse(one.value).same_length(period)), "")
    begins = given.get("begins", "") if by_staff and _waits_until(membership) is not None else ""
    return ChangeForm(
        formdata=None,
        plan=plan.slug,
        period=shown,
        discount_code=(given.get("discount_code") or "").strip()[: change_form.LONGEST],
        begins=begins if begins in change_form.TIMES else "",
    )


def _waits_until(membership: Membership) -> datetime | None:
    ends = membership.expires_at
    return ends if ends is not None and ends > clock.now() else None


def _differs(membership: Membership, request: ChangeRequest) -> bool:
    """Whether extras, quantities or amounts are others than now."""
    now = {one.product.slug: one for one in membership.items if one.type == LineType.PRODUCT}
    return bool(request.products or request.removed) or any(
        one.quantity != now[one.product].quantity or one.amount not in (None, now[one.product].unit_price_minor)
        for one in request.held
        if one.product in now and now[one.product].recurring
    )


def plans_for(membership: Membership, *, by_staff: bool = False) -> list[Product]:
    """Its alternatives in the operator's order, the one that it has among them: of its group, in its currency."""
    mine, currency = membership.plan, membership.currency
    found = [
        one
        for one in (catalog.all_plans() if by_staff else catalog.plans_on_offer())
        if one is mine or ((by_staff or one.product_group == mine.product_group) and is_sold_in(one, currency))
    ]
    if mine not in found:  # nobody may buy it any more
        found.append(mine)
    return sorted(found, key=lambda one: (one.list_order, one.id))


def is_sold_in(plan: Product, currency: str) -> bool:
    """What is free or sold on request is so in any."""
    return plan.is_free or plan.pricing_type == PricingType.CONTACT_US or currency in plan.currencies()


def is_chosen_here(plan: Product, mine: Product, by_staff: bool = False) -> bool:
    """Whether it can be had here: what is sold on request cannot, and what is off sale is given by the staff alone."""
    return plan is mine or plan.can_be_bought or (by_staff and plan.pricing_type != PricingType.CONTACT_US)


def _period(membership: Membership, plan: Product, asked: Period | None) -> Period:
    for one in (asked, membership.period):
        if one is not None and plan.price_for(one, membership.currency) is not None:
            return one
    return membership.period if plan is membership.plan else plan.period


def _periods(membership: Membership, plans: Sequence[Product]) -> list[Choice]:
    """None when there is nothing to choose between."""
    found = cards.all_periods(plans, membership.currency)
    known = any(Period.parse(one.value).same_length(membership.period) for one in found)
    if found and membership.recurring and not known:
        found.insert(0, Choice(str(membership.period), cards.every(membership.period)))
    return found


def _is_extra(item: MembershipItem, membership: Membership) -> bool:
    return item.type == LineType.PRODUCT and item.product_id != membership.plan_id


def _card(membership: Membership, plan: Product, chosen: Product, period: Period, *, by_staff: bool) -> PlanCard:
    """Nobody tries a plan for nothing by a change, and what a set-up costs more is among what is due."""
    card = cards.plan_card(plan, period, chosen.slug, membership.currency)
    card = replace(card, trial=None, setup_fee=None, credit=None)
    if plan is not membership.plan:
        return card if plan.active else replace(card, mark=_("Off sale"))
    card = replace(card, mark=_("The plan now") if by_staff else _("Your plan now"), contact=None, is_named=False)
    paid = next((one for one in membership.items if one.product_id == plan.id and one.recurring), None)
    if paid is None or not membership.period.same_length(period):
        return card
    return replace(card, price=paid.unit_price, monthly=cards.monthly(paid.unit_price, period))


def _extra(addon: Product, period: Period, currency: str, is_chosen: bool) -> AddonChoice:
    return AddonChoice(addon.slug, addon.name, addon.description, cards.addon_price(addon, period, currency), is_chosen)
