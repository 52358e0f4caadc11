"""What a new network needs before it can sell: the steps, and which of them are done, by the facts."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.domain import network
from webapp.models import Product, ProductType, Sale, Setting


class Step(StrEnum):
    COMPANY = "company"
    CURRENCY = "currency"
    GATEWAY = "gateway"
    PLAN = "plan"
    PURCHASE = "purchase"


SKIPPED = "setup_skipped"
# Ways to pay by which no money comes.
UNREAL = frozenset({"free", "sandbox"})


def done(session: Session, ways: Collection[str]) -> set[Step]:
    """The steps that are done. `ways`: the ways to pay that are registered."""
    saved = network.settings()
    is_plan = (Product.type == ProductType.PLAN, Product.active)
    priced = select(Product.id).where(*is_plan, Product.currency == saved.currency).exists()
    chosen = select(Setting.key).where(Setting.key == "currency").exists()
    plan = select(Product.id).where(*is_plan).exists()
    bought = select(Sale.id).where(Sale.settled_at.is_not(None)).exists()
    has_currency, has_plan, is_bought = session.execute(select(or_(chosen, priced), plan, bought)).one()
    facts = {
        Step.COMPANY: bool(saved.company_address) and saved.support_email != network.DEFAULTS.support_email,
        Step.CURRENCY: has_currency,
        Step.GATEWAY: takes_money(saved, ways),
        Step.PLAN: has_plan,
        Step.PURCHASE: is_bought,
    }
    return {step for step, is_done in facts.items() if is_done}


def takes_money(saved: network.Network, ways: Collection[str]) -> bool:
    """Whether somebody can pay; a transfer needs to be told where to."""
    offered = [one for one in ways if one not in UNREAL and one in (saved.active_gateways or ways)]
    told = (saved.manual_iban, saved.manual_instructions, saved.manual_instructions_de)
    return any(one != "manual" or "".join(told).strip() for one in offered)


def skipped(session: Session) -> set[Step]:
    """Those that were left for later."""
    row = session.get(Setting, SKIPPED)
    return {Step(one) for one in (row.value if row else []) if one in set(Step)}


def skip(session: Session, step: Step, *, later: bool) -> None:
    """Leave a step for later, or take it up again. It is done when the facts say so, whatever was skipped."""
    now = skipped(session) | {step} if later else skipped(session) - {step}
    value: Any = sorted(now)
    session.merge(Setting(key=SKIPPED, value=value))
    session.flush()


def choose_currency(session: Session) -> None:
    """Note that the currency is meant, also where it is the usual one."""
    network.change({"currency": network.settings().currency})
