"""Declarations: contracts ended and withdrawn from without signing in, and what the operator decides about them."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload
from wtforms import RadioField, StringField
from wtforms.validators import Length

from webapp.blueprints.access import needs
from webapp.blueprints.admin import filters, lists, searches, timeline
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.lists import Column, Filter, Listing, Shown
from webapp.blueprints.admin.related import CUSTOMER_NAME, PLAN, found
from webapp.blueprints.consumer import telling, words
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, declarations
from webapp.domain.staff import Capability
from webapp.errors import Conflict, DomainError, Invalid, NotFound
from webapp.extensions import db
from webapp.models import Declaration, DeclarationKind, DeclarationStatus, Hindrance, Membership
from webapp.transactions import unit_of_work

LATER, NOW, NOTHING = "later", "now", "nothing"

HINDRANCES: dict[str, LazyString] = {
    "no-match": _l("No contract fits what it says."),
    "not-sure": _l(
        "It does not name both the e-mail address and the number of a contract, so somebody else may have sent it."
    ),
    "extraordinary": _l("Extraordinary: whether the reason is enough is for you to say."),
    "later-date": _l("It names a day after the end of the paid period."),
    "no-period": _l("The contract has no paid period whose end could be waited for."),
    "objection": _l("A connected system objected to the cancellation."),
    "too-many": _l("Many declarations named this address within the hour."),
    "undone-before": _l("The customer has undone such a cancellation lately, so somebody else may send them."),
    "withdrawal": _l("A withdrawal is always looked at by a person."),
}
KINDS: dict[str, LazyString] = {"cancellation": _l("Cancellation"), "withdrawal": _l("Withdrawal")}


class DecisionForm(Form):
    """`membership`: the number of the contract that is meant."""

    membership = StringField(_l("Number of the membership"), validators=[Length(max=18)])
    decision = RadioField(_l("Decision"), choices=[], validate_choice=False)
    note = StringField(_l("Note"), validators=[Length(max=300, message=_l("Use at most 300 characters."))])


def search(text: str) -> ColumnElement[bool]:
    """By its number, or the beginning of what names the sender or the contract."""
    told = (Declaration.name, Declaration.identity, Declaration.contract, Declaration.reference)
    return searches.any_of(
        Declaration.id,
        *(select(Declaration.id).where(searches.begins_with(one, text)) for one in told),
        *searches.by_number(Declaration.id, text),
    )


BY_KIND = Filter(
    name="kind",
    condition=lambda value: Declaration.kind == DeclarationKind(value) if value in set(DeclarationKind) else None,
    words=lambda value: str(KINDS.get(value, value)),
    choices=lambda: [(value, str(word)) for value, word in KINDS.items()],
    label=_l("Kind"),
    look=Shown.SELECT,
)
DECLARATIONS = Listing(
    endpoint="admin.list_declarations",
    model=Declaration,
    title=_l("Declarations"),
    columns=(
        Column(_l("Number"), sort="-id"),
        Column(_l("Kind")),
        Column(_l("Name")),
        Column(_l("Contract or site")),
        Column(_l("Status")),
        Column(_l("Received")),
    ),
    search=search,
    sorts={"id": Declaration.id},
    filters=(
        filters.by_status(Declaration.status, DeclarationStatus),
        BY_KIND,
        *filters.by_day(filters.in_order(Declaration.received_at)),
        filters.by_customer(Declaration.customer_id),
    ),
)
list_view = View("admin/declarations.html", block="list")
declaration_view = View("admin/declaration.html")


@bp.get("/declarations")
@needs(Capability.DECLARATIONS_VIEW)
def list_declarations() -> ResponseReturnValue:
    return lists.show(DECLARATIONS, list_view, kinds=KINDS)


@bp.get("/declarations/<int:declaration_id>")
@needs(Capability.DECLARATIONS_VIEW)
def show_declaration(declaration_id: int) -> ResponseReturnValue:
    return show(look_at(declaration_id))


def look_at(declaration_id: int) -> Declaration:
    of = joinedload(Declaration.membership)
    seen: Declaration = found(
        Declaration, declaration_id, of.joinedload(Membership.customer).options(CUSTOMER_NAME), of.options(PLAN)
    )
    return seen


def show(
    declaration: Declaration, *, form: DecisionForm | None = None, problem: str = "", status: int = 200
) -> Response:
    """`problem`: why what was just asked for was not done; the page shows how things stand now."""
    usual = DecisionForm(formdata=None, membership=str(declaration.membership_id or ""), decision=None)
    return declaration_view.show(
        status=status,
        problem=problem,
        declaration=declaration,
        form=form or usual,
        errors=form.problems() if form else [],
        kind=KINDS[declaration.kind],
        hindrance=HINDRANCES.get(declaration.why, ""),
        lines=words.lines(declaration),
        in_time=declarations.is_in_time(declaration) if declaration.kind == DeclarationKind.WITHDRAWAL else None,
        ways=ways(declaration),
        history=timeline.of_rows({"declarations": [declaration.id]}),
    )


def ways(declaration: Declaration) -> list[tuple[str, str]]:
    """What can be decided, the likeliest first."""
    if declaration.status != DeclarationStatus.OPEN:
        return []
    later = (LATER, _("Cancel at the end of the paid period"))
    now = (NOW, _("Cancel now"))
    nothing = (NOTHING, _("Do nothing; it is settled otherwise"))
    return [now, nothing] if declaration.kind == DeclarationKind.WITHDRAWAL else [later, now, nothing]


@bp.post("/declarations/<int:declaration_id>/decision")
@needs(Capability.DECLARATIONS_DECIDE)
def create_decision(declaration_id: int) -> ResponseReturnValue:
    """Carry it out, or settle it otherwise. The contract's owner is told when it ends."""
    form, declaration = DecisionForm(), look_at(declaration_id)
    if form.validate() and form.decision.data not in dict(ways(declaration)):
        form.decision.errors = [_("Choose what to do.")]
    if form.problems() and declaration.status == DeclarationStatus.OPEN:
        return show(declaration, form=form, status=422)
    try:
        decide(declaration_id, form)
    except Invalid as error:
        form.membership.errors = [error.message]
        return show(look_at(declaration_id), form=form, status=error.status)
    except DomainError as error:
        return show(look_at(declaration_id), problem=error.message, status=error.status)
    flash(_("The declaration is decided."), "success")
    return go_to(url_for("admin.show_declaration", declaration_id=declaration_id))


def decide(declaration_id: int, form: DecisionForm) -> None:
    decision, note = str(form.decision.data or ""), form.note.data or ""
    with unit_of_work(actor()):
        declaration = declarations.locked(declaration_id)
        old = {"status": str(declaration.status)}
        if decision == NOTHING:
            declarations.settle(declaration, note)
        else:
            carry_out(declaration, form.membership.data or "", at_once=decision == NOW)
            declaration.note = note
        new = {"status": str(declaration.status), "decision": decision, "note": note}
        audit.note(declaration, "declarations.decide", before=old, after=new)


def carry_out(declaration: Declaration, number: str, *, at_once: bool) -> None:
    """Raises Invalid when no membership has this number, Conflict when it cannot be ended."""
    if declaration.status != DeclarationStatus.OPEN:
        raise Conflict()
    try:
        declarations.assign(declaration, declarations.as_number(number.strip()) or 0)
    except NotFound:
        raise Invalid(_("No membership has this number."), field="membership") from None
    if declarations.carry_out(declaration, at_once=at_once) == Hindrance.OBJECTION:
        raise Conflict(_("The membership cannot be ended: it has ended already, or a connected system objected."))
    if declaration.membership is not None:
        db.session.flush()
        telling.tell_owner(declaration.membership, f"declaration-{declaration.id}-owner")
