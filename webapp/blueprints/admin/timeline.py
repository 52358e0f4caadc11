"""What happened to a row, newest first: the steps of its status, what the staff changed, and the events about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, or_, select

from webapp.blueprints.admin import facts, log_words, reasons, words
from webapp.blueprints.admin.happened import Happened, happened
from webapp.blueprints.admin.searches import any_of
from webapp.domain.reckonings import Reckoning
from webapp.extensions import db
from webapp.models import AuditEntry, Change, Event, Mail, Membership, Move, Payment, Site, User

ENTRIES_AT_MOST = 50
SAME_MOMENT = timedelta(seconds=5)
OWNED: tuple[Any, ...] = (Membership, Payment, Site)
# Events that say no more than the step of the status that they go with.
OF_STATUS = {
    *(f"membership.{one}" for one in ("activated", "trial_started", "on_hold", "cancelled", "expired")),
    *(f"site.{one}" for one in ("published", "suspended", "reactivated", "deleted")),
    "payment.completed",
}
OPERATOR = re.compile(r"\boperator:(\d{1,18})\b")


@dataclass(frozen=True, slots=True)
class Entry:
    """As the macros `timeline` and `story` take it."""

    when: datetime
    title: str
    text: str = ""
    actor: str = ""
    tone: str = ""
    url: str = ""  # of what it is about
    reckoning: Reckoning | None = None  # why the amount is what it is


def of_rows(ids: Mapping[str, Sequence[int]]) -> list[Entry]:
    """What happened to the rows with these ids, by their tables: `{"payments": [7], "tries": [8, 9]}`."""

    def about(kept: Any) -> ColumnElement[bool]:
        return or_(*(_about(kept, kind, some) for kind, some in ids.items()))

    return _told(happened(about(AuditEntry), about(Move), about(Event)))


def of_customer(customer_id: int) -> list[Entry]:
    """Every event that concerns a customer, the steps and changes of all that is theirs, and what they were sent."""
    owned = {kind.__tablename__: select(kind.id).where(kind.customer_id == customer_id) for kind in OWNED}
    terms = select(Change.id).join(Membership, Membership.id == Change.membership_id)
    owned[Change.__tablename__] = terms.where(Membership.customer_id == customer_id)

    def about(kept: Any) -> ColumnElement[bool]:
        """Found by the rows' index, each table by itself: of one condition, PostgreSQL would read all there is."""
        kinds = {"customers": [customer_id], **owned}
        return any_of(kept.id, *(select(kept.id).where(_about(kept, kind, some)) for kind, some in kinds.items()))

    theirs = Event.customer_id == customer_id, Mail.customer_id == customer_id
    return _told(happened(about(AuditEntry), about(Move), *theirs), named=True)


def _about(kept: Any, kind: str, ids: Any) -> ColumnElement[bool]:
    return and_(kept.object_type == kind, kept.object_id.in_(ids))


def _told(kept: Happened, *, named: bool = False) -> list[Entry]:
    """In one order. `named`: of several rows, each entry says of which, and a step tells what its event would."""
    people = people_in([*(f"{one.actor} {one.reason}" for one in kept.moves), *(one.actor for one in kept.audits)])
    audits = [one for one in kept.audits if not ("status" in one.after and is_told(one, one.at, kept.moves, one.actor))]
    events = [
        one for one in kept.events if not (named and one.type in OF_STATUS and is_told(one, one.timestamp, kept.moves))
    ]
    return _newest(
        [
            *(of_move(one, people, named=named) for one in kept.moves),
            *(of_audit(one, people, named=named) for one in audits),
            *(of_event(one, named=named) for one in events),
            *(of_mail(one) for one in kept.mails),
        ]
    )


def is_told(one: AuditEntry | Event, at: datetime, moves: Sequence[Move], actor: str | None = None) -> bool:
    """Whether a step of the same row says it: of the same moment, and by the same person."""
    return any(
        (move.object_type, move.object_id) == (one.object_type, one.object_id)
        and actor in (None, move.actor)
        and abs(move.at - at) < SAME_MOMENT
        for move in moves
    )


def _newest(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda one: one.when, reverse=True)[:ENTRIES_AT_MOST]


def people_in(texts: Iterable[str]) -> dict[int, str]:
    """Names of the operators that these texts name as `operator:12`."""
    ids = {int(found) for text in texts for found in OPERATOR.findall(text)}
    if not ids:
        return {}
    found = db.session.execute(select(User.id, User.name, User.email).where(User.id.in_(ids)))
    return {user_id: name or email for user_id, name, email in found}


def name_people(text: str, people: dict[int, str]) -> str:
    """The text with the operators' names in place of their numbers."""
    return OPERATOR.sub(lambda found: log_words.actor(found[0], people), text)


def of_move(move: Move, people: dict[int, str], *, named: bool = False) -> Entry:
    """`named`: say which row it is about, where several are mixed."""
    old, _tone = words.moved(move.object_type, move.old)
    new, tone = words.moved(move.object_type, move.new)
    subject = words.SUBJECTS[move.object_type][0] if move.object_type in words.SUBJECTS else move.object_type
    title = _("%(subject)s: %(old)s → %(new)s", subject=subject, old=old, new=new)
    reason = reasons.told(name_people(move.reason, people))
    text = ": ".join(filter(None, (numbered(move.object_type, move.object_id) if named else "", reason)))
    return Entry(move.at, title, text, log_words.actor(move.actor, people), _tone_of(tone))


def of_audit(entry: AuditEntry, people: dict[int, str], *, named: bool = False) -> Entry:
    """What the staff changed, with what was before."""
    about = numbered(entry.object_type, entry.object_id) if named and entry.object_type != "customers" else ""
    told = "; ".join(facts.told(entry))
    text = ": ".join(filter(None, (about, told)))
    return Entry(entry.at, log_words.action(entry.action), text, log_words.actor(entry.actor, people))


def numbered(kind: str, row_id: int | None) -> str:
    """ "Payment 7"."""
    subject = words.SUBJECTS[kind][0] if kind in words.SUBJECTS else kind
    return _("%(subject)s %(number)s", subject=subject, number=row_id)


def of_event(event: Event, *, named: bool = False) -> Entry:
    """`named`: say which row it is about, where several are mixed."""
    title = str(log_words.EVENTS.get(event.type, event.type))
    error = event.data.get("error_message")
    text = str(error) if error else ""
    if named and event.object_type in words.SUBJECTS and event.object_type != "customers":
        about = numbered(event.object_type, event.object_id)
        text = f"{about}: {text}" if text else about
    return Entry(event.timestamp, title, text, tone="error" if error else "")


def of_mail(mail: Mail) -> Entry:
    url = url_for("admin.show_email", mail_id=mail.id)
    return Entry(mail.created_at, _("E-mail to the customer"), mail.subject, url=url)


def _tone_of(tone: str) -> str:
    return tone if tone in ("success", "warning", "error") else ""
