"""What a worker tells a gateway, as it was written down with the change that it is about; safe to repeat."""

from __future__ import annotations

from collections.abc import Callable

from webapp.errors import DomainError
from webapp.gateways import beyond, gateways
from webapp.gateways.base import Base, VendorUnreachable
from webapp.outgoing import TryLater


def close(gateway: str, reference: str) -> str:
    """The buyer pays otherwise: nothing more is to come by this try. Raises TryLater."""
    return tell(gateway, lambda one: one.close(reference), "closed")


def tell(gateway: str, say: Callable[[Base], None], done: str) -> str:
    """`done` in words, also when nobody is there any more to be told. Raises TryLater."""
    try:
        say(beyond(gateways.get(gateway)))
    except DomainError as gone:
        return f"{gone.code}: nobody is there to be told"
    except VendorUnreachable as problem:
        raise TryLater(str(problem)) from problem
    return done
