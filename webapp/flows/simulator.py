"""What would happen: the life of a membership, played through by the real code from one due instant to the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from webapp import clock
from webapp.countries import countries
from webapp.domain import agenda, changes, memberships, network, payments, sale_holds
from webapp.domain.carts import CartRequest
from webapp.domain.change_wishes import ChangeRequest
from webapp.domain.checkout import Order
from webapp.domain.customers import Profile
from webapp.errors import Invalid
from webapp.extensions import application, db
from webapp.flows import asking, charging, ordering, rehearsal, sandbox_bank
from webapp.flows.rehearsal import Rows, Stage, rows_of, table_of
from webapp.models import Event, Membership, Sale, Try
from webapp.models.payment import OPEN_TRY
from webapp.periods import Period
from webapp.transactions import unit_of_work

ACTOR = "simulation"
NOBODY_KNOWS_IT = "-"  # no hash at all
STEPS_AT_MOST = 20_000
YEARS = range(1970, 2501)  # dates are counted on from these, by decades of a period and years of keeping
AHEAD_STEPS, AHEAD_SECONDS = 400, 3.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be simulated. `fail`: so many charges of the stored card are declined first."""

    product: str
    start: datetime
    until: datetime
    period: Period | None = None
    gateway: str = "sandbox"
    fail: int = 0
    stored_credential: bool = True
    discount_code: str = ""
    country: str = ""
    cancel_at: datetime | None = None
    changes: Sequence[tuple[datetime, str]] = ()  # when the customer changes to which plan; what is due is paid at once


@dataclass(frozen=True, slots=True)
class Line:
    """One event. `status` and `expires_at`: of the membership, after it; `amount`: of a payment, in minor units."""

    at: datetime
    event: str
    status: str | None
    amount: int | None
    currency: str | None
    payment: int | None
    expires_at: str | None

    def as_json(self) -> dict[str, Any]:
        names = ("event", "status", "amount", "currency", "payment", "expires_at")
        return {"at": clock.rfc3339(self.at), **{name: getattr(self, name) for name in names}}


class OutOfTime(Exception):
    """It was played as far as the limits allow."""


# -- a sale and what follows from it ---------------------------------------------------------------------------------
def simulate(wish: Wish) -> list[Line]:
    """Everything that would be recorded from the order on. Raises Invalid for what cannot be ordered so."""
    _check_times(wish)
    gateways = rehearsal.play_gateways(failures=wish.fail, stores=wish.stored_credential)
    if wish.gateway not in gateways:
        known = ", ".join(sorted(gateways))
        raise Invalid(_("There is no such gateway. There are: %(names)s.", names=known), code="unknown_gateway")
    if wish.country and wish.country not in countries("en"):
        raise Invalid(_("There is no such country. It is written like DE."), code="unknown_country")
    rows = rehearsal.copied((*rehearsal.KNOWN, *rehearsal.OFFER))
    stage = Stage(wish.start, gateways)
    return rehearsal.play(stage, rows, lambda: _scene(stage, wish))


def _check_times(wish: Wish) -> None:
    wishes = [at for at in (wish.cancel_at, *(at for at, _product in wish.changes)) if at is not None]
    if wish.until < wish.start:
        raise Invalid(_("The end is before the start."), code="until_before_start")
    if any(at < wish.start for at in wishes):
        raise Invalid(_("Nothing can be cancelled or changed before the start."), code="before_start")
    if wish.start.year not in YEARS or wish.until.year not in YEARS:
        raise Invalid(_("Choose times from 1970 to 2500."), code="unknown_time")


def _scene(stage: Stage, wish: Wish) -> list[Line]:
    _prepare_network()
    _buy(wish)
    plans: list[tuple[datetime, Callable[[], None]]] = []
    if wish.cancel_at is not None:
        plans.append((wish.cancel_at, _cancel))
    plans += [(at, partial(_change, product, wish.gateway)) for at, product in wish.changes]
    _live(stage, wish.until, plans, steps=STEPS_AT_MOST)
    return list(lines())


def _prepare_network() -> None:
    """Ways to pay are the stage's own, and nobody has to confirm an address."""
    with unit_of_work(ACTOR):
        network.change({"active_gateways": [], "require_email_verification": False})


def _buy(wish: Wish) -> None:
    country = wish.country or network.settings().default_country
    order = Order(
        checkout_id="simulation",
        cart=CartRequest(
            products=[wish.product], period=wish.period, discount_code=wish.discount_code, country=country
        ),
        profile=Profile(full_name="Simulation", billing_country=country),
        gateway=wish.gateway,
        email="simulation@example.com",
        password_hash=NOBODY_KNOWS_IT,
        site_title="Simulation",
        site_url="simulation",
    )
    ordering.place(order, application().extensions["settings"])
    _pay_newest()


def _pay_newest() -> None:
    """The buyer pays what the newest try is for; a transfer arrives."""
    attempt = db.session.scalars(select(Try).order_by(Try.id.desc())).first()
    if attempt is None or not attempt.is_open:
        return
    if attempt.gateway_reference is not None:
        sandbox_bank.approve(attempt.gateway_reference)
        asking.ask(attempt.id)
    elif attempt.payment.asked:
        with unit_of_work(ACTOR):
            payments.confirm_by_hand(payments.locked(attempt.payment_id), actor=ACTOR)


def _change(product: str, gateway: str) -> None:
    """To another plan, of whatever group. Raises Invalid for one that cannot be had."""
    with unit_of_work(ACTOR) as session:
        membership = session.scalars(select(Membership)).first()
        if membership is None or not membership.is_served:
            return
        change = changes.ask(membership.id, ChangeRequest([product], by_staff=True), at=clock.now())
        session.flush()
        due = change.payment
        if due is not None and not due.asked:
            payments.settle(due, reason="paid with credit")
            due = None
        payment_id = due.id if due is not None else None
    if payment_id is not None:
        ordering.pay_again(payment_id, gateway, application().extensions["settings"])
        _pay_newest()


def _cancel() -> None:
    """The customer asks. Once it is over there is nothing left to ask for."""
    with unit_of_work(ACTOR):
        membership = db.session.scalars(select(Membership)).first()
        if membership is not None and memberships.can_be_cancelled(membership):
            memberships.cancel(membership, reason="the customer asks")


# -- the months to come ----------------------------------------------------------------------------------------------
def ahead(membership: Membership, *, until: datetime) -> tuple[list[Line], bool]:
    """What would happen to a membership from now on if every charge went well, and whether that is all until then.

    Nothing of the network is changed, and it takes at most a few seconds.
    """
    rows, stage = _around(membership), Stage(clock.now(), rehearsal.play_gateways())

    def scene() -> tuple[list[Line], bool]:
        try:
            _live(stage, until, [], steps=AHEAD_STEPS, seconds=AHEAD_SECONDS)
        except OutOfTime:
            return list(lines()), False
        return list(lines()), True

    return rehearsal.play(stage, rows, scene)


def _around(membership: Membership) -> Rows:
    """The membership and what its renewals look at; its card is one of the pretend bank's."""
    owner, credential = membership.customer, membership.credential
    t = table_of
    items = rows_of(t("membership_items"), t("membership_items").c.membership_id == membership.id)
    waiting = (t("changes").c.membership_id == membership.id) & t("changes").c.payment_id.is_(None)
    payments_of = t("payments").c.membership_id == membership.id
    open_ones = rows_of(t("payments"), payments_of, t("payments").c.period_number == membership.periods_paid + 1)
    ids = [one["id"] for one in open_ones]
    rows: Rows = {
        **rehearsal.copied((*rehearsal.KNOWN, *rehearsal.OFFER)),
        "changes": rows_of(t("changes"), waiting),
        "users": rows_of(t("users"), t("users").c.id == owner.user_id),
        "customers": rows_of(t("customers"), t("customers").c.id == owner.id),
        "credit_balances": rows_of(t("credit_balances"), t("credit_balances").c.customer_id == owner.id),
        "memberships": rows_of(t("memberships"), t("memberships").c.id == membership.id),
        "membership_items": items,
        "payments": open_ones,
        "line_items": rows_of(t("line_items"), t("line_items").c.payment_id.in_(ids)),
        "tries": rows_of(t("tries"), t("tries").c.payment_id.in_(ids)),
    }
    if credential is not None:
        kept = rows_of(t("stored_credentials"), t("stored_credentials").c.id == credential.id)
        rows["stored_credentials"] = [{**kept[0], "gateway": "sandbox", "reference": "play"}]
        rows["sandbox_credentials"] = [{"id": 1, "reference": "play", "label": "", "payer": "", "fails": False}]
    return rows


# -- time goes by ----------------------------------------------------------------------------------------------------
def _live(
    stage: Stage,
    until: datetime,
    plans: Sequence[tuple[datetime, Callable[[], None]]],
    *,
    steps: int,
    seconds: float | None = None,
) -> None:
    """Go from one instant at which something is due to the next. Raises OutOfTime."""
    left, begun = sorted(plans, key=lambda one: one[0]), time.monotonic()
    for _step in range(steps):
        instant = min((one for one in (*_due(), *(at for at, _do in left)) if one is not None), default=None)
        if instant is None or instant > until:
            stage.now = max(stage.now, until)
            return
        if seconds is not None and time.monotonic() > begun + seconds:
            break
        stage.now = max(stage.now, instant)
        while left and left[0][0] <= stage.now:
            left.pop(0)[1]()
        _work_off()
    raise OutOfTime


def _due() -> Iterator[datetime | None]:
    db.session.rollback()
    yield agenda.next_instant()
    yield _first_question()
    yield _first_hold()


def _first_question() -> datetime | None:
    return db.session.scalar(select(func.min(Try.ask_at)).where(Try.status.in_(OPEN_TRY)))


def _first_hold() -> datetime | None:
    held = select(func.min(Sale.hold_until)).where(Sale.settled_at.is_(None), Sale.abandoned_at.is_(None))
    return db.session.scalar(held)


def _work_off() -> None:
    """What the clock and the workers would do now."""
    charging.work_off()
    question, hold = _first_question(), _first_hold()
    if question is not None and question <= clock.now():
        asking.ask_due()
    if hold is not None and hold <= clock.now():
        with unit_of_work(ACTOR):
            sale_holds.give_up_due()


def lines() -> Iterator[Line]:
    """What was recorded, in its order; each with how the membership stood then."""
    status: str | None = None
    expires_at: str | None = None
    for one in db.session.scalars(select(Event).order_by(Event.id)):
        data = one.data
        if one.object_type == "memberships":
            status, expires_at = data["status"], data["date_expiration"]
        is_payment = one.object_type == "payments"
        yield Line(
            one.timestamp,
            one.type,
            status,
            data.get("total") if is_payment else None,
            data.get("currency"),
            one.object_id if is_payment else None,
            expires_at,
        )
