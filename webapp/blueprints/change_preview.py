"""What a change would cost and mean, ready to be read; and what was shown, kept in the form until it is confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from webapp import clock
from webapp.blueprints.change_choices import Choices
from webapp.blueprints.checkout import tax_words
from webapp.blueprints.checkout.tax_words import TaxLines
from webapp.blueprints.errors import settings
from webapp.domain import change_carts, credits
from webapp.domain.cart_lines import CartLine
from webapp.domain.change_carts import Offer
from webapp.errors import Conflict, DomainError
from webapp.formatting import long_date, money, per_period
from webapp.models import ChangeKind, LineType, Membership
from webapp.money import Money

HOLDS = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Preview:
    """`lines`: what is due now, and what counts against it. `problem`: why it cannot be had; then nothing else counts.

    `costs`: whether who confirms it owes something, today or from then on. `token`: it all, for the form.
    """

    lines: Sequence[CartLine] = ()
    tax: TaxLines = tax_words.NOTHING
    due: Money | None = None
    from_credit: Money | None = None
    to_pay: Money | None = None
    surplus: Money | None = None
    recurring: str = ""
    starts: str = ""
    next_charge: str = ""
    lost: Sequence[str] = ()
    costs: bool = False
    problem: str = ""
    token: str = ""


def of(membership: Membership, choices: Choices) -> Preview | None:
    """None while nothing else is chosen than there is. What is wrong is said beside its field as well."""
    made = change_carts.offer(membership, choices.request, clock.now()) if choices.request is not None else None
    for problem in made.cart.errors if made is not None else ():
        choices.form.refuse(problem)
    if problems := choices.form.problems():
        return Preview(problem=" ".join(sentence for _id, sentence in problems))
    if made is None:
        return None
    cart, due = made.cart, made.cart.due_today
    used = min(credits.balance(membership.customer_id, membership.currency), due)
    is_dearer = made.kind != ChangeKind.DOWNGRADE and bool(cart.recurring_total)
    return Preview(
        lines=[line for line in cart.line_items if made.starts_at is None and not _is_surplus(line, made)],
        tax=tax_words.lines_of(cart, business=bool(membership.customer.company_name)) if due else tax_words.NOTHING,
        due=due,
        from_credit=used or None,
        to_pay=due - used,
        surplus=made.surplus or None,
        recurring=_recurring(made),
        starts=_starts(made),
        next_charge=_next_charge(made),
        lost=_lost(made),
        costs=bool(due) or is_dearer,
        token=_signer(by_staff=choices.by_staff).dumps(_facts(membership, made, choices)),
    )


def _is_surplus(line: CartLine, made: Offer) -> bool:
    return bool(made.surplus) and line.type == LineType.ADJUSTMENT


def _recurring(made: Offer) -> str:
    if not made.cart.recurring_total:
        return ""
    return f"{money(made.cart.recurring_total)} {per_period(made.cart.period or made.membership.period)}"


def _starts(made: Offer) -> str:
    if made.starts_at is not None and made.starts_at > made.at:
        return _("on %(date)s; until then nothing changes", date=long_date(made.starts_at))
    return _("as soon as it is paid") if made.cart.due_today else _("at once")


def _next_charge(made: Offer) -> str:
    """Of what waits it is the first of the new terms, for which a code may count that the later ones have no more."""
    cart = made.cart
    if cart.next_charge_at is None or not cart.recurring_total:
        return ""
    amount = cart.total if made.starts_at is not None else cart.recurring_total
    return _("Next charge: %(amount)s on %(date)s.", amount=money(amount), date=long_date(cart.next_charge_at))


def _lost(made: Offer) -> list[str]:
    """What there is now and would not be then: features of the plan, and extras."""
    kept = set(made.plan.feature_list)
    gone = [one for one in made.membership.plan.feature_list if one not in kept]
    stays = {line.product_id for line in made.lines}
    extras = (f"{one.quantity} × {one.title}" if one.product_id in stays else one.title for one in made.lost)
    return [*gone, *extras]


# -- what was shown --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Seen:
    """What stood in the preview that was confirmed: the choices, its instant, the cart's key and what was due."""

    given: MultiDict[str, str]
    at: datetime
    key: str
    due: Money

    @property
    def is_fresh(self) -> bool:
        return self.at <= clock.now() < self.at + HOLDS


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it was not done, and what had been shown."""

    why: DomainError
    seen: Seen


def _signer(*, by_staff: bool) -> URLSafeSerializer:
    """Each page has its own, so that nothing that the staff alone may give is ordered by a customer."""
    whose = "given by the staff" if by_staff else "other terms of a membership"
    return URLSafeSerializer(settings().secret_key, salt=whose)


def _facts(membership: Membership, made: Offer, choices: Choices) -> dict[str, Any]:
    return {
        "membership": membership.id,
        "given": list(choices.given.items(multi=True)),
        "at": made.at.isoformat(),
        "key": made.cart.key,
        "due": [made.cart.due_today.minor, made.cart.currency],
    }


def seen(token: str, membership_id: int, *, by_staff: bool = False) -> Seen | None:
    """None for what we have not signed, or for another membership or page."""
    try:
        facts = _signer(by_staff=by_staff).loads(token)
    except (BadSignature, ValueError):
        return None
    if facts["membership"] != membership_id:
        return None
    given = MultiDict([(str(name), str(value)) for name, value in facts["given"]])
    return Seen(given, datetime.fromisoformat(facts["at"]), str(facts["key"]), Money(*facts["due"]))


def said(refusal: Refusal, now: Preview | None, *, by_staff: bool = False) -> str:
    """Why it was not done; where it costs something else by now, what it cost and what it costs."""
    problem = refusal.why
    if not isinstance(problem, Conflict) or problem.code != "price_changed" or now is None or now.due is None:
        return problem.message
    prices = {"old": money(refusal.seen.due), "new": money(now.due)}
    if by_staff:
        return _("The price changed from %(old)s to %(new)s meanwhile. Nothing was changed.", **prices)
    return _("The price changed from %(old)s to %(new)s while you were ordering. You have not ordered yet.", **prices)


def inactive() -> str:
    return _("You were inactive for a while. Submit again; your entries are still here.")
