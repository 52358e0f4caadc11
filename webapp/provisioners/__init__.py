"""Who makes sites, ours and those of add-ons, by their ids."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping

from webapp.hooks import apply_filters
from webapp.outgoing import TryLater
from webapp.provisioners.base import Config, Provisioner

log = logging.getLogger(__name__)

Factory = Callable[[Config], Provisioner]
FILTER = "wu_site_provisioners"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,27}")


class Provisioners:
    """The provisioners of one application, each made once when it is first asked for."""

    def __init__(self) -> None:
        self._config = Config({}, "")
        self._ours: dict[str, Factory] = {}
        self._made: dict[str, tuple[Factory, Provisioner | None]] = {}

    def init(self, config: Config, ours: Mapping[str, Factory]) -> None:
        """`ours` come with the product; add-ons add theirs by the filter."""
        self._config, self._ours, self._made = config, dict(ours), {}

    def all(self) -> dict[str, Provisioner]:
        """Every registered one that can be made, by its id, in the order registered."""
        registered = apply_filters(FILTER, dict(self._ours))
        if not isinstance(registered, Mapping):  # a callback forgot to return them
            log.error("provisioners.not_a_dict", extra={"filter": FILTER})
            registered = self._ours
        made = ((name, self._instance(name, factory)) for name, factory in registered.items())
        return {name: one for name, one in made if one is not None}

    def get(self, name: str) -> Provisioner:
        """Raises TryLater for one that is not there: its add-on may be switched off, or come back."""
        found = self.all().get(name)
        if found is None:
            raise TryLater(f"there is no provisioner {name!r} at the moment")
        return found

    def _instance(self, name: str, factory: Factory) -> Provisioner | None:
        """None for one that cannot be made: the others go on."""
        made = self._made.get(name)
        if made is None or made[0] is not factory:
            made = self._made[name] = (factory, self._make(name, factory))
        return made[1]

    def _make(self, name: str, factory: Factory) -> Provisioner | None:
        """Raises nothing: a missing variable, or a class that lacks a verb, is in the log."""
        try:
            if not NAME.fullmatch(name):
                raise ValueError(f"a provisioner's id is small letters, digits and hyphens, not {name!r}")
            made = factory(self._config)
            if isinstance(made, Provisioner):
                return made
            raise TypeError(f"{made!r} lacks a verb of webapp.provisioners.base.Provisioner")
        except Exception:
            log.exception("provisioner.cannot_be_made", extra={"provisioner": name})
            return None


def is_ready(provisioner: Provisioner) -> bool:
    """Whether it has all it needs; a class of somebody's own that does not say so has."""
    return bool(getattr(provisioner, "ready", True))


provisioners = Provisioners()
