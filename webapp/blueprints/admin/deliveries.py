"""Deliveries: what other systems are told, how each attempt went, and sending again what failed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from webapp import clock
from webapp.blueprints.access import needs
from webapp.blueprints.admin import filters, lists, searches
from webapp.blueprints.admin.arguments import arguments_of
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.forms import RetriesForm
from webapp.blueprints.admin.lists import Column, Filter, Listing
from webapp.blueprints.admin.related import found, newest
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, outbox
from webapp.domain.staff import Capability
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.flows import relaying
from webapp.models import Attempt, Customer, Delivery, DeliveryStatus
from webapp.transactions import unit_of_work

# So many dead ones are looked at for the summary above the list.
DEAD_AT_MOST = 1_000
# Above this, the number is typed before they all go out again.
TYPED_ABOVE = 20
SOON = timedelta(minutes=1)
NEWEST = 1000


def search(text: str) -> ColumnElement[bool]:
    """By number, key, callback, hook, or customer. The outbox is read newest first until a page is full."""
    if "@" in text:
        return of_customer(text)
    number = searches.number(text)
    return or_(called(text), Delivery.key == text, *([] if number is None else [Delivery.id == number]))


def search_newest(text: str, at_most: int | None = None) -> ColumnElement[bool]:
    """As `search`; but only the newest thousand are read for what their callback or hook is called.

    They are a LIMIT and no condition on the id, of which PostgreSQL would guess that a third of all rows fulfil it, and
    start workers to read them together.
    """
    if "@" in text:
        return of_customer(text, at_most)
    newest = aliased(Delivery, select(Delivery).order_by(Delivery.id.desc()).limit(NEWEST).subquery())
    return searches.any_of(
        Delivery.id,
        select(newest.id).where(called(text, newest)),
        select(Delivery.id).where(Delivery.key == text),
        *searches.by_number(Delivery.id, text),
    )


def of_customer(text: str, at_most: int | None = None) -> ColumnElement[bool]:
    return searches.any_of(Delivery.id, searches.by_customer(Delivery.id, Delivery.customer_id, text, at_most))


def called(text: str, delivery: type[Delivery] = Delivery) -> ColumnElement[bool]:
    return searches.contains(delivery.callback, text) | searches.contains(delivery.hook, text)


BY_HANDLER = Filter(
    name="handler",
    condition=lambda value: Delivery.handler == value,
    words=lambda value: _("destination %(name)s", name=value),
)
DELIVERIES = Listing(
    endpoint="admin.list_deliveries",
    model=Delivery,
    title=_l("Deliveries"),
    columns=(
        Column(_l("Number"), sort="-id"),
        Column(_l("What is called")),
        Column(_l("Destination")),
        Column(_l("Status")),
        Column(_l("Attempts"), align="end"),
        Column(_l("Created")),
    ),
    search=search,
    sorts={"id": Delivery.id},
    filters=(
        filters.by_status(Delivery.status, DeliveryStatus, first=DeliveryStatus.DEAD),
        *filters.by_day(filters.by_bisection(Delivery.created_at, Delivery.id)),
        BY_HANDLER,
        filters.by_customer(Delivery.customer_id),
    ),
    actions=("deliveries.retry",),
)
list_view = View("admin/deliveries.html", block="list")
delivery_view = View("admin/delivery.html", block="delivery")
retries_view = View("admin/retries.html")


@bp.get("/deliveries")
@needs(Capability.DELIVERIES_VIEW)
def list_deliveries() -> ResponseReturnValue:
    return lists.show(DELIVERIES, list_view, dead=dead_by_handler())


def dead_by_handler() -> Sequence[Any]:
    """(destination, how many of its deliveries are dead), most first."""
    some = select(Delivery.handler).where(Delivery.status == DeliveryStatus.DEAD).limit(DEAD_AT_MOST).subquery()
    number = func.count()
    query = select(some.c.handler, number).group_by(some.c.handler).order_by(number.desc(), some.c.handler)
    return db.session.execute(query).all()


@bp.get("/deliveries/<int:delivery_id>")
@needs(Capability.DELIVERIES_VIEW)
def show_delivery(delivery_id: int) -> ResponseReturnValue:
    delivery: Delivery = found(Delivery, delivery_id)
    return delivery_view.show(
        delivery=delivery,
        customer=db.session.get(Customer, delivery.customer_id) if delivery.customer_id else None,
        arguments=arguments_of(delivery),
        attempts=newest(Attempt, Attempt.delivery_id == delivery.id, at_most=50),
        waits_for=waits_for(delivery),
        changes_soon=changes_soon(delivery),
    )


def waits_for(delivery: Delivery) -> int | None:
    """The earlier delivery that has to go out first, because both are about the same."""
    if delivery.status != DeliveryStatus.PENDING or delivery.ordering_key is None:
        return None
    earlier = (
        select(Delivery.id)
        .where(Delivery.handler == delivery.handler, Delivery.ordering_key == delivery.ordering_key)
        .where(Delivery.id < delivery.id, Delivery.status.in_((DeliveryStatus.PENDING, DeliveryStatus.RUNNING)))
        .order_by(Delivery.id)
    )
    return db.session.scalars(earlier.limit(1)).first()


def changes_soon(delivery: Delivery) -> bool:
    """Whether it is worth looking again by itself."""
    due = delivery.status == DeliveryStatus.PENDING and delivery.next_at <= clock.now() + SOON
    return due or delivery.status == DeliveryStatus.RUNNING


@bp.post("/deliveries/<int:delivery_id>/retry")
@needs(Capability.DELIVERIES_RETRY)
def create_retry(delivery_id: int) -> ResponseReturnValue:
    """Do not wait for its next try; a dead one begins anew."""
    if found(Delivery, delivery_id).status in (DeliveryStatus.PENDING, DeliveryStatus.DEAD):
        relaying.retry_now(delivery_id, actor())
        flash(_("The delivery goes out now."), "success")
    else:
        flash(_("Nothing was sent: this delivery is done, or on its way at this moment."), "info")
    return go_to(url_for("admin.show_delivery", delivery_id=delivery_id))


def dead_of(handler: str) -> list[ColumnElement[bool]]:
    return [Delivery.status == DeliveryStatus.DEAD, Delivery.handler == handler]


def count_dead(handler: str) -> int:
    """Exactly: it is what the operator agrees to."""
    return db.session.scalar(select(func.count()).select_from(Delivery).where(*dead_of(handler))) or 0


@bp.get("/deliveries/retries")
@needs(Capability.DELIVERIES_RETRY)
def confirm_retries() -> ResponseReturnValue:
    """What would go out again, and the question whether it should."""
    return ask(RetriesForm(formdata=None, handler=request.args.get("handler", "")))


def ask(form: RetriesForm, *, problem: str = "", status: int = 200) -> Response:
    handler = searches.clean(form.handler.data or "")
    return retries_view.show(
        status=status,
        problem=problem,
        form=form,
        errors=form.problems(),
        handler=handler,
        count=count_dead(handler),
        typed_above=TYPED_ABOVE,
        deliveries=newest(Delivery, *dead_of(handler)),
    )


@bp.post("/deliveries/retries")
@needs(Capability.DELIVERIES_RETRY)
def create_retries() -> ResponseReturnValue:
    """All dead ones of one destination go out again, if they are still as many as were agreed to."""
    form = RetriesForm()
    if not form.validate():
        return ask(form, status=422)
    handler, count = form.handler.data or "", form.count.data or 0
    if count > TYPED_ABOVE and searches.number(form.typed.data or "") != count:
        form.typed.errors = [_("Enter %(count)s to confirm.", count=count)]
        return ask(form, status=422)
    try:
        with unit_of_work(actor()) as session:
            if count_dead(handler) != count:
                raise Conflict(_("The number has changed in the meantime. Look at it again."))
            audit.note(Delivery, "deliveries.retry", before={}, after={"handler": handler, "count": count})
            sent = outbox.replay(session, handler=handler)
    except Conflict as error:
        return ask(form, problem=error.message, status=error.status)
    flash(ngettext("%(num)d delivery goes out again.", "%(num)d deliveries go out again.", sent), "success")
    return go_to(url_for("admin.list_deliveries", handler=handler))
