"""Which vendor is used: the one whose settings are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TypeVar

from webapp.errors import ConfigurationError
from webapp.hooks import registry
from webapp.settings import Settings

Client = TypeVar("Client")


def choose(vendors: Mapping[str, Callable[[Settings], Client | None]], settings: Settings) -> Client | None:
    """The client of the vendor that is configured, or None. Raises ConfigurationError when several are."""
    found = {name: client for name, make in vendors.items() if (client := make(settings)) is not None}
    if len(found) > 1:
        raise ConfigurationError(f"{' and '.join(found)} are both set up, and only one can be used.")
    return next(iter(found.values()), None)


def stop_listening(listeners: ModuleType) -> None:
    """Take back every callback of a module: an application made later in this process may not want it."""
    for hook in registry.actions.values():
        for callback in hook.callbacks:
            if callback.handler == listeners.__name__:
                registry.remove_action(hook.name, callback.function, callback.priority)
