"""Steering a membership by hand: charge, extend, put on hold, take up again, expire; and what is to come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dateutil.relativedelta import relativedelta
from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, StringField
from wtforms.validators import Length, NumberRange, Optional

from webapp import clock
from webapp.blueprints.access import needs
from webapp.blueprints.admin import memberships as pages
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.log_words import EVENTS
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, lifecycle, locks, steering
from webapp.domain.staff import Capability
from webapp.domain.steering import Step
from webapp.errors import Conflict, DomainError, NotFound
from webapp.flows import charging, simulator
from webapp.flows.simulator import Line
from webapp.formatting import money
from webapp.models import Membership
from webapp.money import Money
from webapp.transactions import unit_of_work

step_view = View("admin/membership_step.html")
ahead_view = View("admin/membership_ahead.html")
MONTHS_AHEAD = 12


@dataclass(frozen=True, slots=True)
class Words:
    do: LazyString
    about: LazyString
    done: LazyString


WORDS: dict[Step, Words] = {
    Step.CHARGE: Words(
        _l("Charge now"),
        _l("The saved payment method is charged for the next period, without waiting for the next try."),
        _l("The payment method was charged. This is how it stands now."),
    ),
    Step.EXTEND: Words(
        _l("Extend"),
        _l("The period ends later, at no charge. The next ones are counted from its new end."),
        _l("The membership is extended."),
    ),
    Step.HOLD: Words(
        _l("Put on hold"),
        _l("It is still served. When its period ends it is charged as usual, and active again once it is paid."),
        _l("The membership is on hold."),
    ),
    Step.RESUME: Words(
        _l("Take off hold"), _l("It is active again, as it was before."), _l("The membership is active again.")
    ),
    Step.EXPIRE: Words(
        _l("Expire now"),
        _l("It is not served any more. What it owes can still be paid, and brings it back."),
        _l("The membership has expired."),
    ),
    Step.REACTIVATE: Words(
        _l("Take up again"),
        _l("A payment is asked for. Once it is paid the membership is active again, for a period from that day."),
        _l("A payment is asked for. Its link is on its page."),
    ),
}


class StepForm(Form):
    """`version`: of the membership that was looked at; empty: whatever it is now."""

    days = IntegerField(
        _l("Days"),
        validators=[
            Optional(),
            NumberRange(min=1, max=3660, message=_l("Enter a whole number of days from 1 to 3660.")),
        ],
    )
    reason = StringField(_l("Reason"), validators=[Length(max=300, message=_l("Use at most 300 characters."))])
    version = IntegerField(validators=[Optional()])


def known(step: str) -> Step:
    if step not in WORDS:
        raise NotFound()
    return Step(step)


@bp.get("/memberships/<int:membership_id>/steps/<membership_step>")
@needs(Capability.MEMBERSHIPS_STEER)
def confirm_step(membership_id: int, membership_step: str) -> ResponseReturnValue:
    return ask(pages.look_at(membership_id), known(membership_step), StepForm(formdata=None, days=30))


def ask(membership: Membership, step: Step, form: StepForm, *, status: int = 200) -> Response:
    return step_view.show(
        status=status,
        membership=membership,
        step=step,
        words=WORDS[step],
        form=form,
        errors=[(field.id, message) for field in form for message in field.errors],
    )


@bp.post("/memberships/<int:membership_id>/steps/<membership_step>")
@needs(Capability.MEMBERSHIPS_STEER)
def create_step(membership_id: int, membership_step: str) -> ResponseReturnValue:
    form, step, membership = StepForm(), known(membership_step), pages.look_at(membership_id)
    if form.validate() and step == Step.EXTEND and not form.days.data:
        form.days.errors = [_("Enter a whole number of days from 1 to 3660.")]
    if form.errors:
        return ask(membership, step, form, status=422)
    try:
        take(membership_id, step, form)
    except DomainError as error:
        return pages.show(pages.look_at(membership_id), problem=error.message, status=error.status)
    flash(str(WORDS[step].done), "success")
    return go_to(url_for("admin.show_membership", membership_id=membership_id))


def take(membership_id: int, step: Step, form: StepForm) -> None:
    """Raises DomainError. The entry in the audit log is there before a gateway is asked."""
    with unit_of_work(actor()):
        membership = locks.membership(membership_id)
        payment = lifecycle.next_payment(membership)
        if form.version.data not in (None, membership.version) or step not in steering.possible(membership, payment):
            raise Conflict()
        before = facts(membership)
        if step != Step.CHARGE:
            steering.take(membership, payment, step, days=form.days.data or 0, reason=form.reason.data or "")
        after = {**facts(membership), "reason": form.reason.data or ""}
        audit.note(membership, f"memberships.{step}", before=before, after=after)
    if step == Step.CHARGE:
        charging.charge_now(membership_id, actor=actor())


def facts(membership: Membership) -> dict[str, str]:
    ends = membership.expires_at
    return {"status": str(membership.status), "expires_at": clock.rfc3339(ends) if ends else ""}


@bp.get("/memberships/<int:membership_id>/ahead")
@needs(Capability.MEMBERSHIPS_VIEW)
def show_ahead(membership_id: int) -> ResponseReturnValue:
    """What would happen in the next months, played through on a scratch database."""
    membership = pages.look_at(membership_id)
    lines, complete = simulator.ahead(membership, until=clock.now() + relativedelta(months=MONTHS_AHEAD))
    told = [said(one) for one in lines if not one.event.startswith("site.")]
    return ahead_view.show(membership=membership, lines=told, complete=complete, months=MONTHS_AHEAD)


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the table."""

    at: datetime
    words: str
    amount: str


def said(line: Line) -> Said:
    amount = ""
    if line.amount is not None and line.currency is not None:
        amount = money(Money(line.amount, line.currency))
    return Said(line.at, str(EVENTS.get(line.event, line.event)), amount)
