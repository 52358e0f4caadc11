"""What happened to a row, newest first: the steps of its status and the events about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import and_, or_, select

from webapp.blueprints.admin import reasons, words
from webapp.extensions import db
from webapp.models import Event, Move, User

ENTRIES_AT_MOST = 50
OPERATOR = re.compile(r"\boperator:(\d{1,18})\b")


@dataclass(frozen=True, slots=True)
class Entry:
    """As the macro `timeline` takes it."""

    when: datetime
    title: str
    text: str = ""
    actor: str = ""
    tone: str = ""


def of_rows(ids: Mapping[str, Sequence[int]]) -> list[Entry]:
    """Moves and events of the rows with these ids, by their tables: `{"payments": [7], "tries": [8, 9]}`."""
    moves = db.session.scalars(
        select(Move)
        .where(or_(*(and_(Move.object_type == kind, Move.object_id.in_(some)) for kind, some in ids.items())))
        .order_by(Move.id.desc())
        .limit(ENTRIES_AT_MOST)
    ).all()
    events = db.session.scalars(
        select(Event)
        .where(or_(*(and_(Event.object_type == kind, Event.object_id.in_(some)) for kind, some in ids.items())))
        .order_by(Event.id.desc())
        .limit(ENTRIES_AT_MOST)
    ).all()
    people = people_in(f"{one.actor} {one.reason}" for one in moves)
    return _newest([*(of_move(one, people) for one in moves), *(of_event(one) for one in events)])


def of_customer(customer_id: int) -> list[Entry]:
    """Every event that concerns a customer, their memberships' and payments' included."""
    query = select(Event).where(Event.customer_id == customer_id).order_by(Event.id.desc()).limit(ENTRIES_AT_MOST)
    return [of_event(one, named=True) for one in db.session.scalars(query)]


def _newest(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda one: one.when, reverse=True)[:ENTRIES_AT_MOST]


def people_in(texts: Iterable[str]) -> dict[int, str]:
    """Names of the operators that these texts name as `operator:12`."""
    ids = {int(found) for text in texts for found in OPERATOR.findall(text)}
    if not ids:
        return {}
    found = db.session.execute(select(User.id, User.name, User.email).where(User.id.in_(ids)))
    return {user_id: name or email for user_id, name, email in found}


def named(text: str, people: dict[int, str]) -> str:
    """The text with the operators' names in place of their numbers."""
    return OPERATOR.sub(lambda found: words.actor(found[0], people), text)


def of_move(move: Move, people: dict[int, str]) -> Entry:
    old, _tone = words.moved(move.object_type, move.old)
    new, tone = words.moved(move.object_type, move.new)
    subject = words.SUBJECTS[move.object_type][0] if move.object_type in words.SUBJECTS else move.object_type
    title = _("%(subject)s: %(old)s → %(new)s", subject=subject, old=old, new=new)
    return Entry(
        move.at, title, reasons.told(named(move.reason, people)), words.actor(move.actor, people), _tone_of(tone)
    )


def of_event(event: Event, *, named: bool = False) -> Entry:
    """`named`: say which row it is about, where several are mixed."""
    title = str(words.EVENTS.get(event.type, event.type))
    error = event.data.get("error_message")
    text = str(error) if error else ""
    if named and event.object_type in words.SUBJECTS and event.object_type != "customers":
        about = _("%(subject)s %(number)s", subject=words.SUBJECTS[event.object_type][0], number=event.object_id)
        text = f"{about}: {text}" if text else about
    return Entry(event.timestamp, title, text, tone="error" if error else "")


def _tone_of(tone: str) -> str:
    return tone if tone in ("success", "warning", "error") else ""
