"""Discount codes: which there are, what each takes off, who has used it, and the addresses that bring it along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from webapp.blueprints.access import needs
from webapp.blueprints.admin import changes, discount_code_words, lists, searches
from webapp.blueprints.admin.base import bp
from webapp.blueprints.admin.lists import Column, Filter, Listing
from webapp.blueprints.admin.products import path_to
from webapp.blueprints.admin.related import CUSTOMER_NAME, SHOWN_AT_MOST, found
from webapp.blueprints.checkout import cards
from webapp.blueprints.errors import settings
from webapp.blueprints.views import View
from webapp.domain import catalog, discounts
from webapp.domain.staff import Capability
from webapp.extensions import db
from webapp.models import DiscountCode, DiscountType, Payment, Product, Redemption, RedemptionStatus
from webapp.periods import Period

ON, OFF = "yes", "no"


def search(text: str) -> ColumnElement[bool]:
    """By number, by the code's beginning, or by words of the name."""
    return searches.any_of(
        DiscountCode.id,
        select(DiscountCode.id).where(searches.begins_with(DiscountCode.code, discounts.normalise(text))),
        select(DiscountCode.id).where(searches.word_begins_with(text, DiscountCode.name)),
        *searches.by_number(DiscountCode.id, text),
    )


def switched_on(value: str) -> ColumnElement[bool] | None:
    return DiscountCode.active.is_(value == ON) if value in (ON, OFF) else None


def of_type(value: str) -> ColumnElement[bool] | None:
    return DiscountCode.type == DiscountType(value) if value in set(DiscountType) else None


def word_of(value: str) -> str:
    return _("switched on") if value == ON else _("switched off")


DISCOUNT_CODES = Listing(
    endpoint="admin.list_discount_codes",
    model=DiscountCode,
    title=_l("Discount codes"),
    columns=(
        Column(_l("Code"), sort="code"),
        Column(_l("Takes off")),
        Column(_l("Counts for")),
        Column(_l("Uses"), align="end"),
        Column(_l("Status")),
        Column(_l("Created"), sort="-id"),
    ),
    search=search,
    sorts={"id": DiscountCode.id, "code": DiscountCode.code},
    filters=(
        Filter(
            name="on",
            condition=switched_on,
            words=word_of,
            choices=lambda: [(value, word_of(value)) for value in (ON, OFF)],
            label=_l("Switched on"),
        ),
        Filter(
            name="type",
            condition=of_type,
            words=lambda value: str(discount_code_words.TYPES[value]),
            choices=discount_code_words.types,
            label=_l("Takes off"),
        ),
    ),
)
list_view = View("admin/discount_codes.html", block="list")
code_view = View("admin/discount_code.html")
links_view = View("admin/discount_code.html", block="links")


@bp.app_template_filter("code_worth")
def code_worth(code: DiscountCode) -> str:
    return discount_code_words.worths(code)


@bp.app_template_filter("code_counting")
def code_counting(code: DiscountCode) -> str:
    return discount_code_words.counting(code)


@bp.app_template_filter("code_standing")
def code_standing(code: DiscountCode) -> tuple[str, str]:
    return discount_code_words.standing(code)


@bp.get("/discount-codes")
@needs(Capability.DISCOUNT_CODES_VIEW)
def list_discount_codes() -> ResponseReturnValue:
    return lists.show(DISCOUNT_CODES, list_view)


@bp.get("/discount-codes/<int:code_id>")
@needs(Capability.DISCOUNT_CODES_VIEW)
def show_discount_code(code_id: int) -> ResponseReturnValue:
    code: DiscountCode = found(DiscountCode, code_id)
    return code_view.show(
        code=code,
        held=discounts.held(code),
        uses=uses_of(code),
        periods=[cards.every(Period.parse(one)) for one in code.allowed_periods],
        changes=changes.of(code, discount_code_words.label, discount_code_words.value),
        **links_of(code),
    )


# -- who has used it ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Use:
    """One sale that has the code, or has it held."""

    payment: Payment
    word: str
    tone: str


STANDINGS = {
    RedemptionStatus.HELD: (_l("held"), "pending"),
    RedemptionStatus.COUNTED: (_l("counted"), "success"),
    RedemptionStatus.RELEASED: (_l("free again"), "neutral"),
}


def uses_of(code: DiscountCode) -> Sequence[Use]:
    """The newest uses, with the payment of each."""
    query = (
        select(Redemption.status, Payment)
        .join(Payment, Payment.id == Redemption.payment_id)
        .where(Redemption.discount_code_id == code.id)
        .options(joinedload(Payment.customer).options(CUSTOMER_NAME))
        .order_by(Redemption.id.desc())
        .limit(SHOWN_AT_MOST)
    )
    rows = db.session.execute(query).all()
    return [Use(payment, str(STANDINGS[status][0]), STANDINGS[status][1]) for status, payment in rows]


# -- addresses that bring it along -------------------------------------------------------------------------------
@bp.get("/discount-codes/<int:code_id>/links")
@needs(Capability.DISCOUNT_CODES_VIEW)
def show_code_links(code_id: int) -> ResponseReturnValue:
    """The builder's answer: a page with the address for this plan and period, or for HTMX that part of it."""
    code: DiscountCode = found(DiscountCode, code_id)
    fragment = request.headers.get("HX-Request")
    return links_view.show(code=code, **links_of(code)) if fragment else show_discount_code(code_id)


def links_of(code: DiscountCode) -> dict[str, Any]:
    """What admin/_discount_code_links.html shows: the address that was asked for, and what may be asked for."""
    plans = [plan for plan in catalog.plans_on_offer() if plan.can_be_bought]
    plan = next((one for one in plans if one.slug == request.args.get("plan")), None)
    periods = cards.period_choices(plan)
    wanted = next((Period.parse(one.value) for one in periods if one.value == request.args.get("period")), None)
    return {
        "plans": plans,
        "plan_periods": periods,
        "link": {
            "url": settings().base_url + path_with(code, plan, wanted),
            "plan": plan.slug if plan else "",
            "period": str(wanted or ""),
            "problem": problem_of(code, plan, wanted),
        },
    }


def path_with(code: DiscountCode, plan: Product | None, period: Period | None) -> str:
    if plan is None:
        return url_for("checkout.register", discount_code=code.code)
    return path_to(plan, period, code.code)


def problem_of(code: DiscountCode, plan: Product | None, period: Period | None) -> str:
    """Why the code would take nothing off; the address is good all the same."""
    if plan is not None and not code.allows(plan.slug, period or plan.period):
        return _("This code is not valid for this plan.")
    return ""
