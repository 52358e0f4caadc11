"""For the tests of add-ons: have them loaded for a while, and have a worker carry out what they left to one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from flask import Flask

from webapp import addons, endpoints, hooks, our_gateways, our_provisioners
from webapp.addons import Addon
from webapp.domain import field_types, gateway_keys, outbox
from webapp.extensions import db
from webapp.flows import relaying
from webapp.gateways import gateways
from webapp.gateways.base import Config
from webapp.provisioners import base, provisioners
from webapp.settings import Settings
from webapp.transactions import reading


@contextmanager
def installed(app: Flask, *names: str, env: Mapping[str, str] | None = None) -> Iterator[list[Addon]]:
    """As if they were named in ADDONS, with these variables set; afterwards everything is as it was."""
    settings: Settings = app.extensions["settings"]
    callbacks, addresses, loaded = hooks.registry.snapshot(), endpoints.snapshot(app), app.extensions["addons"]
    kinds = field_types.snapshot()
    try:
        yield addons.load(app, _use(app, replace(settings, addons=names, env={**settings.env, **(env or {})})))
    finally:
        _use(app, settings)
        app.extensions["addons"] = loaded
        hooks.registry.restore(callbacks)
        endpoints.restore(app, addresses)
        field_types.restore(kinds)


def _use(app: Flask, settings: Settings) -> Settings:
    app.extensions["settings"] = settings
    gateways.init(Config(settings.env, settings.base_url, gateway_keys.saved), our_gateways(settings))
    provisioners.init(base.Config(settings.env, settings.base_url), our_provisioners())
    return settings


def work_off(app: Flask, *handlers: str) -> None:
    """Carry out what is due now, as a worker does; for some modules (`handlers`), or for all."""
    with reading() as session:
        due = outbox.handlers_due(session)
    db.session.rollback()
    for handler in due:
        if not handlers or handler in handlers:
            relaying.drain(app, handler, lease=timedelta(minutes=1))
