"""What is written to people: recorded beside the change it is about, sent by a worker after the commit.

Here the rows are made, and sent again; `mail_claims.py` takes and marks them, `flows/mailing.py` carries them out.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from secrets import token_hex

from flask_babel import gettext as _
from jinja2 import TemplateError
from sqlalchemy import delete, select

from webapp import clock, encryption, unit
from webapp.domain import mail_texts, network
from webapp.domain.mail_kinds.kind import KINDS, Kind
from webapp.domain.mail_rendering import NotAllowed, Source, Words, one_line, render
from webapp.errors import Conflict, NotFound
from webapp.extensions import db, queue
from webapp.hooks import apply_filters
from webapp.models import Customer, Mail, MailStatus
from webapp.models.inserts import insert_once

ERROR_AT_MOST = 300
KEPT = timedelta(days=400)
SECRET = re.compile("secret-[0-9a-f]{16}")


def url(path: str) -> str:
    """A page of ours, as a mail names it."""
    return mail_texts.base_url() + path


# -- recording -------------------------------------------------------------------------------------------------------
def send(
    kind: str,
    *,
    to: str,
    locale: str | None,
    values: Mapping[str, str | None],
    customer_id: int | None = None,
    user_id: int | None = None,
    once: str | None = None,
) -> Mail | None:
    """Have this message sent once the unit has committed; its words are frozen now.

    `values` are plain texts, one for each placeholder that the kind declares; they are written as they are, never
    read as Markdown or HTML. `once`: a key under which only one mail is ever written; None is returned when there is
    one already. Raises KeyError for a kind that is not declared, ValueError for missing or unknown values.
    """
    work, declared = unit.current(), KINDS[kind]
    if set(values) != declared.names:
        raise ValueError(f"{kind} needs exactly these values: {', '.join(sorted(declared.names))}")
    if once is not None and is_written(once):
        return None
    locale = mail_texts.language(locale)
    told, hidden = _hide_secrets(declared, values)
    words, problem = _worded(declared, locale, told, customer_id)
    row = words._asdict() | {
        "kind": kind,
        "locale": locale,
        "to_address": one_line(to)[:254],
        "customer_id": customer_id,
        "user_id": user_id,
        "secrets": encryption.encrypt(json.dumps(hidden)) if hidden else "",
        "message_id": _new_message_id(),
        "once": once,
        "problem": problem,
    }
    return _add(work, row)


def is_written(once: str) -> bool:
    """Whether there is a mail under this key: before something is made that only the first one shall name."""
    return db.session.scalar(select(Mail.id).where(Mail.once == once)) is not None


def send_sample(kind: Kind, locale: str, source: Source, *, to: str, user_id: int) -> Mail | None:
    """A message in these words, with sample values, for whoever is wording it. Raises Invalid."""
    words = mail_texts.preview(kind, locale, source)
    row = words._asdict() | {"kind": "test", "locale": locale, "to_address": one_line(to), "user_id": user_id}
    return _add(unit.current(), row | {"message_id": _new_message_id(), "once": None})


def _add(work: unit.Unit, row: Mapping[str, object]) -> Mail | None:
    if not insert_once(work.session, Mail, row, ["once"]):
        return None
    ring(work)
    return work.session.scalars(select(Mail).where(Mail.message_id == row["message_id"])).one()


def ring(work: unit.Unit) -> None:
    work.after_commit(partial(queue.ring, "mail"), once="mail")


def _new_message_id() -> str:
    host = re.sub(r"[^a-zA-Z0-9.-]", "", sender().rpartition("@")[2])
    return f"<{uuid.uuid4()}@{host or 'localhost'}>"


def sender() -> str:
    """The address that mail comes from."""
    known = network.settings()
    return one_line(known.mail_from or known.support_email)


def _hide_secrets(kind: Kind, values: Mapping[str, str | None]) -> tuple[dict[str, str], dict[str, str]]:
    """The values with names in place of what is secret, and what these names stand for."""
    told, hidden = {name: value or "" for name, value in values.items()}, {}
    for one in kind.placeholders:
        if one.secret:
            name = f"secret-{token_hex(8)}"
            hidden[name], told[one.name] = told[one.name], name
    return told, hidden


def _worded(kind: Kind, locale: str, values: Mapping[str, str], customer_id: int | None) -> tuple[Words, str]:
    """In the operator's words, or in ours where theirs do not work; and why they do not."""
    ours, problem = mail_texts.default(kind.slug, locale), ""
    own = mail_texts.own(kind.slug, locale)
    if own is not None:
        try:
            return _render(kind, locale, Source(own.subject, own.body), values, customer_id), ""
        except (TemplateError, NotAllowed, TypeError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"[:ERROR_AT_MOST]
    return _render(kind, locale, ours, values, customer_id), problem


def _render(kind: Kind, locale: str, source: Source, values: Mapping[str, str], customer_id: int | None) -> Words:
    def change(body: str) -> str:
        customer = db.session.get(Customer, customer_id) if customer_id is not None else None
        changed = apply_filters("wu_email_content", body, kind.slug, customer)
        return changed if isinstance(changed, str) else body

    return render(source, {**values, **mail_texts.everywhere()}, mail_texts.layout(locale), change)


# -- reading ---------------------------------------------------------------------------------------------------------
def find(mail_id: int) -> Mail:
    mail = db.session.get(Mail, mail_id)
    if mail is None:
        raise NotFound()
    return mail


# These have links that sign in or change how somebody does: not to be read by whoever finds a browser open.
PRIVATE = tuple(one.slug for one in KINDS.values() if any(part.secret for part in one.placeholders))


def of_customer(customer_id: int, *, before: int | None = None, limit: int = 25) -> list[Mail]:
    """What was written to a customer, newest first; `before`: only what is older than the mail with this id."""
    query = select(Mail).where(Mail.customer_id == customer_id, Mail.kind.not_in(PRIVATE))
    query = query if before is None else query.where(Mail.id < before)
    return list(db.session.scalars(query.order_by(Mail.id.desc()).limit(limit)))


def find_own(mail_id: int, customer_id: int) -> Mail:
    """Somebody else's is not found. Raises NotFound."""
    mail = find(mail_id)
    if mail.customer_id != customer_id or mail.kind in PRIVATE:
        raise NotFound()
    return mail


def revealed(words: str, secrets: str, written: Callable[[str], str] = str) -> str:
    """The words with what they only name; what has been forgotten stays a name."""
    known: dict[str, str] = json.loads(encryption.decrypt(secrets) or "{}") if secrets else {}
    return SECRET.sub(lambda found: written(known[found[0]]) if found[0] in known else found[0], words)


def has_secrets(mail: Mail) -> bool:
    return SECRET.search(mail.text) is not None


# -- sending again ---------------------------------------------------------------------------------------------------
def retry(mail: Mail) -> None:
    """Try at once, with all tries before it. A mail that was sent already is written anew. Raises Conflict."""
    if has_secrets(mail) and not mail.secrets:
        raise Conflict(_("Its link works once and is not kept. Ask for a new one instead."), code="link_forgotten")
    if mail.status is MailStatus.SENT:
        _add(unit.current(), {name: getattr(mail, name) for name in COPIED} | {"message_id": _new_message_id()})
        return
    if mail.status is not MailStatus.PENDING:
        mail.move_to(MailStatus.PENDING, reason="sent again")
        mail.attempts_made = 0
    if mail.lease is None:
        mail.next_at = clock.now()
    ring(unit.current())


def send_elsewhere(customer_id: int, email: str, *, instead_of: str) -> None:
    """What was written to this customer at the other address, once more to the right one; a link that works once is
    written anew."""
    written = select(Mail).where(Mail.customer_id == customer_id, Mail.to_address == instead_of).order_by(Mail.id)
    for mail in db.session.scalars(written):
        waits = mail.status is MailStatus.PENDING and mail.lease is None
        if waits and has_secrets(mail):
            mail.move_to(MailStatus.DEAD, reason="the address was wrong")
        elif waits:
            mail.to_address = email
        elif not has_secrets(mail):
            copy = {name: getattr(mail, name) for name in COPIED}
            _add(unit.current(), copy | {"to_address": email, "message_id": _new_message_id()})


COPIED = ("kind", "locale", "to_address", "customer_id", "user_id", "subject", "text", "html", "problem")


def forget(limit: int = 1000) -> int:
    """Drop what is older than is needed to show what was written to somebody; how many."""
    old = select(Mail.id).where(Mail.created_at < clock.now() - KEPT).order_by(Mail.id).limit(limit)
    result = db.session.execute(delete(Mail).where(Mail.id.in_(old)))
    return int(getattr(result, "rowcount", 0))
