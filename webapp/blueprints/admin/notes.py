"""Notes of the staff: on the pages of customers, memberships, payments and sites, and all of them in one list."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from webapp.blueprints.access import needs
from webapp.blueprints.admin import changes, lists, searches, timeline
from webapp.blueprints.admin.arguments import page_of
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.changes import Clash, Difference
from webapp.blueprints.admin.forms import NoteForm
from webapp.blueprints.admin.lists import Column, Listing
from webapp.blueprints.admin.related import CUSTOMER_NAME, found
from webapp.blueprints.views import View, go_to
from webapp.domain import notes
from webapp.domain.staff import Capability
from webapp.errors import Conflict, NotFound
from webapp.models import Customer, Membership, Note, Payment, Site
from webapp.transactions import unit_of_work

KINDS: dict[str, Any] = {one.__tablename__: one for one in (Customer, Membership, Payment, Site)}
note_view = View("admin/note.html")


def search(text: str) -> ColumnElement[bool]:
    """Anywhere in the text, or by the number."""
    ways = (select(Note.id).where(searches.contains(Note.body, text)), *searches.by_number(Note.id, text))
    return searches.any_of(Note.id, *ways)


NOTES = Listing(
    endpoint="admin.list_notes",
    model=Note,
    title=_l("Notes"),
    columns=(
        Column(_l("Number")),
        Column(_l("Note")),
        Column(_l("About")),
        Column(_l("Customer")),
        Column(_l("Who")),
        Column(_l("Written"), sort="-written"),
    ),
    search=search,
    sorts={"written": Note.id},
    sort="-written",
    options=(joinedload(Note.author), joinedload(Note.customer).options(CUSTOMER_NAME)),
)
list_view = View("admin/notes.html", block="list")


def shown(row: Any) -> dict[str, Any]:
    """What admin/_notes.html shows on the page of this row."""
    return {
        "rows": notes.of(row),
        "own": current_user.id,
        "form": NoteForm(formdata=None),
        "url": url_for("admin.create_note", noun=row.__tablename__, row_id=row.id),
    }


@bp.get("/notes")
@needs(Capability.NOTES_VIEW)
def list_notes() -> ResponseReturnValue:
    return lists.show(NOTES, list_view, about=about)


def about(note: Note) -> tuple[str, str | None]:
    """The row it is about, in words, and its page."""
    return timeline.numbered(note.object_type, note.object_id), page_of(note.object_type, note.object_id)


@bp.post("/notes/<noun>/<int:row_id>")
@needs(Capability.NOTES_WRITE)
def create_note(noun: str, row_id: int) -> ResponseReturnValue:
    """About one row of a kind that notes are kept of."""
    if noun not in KINDS:
        raise NotFound()
    row, form = found(KINDS[noun], row_id), NoteForm()
    if not form.validate():
        return ask(form, noun, row_id, status=422)
    with unit_of_work(actor()):
        notes.write(row, form.text(), author_id=current_user.id)
    flash(_("The note is saved."), "success")
    return go_to(back_to(noun, row_id))


def back_to(noun: str, row_id: int) -> str:
    return f"{page_of(noun, row_id)}#notes"


def ask(
    form: NoteForm, noun: str, row_id: int, *, note: Note | None = None, clash: Clash | None = None, status: int = 200
) -> Response:
    """The form on a page of its own: to change a note, or because something is wrong with a new one."""
    return note_view.show(
        status=status,
        form=form,
        note=note,
        clash=clash,
        url=url_for("admin.update_note", note_id=note.id)
        if note
        else url_for("admin.create_note", noun=noun, row_id=row_id),
        back=back_to(noun, row_id),
        about=timeline.numbered(noun, row_id),
        errors=form.problems(),
    )


@bp.get("/notes/<int:note_id>")
@needs(Capability.NOTES_WRITE)
def edit_note(note_id: int) -> ResponseReturnValue:
    note = notes.own(note_id, current_user.id)
    form = NoteForm(formdata=None, data={"body": note.body, "version": note.version})
    return ask(form, note.object_type, note.object_id, note=note)


@bp.post("/notes/<int:note_id>")
@needs(Capability.NOTES_WRITE)
def update_note(note_id: int) -> ResponseReturnValue:
    """Save it; what was saved meanwhile in another window is shown first, and nothing typed is lost."""
    form, note = NoteForm(), notes.own(note_id, current_user.id)
    noun, row_id = note.object_type, note.object_id
    if not form.validate():
        return ask(form, noun, row_id, note=note, status=422)
    try:
        with unit_of_work(actor()):
            notes.change(notes.own(note_id, current_user.id), form.text(), seen=form.version.data or 0)
    except Conflict as error:
        return clashed(form, notes.own(note_id, current_user.id), error)
    flash(_("The note is saved."), "success")
    return go_to(back_to(noun, row_id))


def clashed(form: NoteForm, note: Note, error: Conflict) -> Response:
    differences = [Difference(_("Note"), note.body, form.text())]
    clash = changes.Clash(note.author.name or note.author.email, note.updated_at, differences)
    form.version.data = note.version
    form.version.raw_data = None
    return ask(form, note.object_type, note.object_id, note=note, clash=clash, status=error.status)


@bp.post("/notes/<int:note_id>/deletion")
@needs(Capability.NOTES_WRITE)
def delete_note(note_id: int) -> ResponseReturnValue:
    note = notes.own(note_id, current_user.id)
    noun, row_id = note.object_type, note.object_id
    with unit_of_work(actor()):
        notes.remove(notes.own(note_id, current_user.id))
    flash(_("The note is deleted."), "success")
    return go_to(back_to(noun, row_id))
