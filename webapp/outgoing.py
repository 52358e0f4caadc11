"""What a callback that tells another system may say, and may ask: it failed for good, try later, under which key."""

from __future__ import annotations

from contextvars import ContextVar

_key: ContextVar[str | None] = ContextVar("delivery_key", default=None)


class DeliveryFailure(Exception):
    """A delivery was not accepted. `http_status` and `answer` are shown to the operator; keep secrets out of them."""

    def __init__(self, reason: str, *, http_status: int | None = None, answer: str = "") -> None:
        super().__init__(reason)
        self.reason, self.http_status, self.answer = reason, http_status, answer


class PermanentFailure(DeliveryFailure):
    """Trying again would not help: the credentials or the content are refused."""


class TryLater(DeliveryFailure):
    """Not now. `after` is in seconds when the other side said how long to wait."""

    def __init__(
        self, reason: str, *, after: float | None = None, http_status: int | None = None, answer: str = ""
    ) -> None:
        super().__init__(reason, http_status=http_status, answer=answer)
        self.after = after


class NotTried(TryLater):
    """Not now, and nothing was sent: the other side has asked for a pause. It does not count as a try."""


class Waits(NotTried):
    """It was taken, and its end is asked for after so long: no failure, and it does not count as a try."""


def idempotency_key() -> str:
    """The stable key of the delivery in hand, the same over all attempts and replays. Outside of one: LookupError."""
    key = _key.get()
    if key is None:
        raise LookupError("no delivery is in hand")
    return key


class delivering:  # noqa: N801 - reads as a statement: `with delivering(key):`
    """While it lasts, `idempotency_key()` is this key."""

    def __init__(self, key: str) -> None:
        self._given = key

    def __enter__(self) -> None:
        self._token = _key.set(self._given)

    def __exit__(self, *_exc: object) -> None:
        _key.reset(self._token)
