"""What is kept about rows, read in one statement: changes by the staff, steps of status, events, mails."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, Select, cast, literal, null, select, union_all

from webapp.extensions import db
from webapp.models import AuditEntry, Event, Mail, Move

EACH_AT_MOST = 50
NO_JSON = cast(null(), JSON)


class Happened(NamedTuple):
    """Each newest first. The rows are copies: nothing that is done to them is kept."""

    audits: list[AuditEntry]
    moves: list[Move]
    events: list[Event]
    mails: list[Mail]


def happened(
    audits: ColumnElement[bool],
    moves: ColumnElement[bool],
    events: ColumnElement[bool],
    mails: ColumnElement[bool] | None = None,
) -> Happened:
    """The newest of each, by a condition for each; without one, no mails. Notes have a place of their own."""
    written = AuditEntry.action.not_like("notes.%")
    ways = [_audits().where(audits, written), _moves().where(moves), _events().where(events)]
    ways += [_mails().where(mails)] if mails is not None else []
    limited = (one.limit(EACH_AT_MOST).subquery() for one in ways)
    rows = db.session.execute(union_all(*(select(one) for one in limited))).all()
    kept = {kind: [row[1:] for row in rows if row[0] == kind] for kind in ("audit", "move", "event", "mail")}
    return Happened(
        [_entry(*row) for row in kept["audit"]],
        [_move(*row) for row in kept["move"]],
        [_event(*row) for row in kept["event"]],
        [_mail(*row) for row in kept["mail"]],
    )


def _kept(kind: str, model: Any, *columns: Any) -> Select[Any]:
    """The columns of all have the same names, types and order."""
    names = ("first", "second", "third", "before", "after", "actor", "at")
    named = (column.label(name) for name, column in zip(names, columns, strict=True))
    of = (literal(Mail.__tablename__), Mail.id) if model is Mail else (model.object_type, model.object_id)
    about = (column.label(name) for name, column in zip(("object_type", "object_id"), of, strict=True))
    return select(literal(kind).label("kind"), *about, *named).order_by(model.id.desc())


def _audits() -> Select[Any]:
    one = AuditEntry
    return _kept("audit", one, one.action, literal(""), literal(""), one.before, one.after, one.actor, one.at)


def _moves() -> Select[Any]:
    return _kept("move", Move, Move.old, Move.new, Move.reason, NO_JSON, NO_JSON, Move.actor, Move.at)


def _events() -> Select[Any]:
    one = Event
    return _kept("event", one, one.type, literal(""), literal(""), one.data, NO_JSON, literal(""), one.timestamp)


def _mails() -> Select[Any]:
    one = Mail
    return _kept("mail", one, one.subject, literal(""), literal(""), NO_JSON, NO_JSON, literal(""), one.created_at)


def _entry(*row: Any) -> AuditEntry:
    kind, row_id, action, _none, _nothing, before, after, actor, at = row
    facts = {"action": action, "before": before, "after": after, "actor": actor, "at": at}
    return AuditEntry(object_type=kind, object_id=row_id, **facts)


def _move(*row: Any) -> Move:
    kind, row_id, old, new, reason, _none, _nothing, actor, at = row
    return Move(object_type=kind, object_id=row_id, old=old, new=new, reason=reason, actor=actor, at=at)


def _event(*row: Any) -> Event:
    kind, row_id, name, _none, _nothing, data, _after, _actor, at = row
    return Event(object_type=kind, object_id=row_id, type=name, data=data, timestamp=at)


def _mail(*row: Any) -> Mail:
    _kind, row_id, subject, _none, _nothing, _before, _after, _actor, at = row
    return Mail(id=row_id, subject=subject, created_at=at)
