"""How a callback that a worker imports by name finds the client it calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from webapp.domain import network
from webapp.errors import ConfigurationError
from webapp.integrations.choosing import choose
from webapp.outgoing import PermanentFailure
from webapp.settings import Settings

Client = TypeVar("Client")
Vendors = Mapping[str, Callable[[Settings], Client | None]]


@dataclass(frozen=True, slots=True)
class Offer(Generic[Client]):
    """Vendors that can be used, and the variables by which one is switched on: with any of them there is one."""

    vendors: Vendors[Client]
    variables: Sequence[str]
    settings: Settings


class Binding(Generic[Client]):
    """One client per process and kind, made of the keys that hold now: a key that is saved works with the next call.

    `crm.offer(…)` at the start, `crm.current().upsert(…)` in the callback. A client is kept, with its connections, for
    as long as the keys are the same; `bind` names one to use whatever the keys are.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._bound: Client | None = None
        self._offer: Offer[Client] | None = None
        self._made: tuple[Mapping[str, str], Client] | None = None
        self._making = threading.Lock()

    def bind(self, client: Client | None) -> None:
        """Use this client from now on; None: the one that the keys ask for."""
        self._bound = client

    def offer(self, offer: Offer[Client]) -> None:
        """Raises ConfigurationError for half a configuration in the environment."""
        choose(offer.vendors, offer.settings)
        self._bound, self._made, self._offer = None, None, offer

    def is_set_up(self) -> bool:
        """Whether anybody is to be told: asked inside somebody's operation, so it costs nothing."""
        offer = self._offer
        if self._bound is not None or offer is None:
            return self._bound is not None
        return any(network.is_given(offer.settings.env, one) for one in offer.variables)

    def bound(self) -> Client | None:
        """The client, if there is one. Raises PermanentFailure when the keys cannot be used."""
        return self._bound or self._of_the_keys()

    def current(self) -> Client:
        """Raises PermanentFailure, for the operator to see, when there are no keys, or none that can be used."""
        client = self.bound()
        if client is None:
            raise PermanentFailure(f"{self._what} is not configured")
        return client

    def _of_the_keys(self) -> Client | None:
        if self._offer is None:
            return None
        try:
            settings = replace(self._offer.settings, env=network.environment(self._offer.settings.env))
            with self._making:
                return self._kept(settings, self._offer.vendors)
        except ConfigurationError as error:
            raise PermanentFailure(str(error)) from None

    def _kept(self, settings: Settings, vendors: Vendors[Client]) -> Client | None:
        if self._made is None or self._made[0] != settings.env:
            client = choose(vendors, settings)
            self._made = (settings.env, client) if client is not None else None
        return self._made[1] if self._made else None
