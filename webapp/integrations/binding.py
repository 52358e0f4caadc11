"""How a callback that a worker imports by name finds the client it calls."""

from __future__ import annotations

from typing import Generic, TypeVar

from webapp.outgoing import PermanentFailure

Client = TypeVar("Client")


class Binding(Generic[Client]):
    """One client per process and kind, bound at the start by `register(settings)`, or by a test.

    `crm.bind(HubSpot(…))` at the start, `crm.current().upsert(…)` in the callback.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._client: Client | None = None

    def bind(self, client: Client | None) -> None:
        """Use this client from now on; None: nothing is configured."""
        self._client = client

    def bound(self) -> Client | None:
        """The client, if there is one."""
        return self._client

    def current(self) -> Client:
        """Raises PermanentFailure, for the operator to see, when this process lacks settings others have."""
        if self._client is None:
            raise PermanentFailure(f"{self._what} is not configured for this process")
        return self._client
