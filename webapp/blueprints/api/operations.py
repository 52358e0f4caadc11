"""What the API can be asked for. Each operation is said once, here beside its view, and the description is made of it.

A view parses nothing and opens no transaction: it is given what was sent, calls the rules, and says what to answer.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Blueprint, Response, abort, g, request
from flask_babel import gettext as _
from marshmallow import Schema
from werkzeug.datastructures import ETags

from webapp.blueprints.api import keys, limits, reading
from webapp.blueprints.api.refusals import BadRequest, PreconditionFailed
from webapp.domain import kept_answers
from webapp.models import KeptAnswer
from webapp.transactions import unit_of_work

bp = Blueprint("api", __name__, url_prefix="/api/v2")
bp.before_request(keys.key_holders_only)
bp.after_request(limits.tell)

HIGHEST_ID = 2**63 - 1


@bp.url_value_preprocessor
def no_row_beyond(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A number that no column can hold names no row; the database would not even compare it."""
    if any(isinstance(value, int) and value > HIGHEST_ID for value in (values or {}).values()):
        abort(404)


View = TypeVar("View", bound=Callable[..., Any])
OPERATIONS: dict[str, Operation] = {}  # by the name of the view, which is the operation's in the description
REPEATED = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_HEADERS = ("ETag", "Location")


@dataclass(frozen=True, slots=True)
class Answer:
    """`data`: what the operation's schema writes. `etag`: of one row, as it is now."""

    data: Any = None
    etag: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """`scopes`: of which a key needs one. `gives`: the schema of a row. `refusals`: beside those that all share."""

    method: str
    rule: str
    view: Callable[..., Any]
    tag: str
    scopes: tuple[str, ...]
    query: Schema | None = None
    body: Schema | None = None
    gives: Schema | None = None
    many: bool = False
    status: int = 200
    refusals: tuple[int, ...] = ()
    dry: bool = False  # it is sent something, and writes nothing
    tagged: bool = True  # the answer is one row, with an ETag
    parts: tuple[Schema, ...] = ()  # that the others only refer to
    example: Any = None  # of what is sent, for the description
    answer: Any = None  # the same of what is answered; of a list one row

    @property
    def name(self) -> str:
        return self.view.__name__

    @property
    def summary(self) -> str:
        return (inspect.getdoc(self.view) or "").partition("\n")[0].rstrip(".")

    @property
    def description(self) -> str:
        """The rest of what stands at the view, in one paragraph each."""
        rest = (inspect.getdoc(self.view) or "").partition("\n")[2].strip()
        return "\n\n".join(" ".join(one.split()) for one in rest.split("\n\n"))

    @property
    def writes(self) -> bool:
        return self.method != "GET" and not self.dry


def operation(method: str, rule: str, *, tag: str, scopes: tuple[str, ...], **facts: Any) -> Callable[[View], View]:
    """Put a view at an address. `facts`: the others of `Operation`."""

    def mark(view: View) -> View:
        known = OPERATIONS[view.__name__] = Operation(method, rule, view, tag, scopes, **facts)

        def answer(**values: Any) -> Response:
            return answered(known, values)

        vars(answer)["scopes"] = scopes
        bp.add_url_rule(rule, view.__name__, answer, methods=[method])
        return view

    return mark


def answered(known: Operation, values: dict[str, Any]) -> Response:
    """Read what was sent, do it, and say how it went."""
    if known.query is not None:
        values["query"] = reading.query(known.query)
    if known.body is not None:
        values["body"] = reading.body(known.body)
    if not known.writes:
        response = made(known, known.view(**values))
        response.make_conditional(request)
        return response
    repeated = repeatable()
    with unit_of_work(g.actor):
        if repeated is None:
            return made(known, known.view(**values))
        kept, is_new = kept_answers.claim(g.api_key_id, repeated, fingerprint())
        return keep(kept, made(known, known.view(**values))) if is_new else again(kept)


def made(known: Operation, answer: Answer) -> Response:
    """The answer as JSON; nothing for what is gone."""
    text = ""
    if known.gives is not None:
        written = known.gives.dump(answer.data["data"] if known.many else answer.data, many=known.many)
        text = as_json({**answer.data, "data": written} if known.many else written)
    response = Response(text, known.status, mimetype="application/json")
    if answer.etag:
        response.set_etag(answer.etag)
    response.headers.update(dict(answer.headers))
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


# -- the same request twice --------------------------------------------------------------------------------------
def repeatable() -> str | None:
    """The `Idempotency-Key`. Raises BadRequest for one that is none."""
    given = request.headers.get("Idempotency-Key")
    if given is not None and not REPEATED.fullmatch(given):
        raise BadRequest(_("An Idempotency-Key has 1 to 255 letters, digits and signs, without blanks."))
    return given


def fingerprint() -> str:
    """Of what was asked for: the same for the same, and for nothing else."""
    asked = f"{request.method} {request.full_path} {request.headers.get('If-Match', '')}\n"
    return hashlib.sha256(asked.encode() + request.get_data()).hexdigest()


def keep(kept: KeptAnswer, response: Response) -> Response:
    kept.status, kept.body = response.status_code, response.get_data(as_text=True)
    kept.headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return response


def again(kept: KeptAnswer) -> Response:
    response = Response(kept.body, kept.status, mimetype="application/json")
    response.headers.update({**kept.headers, "Cache-Control": "private, no-cache", "Idempotency-Replayed": "true"})
    return response


# -- only if nobody changed it -----------------------------------------------------------------------------------
def check_match(etag: str) -> None:
    """Raises PreconditionFailed when `If-Match` names another state. Compressed answers have weak tags: both count."""
    wanted: ETags = request.if_match
    if request.headers.get("If-Match") and not wanted.contains_weak(etag):
        raise PreconditionFailed()
