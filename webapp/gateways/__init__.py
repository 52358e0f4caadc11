"""Ways to be paid, ours and those of add-ons, by their ids."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from webapp.errors import NotFound, SwitchedOff
from webapp.gateways.base import Base, Config, Gateway
from webapp.hooks import apply_filters, registry

log = logging.getLogger(__name__)

Factory = Callable[[Config], Gateway]
_pretended: ContextVar[Mapping[str, Gateway] | None] = ContextVar("pretended_gateways", default=None)


class Gateways:
    """The gateways of one application, each made once when it is first asked for."""

    def __init__(self) -> None:
        self._config = Config({}, "")
        self._ours: dict[str, Factory] = {}
        self._made: dict[str, tuple[Factory, Gateway | None]] = {}

    def init(self, config: Config, ours: Mapping[str, Factory]) -> None:
        """`ours` come with the product; add-ons add theirs by the filter, or take some away."""
        self._config, self._ours, self._made = config, dict(ours), {}

    def all(self) -> dict[str, Gateway]:
        """Every registered gateway that can be made, by its id, in the order registered."""
        pretended = _pretended.get()
        if pretended is not None:
            return dict(pretended)
        registered = apply_filters("wu_payment_gateways", dict(self._ours))
        if not isinstance(registered, Mapping):  # a callback forgot to return them
            log.error("gateways.not_a_dict", extra={"filter": "wu_payment_gateways"})
            registered = self._ours
        made = ((name, self._instance(name, factory)) for name, factory in registered.items())
        return {name: one for name, one in made if one is not None}

    def get(self, name: str) -> Gateway:
        """Raises NotFound for one that is not (or no longer) registered, SwitchedOff for one that rests."""
        found = self.all().get(name)
        if found is None:
            off = {one.owner for one in registry.filters["wu_payment_gateways"].callbacks if one.off}
            if any(name in self.brought_by(owner) for owner in off):
                raise SwitchedOff()
            raise NotFound(code="unknown_gateway")
        return found

    def account_of(self, name: str) -> str:
        """Whose account at a vendor it uses; its own name for one that shares none, or is gone."""
        found = self.all().get(name)
        return (beyond(found).account if found is not None else "") or name

    def sharing(self, name: str) -> list[str]:
        """It, and those that share its account: what one hears of may be another's."""
        account = self.account_of(name)
        return [name, *(one for one in self.all() if one != name and self.account_of(one) == account)]

    def brought_by(self, addon: str) -> list[str]:
        """The ids that an add-on's callbacks add to ours, also while it is switched off."""
        found: list[str] = []
        for callback in registry.filters["wu_payment_gateways"].callbacks:
            if callback.owner == addon:
                with suppress(Exception):  # what is wrong with it is shown where it is called
                    found += [name for name in callback.function(dict(self._ours)) if name not in self._ours]
        return found

    def _instance(self, name: str, factory: Factory) -> Gateway | None:
        """None for one that cannot be made: the others go on selling."""
        made = self._made.get(name)
        if made is None or made[0] is not factory:
            made = self._made[name] = (factory, self._make(name, factory))
        return made[1]

    def _make(self, name: str, factory: Factory) -> Gateway | None:
        """Raises nothing: a missing variable, or a class that lacks a verb, is in the log."""
        try:
            made = factory(self._config)
            if isinstance(made, Gateway):
                return made
            raise TypeError(f"{made!r} lacks a verb of webapp.gateways.base.Gateway")
        except Exception:
            log.exception("gateway.cannot_be_made", extra={"gateway": name})
            return None


def beyond(gateway: Gateway) -> Base:
    """What it answers to beside the verbs every gateway has; nothing special for a class of somebody's own."""
    return gateway if isinstance(gateway, Base) else Base(Config({}, ""))


@contextmanager
def pretending(instead: Mapping[str, Gateway]) -> Iterator[None]:
    """Here, and nowhere else in the process, these are all the gateways there are."""
    token = _pretended.set(instead)
    try:
        yield
    finally:
        _pretended.reset(token)


gateways = Gateways()
