"""What will happen to a membership, in words: the admin's and the account's pages say the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from webapp.domain import prospects
from webapp.domain.prospects import Coming, Prospect
from webapp.domain.reckonings import Reckoning
from webapp.formatting import money, per_period
from webapp.models import Membership, Payment


@dataclass(frozen=True, slots=True)
class Step:
    """As the macro `ahead` of story.html takes it."""

    when: datetime
    words: str
    reckoning: Reckoning | None = None


def steps(membership: Membership, asked: Payment | None) -> list[Step]:
    """`asked`: what is asked for its next period already."""
    return [Step(one.when, WORDS[one.what](one), one.reckoning) for one in prospects.of(membership, asked)]


def _asked(one: Prospect) -> str:
    return money(one.reckoning.asked) if one.reckoning is not None else ""


def _terms(one: Prospect) -> str:
    """ "Premium, €29.99 per month"."""
    change = one.change
    if change is None:
        return ""
    price = f"{money(change.price)} {per_period(change.period)}" if change.recurring else _("without further charges")
    return f"{change.plan.name}, {price}"


WORDS: dict[Coming, Callable[[Prospect], str]] = {
    Coming.ASKED: lambda _one: _("The renewal is announced by e-mail."),
    Coming.TRIAL_ENDS: lambda _one: _("The free trial ends."),
    Coming.CHARGED: lambda one: _("%(price)s is charged to %(method)s.", price=_asked(one), method=one.method),
    Coming.DUE: lambda one: _("%(price)s is due for the next period.", price=_asked(one)),
    Coming.RETRIED: lambda one: _("%(price)s is tried again on %(method)s.", price=_asked(one), method=one.method),
    Coming.CHANGES: lambda one: _("The contract changes to %(terms)s.", terms=_terms(one)),
    Coming.LAPSES: lambda one: _("The change to %(terms)s is void unless it is paid by then.", terms=_terms(one)),
    Coming.LAST_PERIOD_ENDS: lambda _one: _("The last period ends. Nothing more is charged."),
    Coming.STAYS_FOR_LIFE: lambda _one: _("All is paid. From then on it stays without further charges."),
    Coming.CANCELLED: lambda _one: _("The contract ends. Nothing more is charged."),
    Coming.ENDS: lambda _one: _("The contract ends, as agreed."),
    Coming.EXPIRES: lambda _one: _("It expires unless it is paid by then."),
    Coming.SITES_OFF: lambda _one: _("The sites are switched off."),
}
