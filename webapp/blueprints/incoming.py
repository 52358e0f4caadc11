"""What every view is given: the request, without the one sign that no database takes and no person types."""

from __future__ import annotations

import flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property


def without_nul(values: MultiDict[str, str]) -> MultiDict[str, str]:
    if not any("\x00" in name or "\x00" in value for name, value in values.items(multi=True)):
        return values
    return ImmutableMultiDict((name, value.replace("\x00", "")) for name, value in values.items(multi=True))


class Request(flask.Request):
    @cached_property
    def args(self) -> MultiDict[str, str]:
        return without_nul(super().args)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = without_nul(self.__dict__["form"])


def raw_body(request: flask.Request, at_most: int) -> bytes:
    """The bytes as they came, which is what was signed. 413 for too many, 415 when they are packed."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        flask.abort(415)
    # One more than is allowed: a body without a length is silently cut off at the limit.
    request.max_content_length = at_most + 1
    body = request.get_data()
    if len(body) > at_most:
        flask.abort(413)
    return body
