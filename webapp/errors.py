"""The refusals of the domain. Each has a stable code, an HTTP status and a sentence for a person."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l


class DomainError(Exception):
    """Something a rule does not allow; blueprints turn it into a page, a block or the API's error shape."""

    code = "refused"
    status = 422
    sentence: str = _l("This is not possible.")

    def __init__(self, sentence: str | None = None, *, code: str | None = None, field: str | None = None) -> None:
        self.sentence = sentence if sentence is not None else type(self).sentence
        self.code = code or type(self).code
        self.field = field
        super().__init__(self.code)

    @property
    def message(self) -> str:
        return str(self.sentence)

    @property
    def params(self) -> dict[str, str]:
        """What is wrong with each field, for those who asked by the API."""
        return {self.field: self.message} if self.field else {}

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says beside the refusal."""
        return {}

    def __str__(self) -> str:
        return self.message


class Invalid(DomainError):
    """What was entered cannot be used; `field` names the control it belongs to."""

    code = "invalid"


class NotFound(DomainError):
    """There is no such thing, or not for this person: the two are told apart by nobody."""

    code = "not_found"
    status = 404
    sentence = _l("This page does not exist, or is not yours to see.")


class Gone(DomainError):
    """It was there, and is no longer good."""

    code = "gone"
    status = 410
    sentence = _l("This link has been used, or its time is over. Ask for a new one.")


class SwitchedOff(DomainError):
    """An operator has switched the add-on off that this belongs to; a sender is to try again."""

    code = "addon_off"
    status = 503
    sentence = _l("This add-on is switched off for now. Try again later.")


class Conflict(DomainError):
    """Somebody was quicker, or the thing is no longer in a state that allows this."""

    code = "conflict"
    status = 409
    sentence = _l("This was changed in the meantime. Reload to see its current state.")


class IllegalMove(Conflict):
    """A status was asked to move where its table does not let it."""

    code = "illegal_move"

    def __init__(self, explanation: str) -> None:
        super().__init__()
        self.explanation = explanation

    def __str__(self) -> str:
        return self.explanation


class Rejected(DomainError):
    """An integrator's callback stopped the work with a reason (`hooks.Reject`)."""

    code = "rejected"


class ConfigurationError(Exception):
    """The installation cannot start like this; the message says what to set."""
