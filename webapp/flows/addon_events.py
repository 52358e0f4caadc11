"""What another system tells an add-on: its signature checked, then taken once, in one unit of work."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from typing import Any, NoReturn

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp import clock
from webapp.endpoints import Endpoint, Event, Handler, type_of
from webapp.errors import DomainError
from webapp.models import InboundEvent, InboundStatus
from webapp.models.inserts import insert_once
from webapp.transactions import unit_of_work

log = logging.getLogger(__name__)

# No database keeps a NUL, and half of a surrogate pair is no character.
UNUSABLE = re.compile(r"\x00|[\ud800-\udfff]")
EXTERNAL_ID_AT_MOST = 200


class BadSignature(DomainError):
    code = "bad_signature"
    status = 401
    sentence = _l("The signature is missing or wrong.")


class BadEvent(DomainError):
    code = "bad_event"
    status = 400
    sentence = _l("The body must be a JSON object.")


class NotForUs(Exception):
    """A handler said that it has no use for an event; whatever it did is undone."""


def receive(endpoint: Endpoint, body: bytes, signature: str) -> bool:
    """Whether the event in `body` was of use. Raises BadSignature, BadEvent, and what its handler raises."""
    if not endpoint.is_signed(body, signature):
        raise BadSignature
    event = parse(body)
    handler = endpoint.handler_of(event)
    handled = handler is not None and _handle(endpoint, handler, event)
    fields = {"addon": endpoint.addon, "path": endpoint.path, "type": type_of(event)[:120]}
    log.info("addon_event.received", extra={**fields, "handled": handled})
    return handled


def parse(body: bytes) -> Event:
    """The JSON object in these bytes, every text in it fit to be kept. Raises BadEvent."""
    try:
        event = json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadEvent from None
    if not isinstance(event, dict) or not all(_usable(one) for one in _texts(event)):
        raise BadEvent
    return event


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _usable(text: str) -> bool:
    return UNUSABLE.search(text) is None


def _texts(value: Any) -> list[str]:
    """Every text in a JSON value, names of fields included."""
    found, left = [], [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            left += one
    return found


def _handle(endpoint: Endpoint, handler: Handler, event: Event) -> bool:
    try:
        with unit_of_work(endpoint.source) as session:
            if _is_new(session, endpoint, event) and handler(event) is False:
                raise NotForUs
    except NotForUs:
        return False
    return True


def _is_new(session: Session, endpoint: Endpoint, event: Event) -> bool:
    """Note the id of an event beside what its handler writes: both are kept, or neither. Without one: new."""
    name = event.get(endpoint.id_field) if endpoint.id_field else None
    if not isinstance(name, str | int) or isinstance(name, bool) or name == "":
        return True
    values = {
        "gateway": endpoint.source,
        "external_id": external_id(endpoint.path, str(name)),
        "type": type_of(event)[:120],
        "payload": {},  # a mark that it was here; what it says is the add-on's own affair
        "status": InboundStatus.DONE,
        "effect": "handled",
        "handled_at": clock.now(),
    }
    return insert_once(session, InboundEvent, values, ("gateway", "external_id"))


def external_id(path: str, name: str) -> str:
    """Unique within the add-on, whichever of its endpoints it came to, and never too long to be kept."""
    full = f"{path}:{name}"
    if len(full) <= EXTERNAL_ID_AT_MOST:
        return full
    return f"sha256:{hashlib.sha256(full.encode()).hexdigest()}"
