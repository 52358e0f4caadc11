"""Add-ons: importable modules with `register(app, hooks)`, named in ADDONS or by the entry points `webapp.addons`.

One that fails, at import or at registration, is shown with its error and stops nothing; what it had registered
until then is taken back.
"""

from __future__ import annotations

import importlib
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from flask import Flask

from webapp import hooks
from webapp.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Addon:
    """`error` is empty for one that works, else its traceback."""

    name: str
    version: str
    error: str = ""


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
    before = hooks.registry.snapshot()
    try:
        module = module_of()
        module.register(app, hooks)
    except Exception:
        hooks.registry.restore(before)
        log.exception("addon.failed", extra={"addon": name})
        return Addon(name, "", traceback.format_exc(limit=20))
    return Addon(name, str(getattr(module, "__version__", "")))
