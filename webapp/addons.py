"""Add-ons: modules with `register(app, hooks)`, named in ADDONS or by an entry point in `webapp.addons`.

One that fails, at import or at registration, is shown with its error and stops nothing; the callbacks (so its
gateways, too), the endpoints and the types of fields that it had registered until then are taken back.
"""

from __future__ import annotations

import importlib
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, entry_points, packages_distributions, version
from typing import Any

from flask import Flask

from webapp import endpoints, hooks
from webapp.domain import field_types
from webapp.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Addon:
    """`error` is empty for one that works, else its traceback; `endpoints`: add-on and path as addresses have them."""

    name: str
    version: str
    error: str = ""
    endpoints: tuple[tuple[str, str], ...] = field(default=(), compare=False)


def named(settings: Settings) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every add-on's name with how it is loaded; each name once."""
    seen = set()
    for name in settings.addons:
        seen.add(name)
        yield name, lambda name=name: importlib.import_module(name)  # type: ignore[misc]
    for point in entry_points(group="webapp.addons"):
        if point.name not in seen and point.value not in seen:
            yield point.name, point.load


def load(app: Flask, settings: Settings) -> list[Addon]:
    """Load and register all of them, in the order named."""
    loaded = [_load(app, name, module) for name, module in named(settings)]
    app.extensions["addons"] = loaded
    return loaded


def _load(app: Flask, name: str, module_of: Callable[[], Any]) -> Addon:
    callbacks, addresses = hooks.registry.snapshot(), endpoints.snapshot(app)
    kinds = field_types.snapshot()
    hooks.registry.loading = name
    try:
        module = module_of()
        module.register(app, hooks)
    except (Exception, SystemExit):  # a module written as a script may end with sys.exit()
        hooks.registry.restore(callbacks)
        endpoints.restore(app, addresses)
        field_types.restore(kinds)
        log.exception("addon.failed", extra={"addon": name})
        return Addon(name, "", traceback.format_exc(limit=20))
    finally:
        hooks.registry.loading = ""
    made = tuple(one for one in endpoints.snapshot(app) if one not in addresses)
    return Addon(name, version_of(name, module), endpoints=made)


def version_of(name: str, module: Any) -> str:
    """Of the distribution that it was installed with, else what the module says of itself, else nothing."""
    for point in entry_points(group="webapp.addons", name=name):
        if point.dist is not None:
            return point.dist.version
    top = str(getattr(module, "__name__", name)).partition(".")[0]
    with suppress(PackageNotFoundError):
        return version(packages_distributions().get(top, [top])[0])
    return str(getattr(module, "__version__", ""))
