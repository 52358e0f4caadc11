"""What the API refuses beside what the rules refuse. The shape is that of every refusal (blueprints/errors.py)."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from webapp.errors import Conflict, DomainError


class Unauthorized(DomainError):
    """No key, or one that is not good; which of the two is told nobody."""

    code = "unauthorized"
    status = 401
    sentence = _l("Send an API key and its secret by HTTP Basic authentication.")

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": 'Basic realm="API", charset="UTF-8"'}


class MissingScope(DomainError):
    code = "missing_scope"
    status = 403


class BadRequest(DomainError):
    """What came cannot be read at all."""

    code = "bad_request"
    status = 400
    sentence = _l("This request cannot be understood.")


class InvalidFields(DomainError):
    """What came can be read, and some of it cannot be used. `params`: a sentence for each field, `prices.0.amount`."""

    code = "invalid_fields"
    status = 422
    sentence = _l("Some fields cannot be used. Each is named with what is wrong.")

    def __init__(self, params: Mapping[str, str]) -> None:
        super().__init__()
        self.fields = dict(params)

    @property
    def params(self) -> dict[str, str]:
        return self.fields


class InvalidQuery(InvalidFields):
    """The same of what stands in the address."""

    code = "invalid_query"
    status = 400
    sentence = _l("Some parameters of the address cannot be used. Each is named with what is wrong.")


class PreconditionFailed(Conflict):
    """The row is not any more what `If-Match` says."""

    code = "precondition_failed"
    status = 412


class TooManyRequests(DomainError):
    """`seconds`: after which one may ask again."""

    code = "too_many_requests"
    status = 429
    sentence = _l("These were too many requests. Wait a moment.")

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.seconds)}
