"""Background callbacks as an add-on's module has them: a worker finds them by their name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

HANDLER = __name__


class Listener:
    """What was told to `tell`, and what that does about it."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.answer: Callable[..., Any] = lambda *args: None
        self._lock = threading.Lock()

    def hear(self, args: tuple[Any, ...]) -> Any:
        with self._lock:
            self.told.append(args)
        return self.answer(*args)


listener = Listener()


def tell(*args: Any) -> Any:
    return listener.hear(args)


def tell_first(first: Any) -> Any:
    return listener.hear((first,))


def tell_too(*args: Any) -> Any:
    return listener.hear(("too", *args))


class Sender:
    """Its method has no name that a worker could import."""

    def tell(self, *args: Any) -> None:
        listener.hear(args)
