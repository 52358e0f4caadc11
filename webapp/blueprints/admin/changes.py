"""Who changed a row and what: for its history, and for who saves over somebody else's change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.blueprints.admin import log_words
from webapp.blueprints.admin.timeline import Entry, people_in
from webapp.extensions import db
from webapp.models import AuditEntry

AT_MOST = 20

Label = Callable[[str], str]
Value = Callable[[str, Any], str]


def of(row: Any, label: Label, value: Value) -> list[Entry]:
    """The newest changes of a row, with what was before and after; `label` and `value` word a fact."""
    entries = _entries(row, AT_MOST)
    people = people_in(one.actor for one in entries)
    return [
        Entry(one.at, log_words.action(one.action), told(one, label, value), log_words.actor(one.actor, people))
        for one in entries
    ]


def _entries(row: Any, at_most: int) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.object_type == row.__tablename__, AuditEntry.object_id == row.id)
    return list(db.session.scalars(query.order_by(AuditEntry.id.desc()).limit(at_most)))


def told(entry: AuditEntry, label: Label, value: Value) -> str:
    """ "Price: €29.99 → €39.99"; nothing for what was made, where everything would be new."""
    both = [name for name in entry.after if name in entry.before]
    return "; ".join(
        f"{label(name)}: {value(name, entry.before[name])} → {value(name, entry.after[name])}" for name in both
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact as it is saved now, and as it would be."""

    label: str
    saved: str
    yours: str


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody saved while somebody else was typing: who, when, and where both differ."""

    who: str
    when: datetime | None
    differences: list[Difference]


def clash(row: Any, saved: Mapping[str, Any], yours: Mapping[str, Any], label: Label, value: Value) -> Clash:
    last = next(iter(_entries(row, 1)), None)
    people = people_in([last.actor]) if last else {}
    return Clash(
        who=log_words.actor(last.actor, people) if last else "",
        when=last.at if last else None,
        differences=[
            Difference(label(name), value(name, saved[name]), value(name, yours[name]))
            for name in yours
            if saved[name] != yours[name]
        ],
    )
