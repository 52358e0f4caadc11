"""Ways to be paid, ours and those of add-ons, by their ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from webapp.errors import NotFound
from webapp.gateways.base import Config, Gateway
from webapp.hooks import apply_filters

Factory = Callable[[Config], Gateway]


class Gateways:
    """The gateways of one application, each made once when it is first asked for."""

    def __init__(self) -> None:
        self._config = Config({}, "")
        self._ours: dict[str, Factory] = {}
        self._made: dict[str, tuple[Factory, Gateway]] = {}

    def init(self, config: Config, ours: Mapping[str, Factory]) -> None:
        """`ours` are those that come with the product; add-ons add theirs by the filter, or take some away."""
        self._config, self._ours, self._made = config, dict(ours), {}

    def all(self) -> dict[str, Gateway]:
        """Every registered gateway by its id, in the order registered."""
        registered: Mapping[str, Factory] = apply_filters("wu_payment_gateways", dict(self._ours))
        return {name: self._instance(name, factory) for name, factory in registered.items()}

    def get(self, name: str) -> Gateway:
        """Raises NotFound for one that is not (or no longer) registered."""
        found = self.all().get(name)
        if found is None:
            raise NotFound(code="unknown_gateway")
        return found

    def _instance(self, name: str, factory: Factory) -> Gateway:
        made = self._made.get(name)
        if made is None or made[0] is not factory:
            made = self._made[name] = (factory, factory(self._config))
        return made[1]


gateways = Gateways()
