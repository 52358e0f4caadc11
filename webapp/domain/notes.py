"""Notes of the staff on a customer and on what is theirs. Everybody of the staff reads them, only their authors change
them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from webapp import unit
from webapp.domain import audit
from webapp.errors import Conflict, NotFound
from webapp.extensions import db
from webapp.models import Customer, Note

SHOWN_AT_MOST = 50
LENGTH_AT_MOST = 5000


def of(row: Any) -> list[Note]:
    """The newest first."""
    mine = (Note.object_type == row.__tablename__, Note.object_id == row.id)
    query = select(Note).where(*mine).options(joinedload(Note.author)).order_by(Note.id.desc())
    return list(db.session.scalars(query.limit(SHOWN_AT_MOST)))


def write(row: Any, body: str, *, author_id: int) -> Note:
    """About a customer, or about something that is a customer's. The audit log keeps that, not what it says."""
    note = Note(
        object_type=row.__tablename__,
        object_id=row.id,
        customer_id=row.id if isinstance(row, Customer) else row.customer_id,
        author_id=author_id,
        body=body,
    )
    session = unit.current().session
    session.add(note)
    session.flush()
    audit.note(note, "notes.create", before={}, after=about(note))
    return note


def about(note: Note) -> dict[str, Any]:
    return {"about": f"{note.object_type} {note.object_id}"}


def own(note_id: int, author_id: int) -> Note:
    """Raises NotFound for one that is not there, and for another person's."""
    note = db.session.get(Note, note_id, options=[joinedload(Note.author)])
    if note is None or note.author_id != author_id:
        raise NotFound()
    return note


def change(note: Note, body: str, *, seen: int) -> None:
    """Raises Conflict when it was changed since its version `seen`."""
    if note.version != seen:
        raise Conflict()
    if note.body == body:
        return
    note.body = body
    audit.note(note, "notes.change", before={}, after=about(note))


def remove(note: Note) -> None:
    audit.note(note, "notes.delete", before=about(note), after={})
    unit.current().session.delete(note)


def forget(customer_id: int) -> None:
    """The person is to be forgotten: what was written about them goes with them."""
    unit.current().session.execute(delete(Note).where(Note.customer_id == customer_id))
