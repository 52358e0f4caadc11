"""Actions on many rows of a list: which rows are meant, the question before, and the job that is begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Select, func, select

from webapp.blueprints.access import may, needs
from webapp.blueprints.admin import searches
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.bulk_words import WORDS
from webapp.blueprints.admin.customers import CUSTOMERS
from webapp.blueprints.admin.deliveries import DELIVERIES
from webapp.blueprints.admin.emails import EMAILS
from webapp.blueprints.admin.events import EVENTS
from webapp.blueprints.admin.forms import BulkForm
from webapp.blueprints.admin.inbound_events import INBOUND_EVENTS
from webapp.blueprints.admin.invoices import INVOICES
from webapp.blueprints.admin.list_address import SIZE_AT_MOST, read_wanted
from webapp.blueprints.admin.list_page import actions_of
from webapp.blueprints.admin.lists import Listing
from webapp.blueprints.admin.memberships import MEMBERSHIPS
from webapp.blueprints.admin.payments import PAYMENTS
from webapp.blueprints.admin.sites import SITES
from webapp.blueprints.views import View, go_to
from webapp.domain import bulk
from webapp.domain.bulk_actions import EXPORT, capability_of
from webapp.domain.staff import Capability
from webapp.errors import Conflict, DomainError
from webapp.extensions import db
from webapp.transactions import unit_of_work

# Above this, the number is typed before anything is changed.
TYPED_ABOVE = 20
NAMED_AT_MOST = 10
LISTINGS: Mapping[str, Listing] = {
    one.noun: one
    for one in (CUSTOMERS, MEMBERSHIPS, PAYMENTS, INVOICES, SITES, DELIVERIES, EMAILS, EVENTS, INBOUND_EVENTS)
}
bulk_view = View("admin/bulk.html")


@dataclass(frozen=True, slots=True)
class Choice:
    """The rows that the address names: by their ids, or with `all=1` everything that its filters find."""

    listing: Listing
    action: str
    everything: bool
    rows: Select[Any]
    order: Sequence[Any]

    def count(self) -> int:
        """Exactly: it is what is agreed to."""
        return db.session.scalar(select(func.count()).select_from(self.ids().order_by(None).subquery())) or 0

    def ids(self) -> Select[Any]:
        return self.rows.with_only_columns(self.listing.model.id).order_by(*self.order)

    def names(self) -> list[str]:
        first = self.rows.options(*self.listing.options).order_by(*self.order).limit(NAMED_AT_MOST)
        return [self.listing.name(one) for one in db.session.scalars(first).unique()]

    @property
    def list_url(self) -> str:
        return read_wanted(self.listing).url(self.listing)

    @property
    def here(self) -> str:
        return request.full_path.rstrip("?")


def read_choice(noun: str) -> Choice:
    """Not found: a list that has no such action. Refused: an action that is not for this role."""
    listing = LISTINGS.get(noun) or abort(404)
    action = request.args.get("action", "")
    if action not in (*listing.actions, EXPORT):
        abort(404)
    if not may(capability_of(action)):
        abort(403)
    everything, source = request.args.get("all") == "1", listing.source(read_wanted(listing))
    rows = source.query
    if not everything:
        given = (searches.number(one) for one in request.args.getlist("id"))
        rows = select(listing.model).where(*listing.scope())
        rows = rows.where(listing.model.id.in_([one for one in given if one is not None][:SIZE_AT_MOST]))
    return Choice(listing, action, everything, rows, source.order.by())


@bp.get("/bulk/<noun>")
@needs(Capability.JOBS_START)
def confirm_bulk(noun: str) -> ResponseReturnValue:
    """What would be done to how many, which those are, and the question whether it should."""
    return ask(read_choice(noun), BulkForm(formdata=None))


def ask(choice: Choice, form: BulkForm, *, problem: str = "", status: int = 200) -> Response:
    count = choice.count()
    return bulk_view.show(
        status=status,
        problem=problem,
        form=form,
        errors=form.problems(),
        choice=choice,
        words=WORDS[choice.action],
        count=count,
        names=choice.names(),
        is_typed=is_typed(choice, count),
        is_export=choice.action == EXPORT,
        others=[one for one in actions_of(choice.listing) if one["value"] != choice.action],
    )


def is_typed(choice: Choice, count: int) -> bool:
    return count > TYPED_ABOVE and choice.action != EXPORT


@bp.post("/bulk/<noun>")
@needs(Capability.JOBS_START)
def create_bulk(noun: str) -> ResponseReturnValue:
    """Begin it, if the rows are still as many as were agreed to."""
    choice, form = read_choice(noun), BulkForm()
    count = form.count.data or 0
    if form.validate() and is_typed(choice, count) and searches.number(form.typed.data or "") != count:
        form.typed.errors = [_("Enter %(count)s to confirm.", count=count)]
    if form.errors or form.typed.errors:
        return ask(choice, form, status=422)
    try:
        job_id = begin(choice, count, form)
    except DomainError as error:
        return ask(choice, form, problem=error.message, status=error.status)
    return go_to(url_for("admin.show_job", job_id=job_id))


def begin(choice: Choice, count: int, form: BulkForm) -> int:
    filters = dict(read_wanted(choice.listing).filters) if choice.everything else {}
    options = {"reason": form.reason.data or "", "bom": form.bom.data, "filters": filters}
    with unit_of_work(actor()):
        if count < 1 or choice.count() != count:
            raise Conflict(_("The number has changed in the meantime. Look at it again."))
        chosen = bulk.Chosen(choice.listing.model.__tablename__, choice.ids(), count)
        return bulk.begin(current_user, choice.action, chosen, locale=str(get_locale() or "en"), options=options).id
