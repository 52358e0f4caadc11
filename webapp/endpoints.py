"""Addresses at which another system tells an add-on something: `POST /hooks/<add-on>/<path>`, signed.

    from webapp.endpoints import register_endpoint

    def register(app, hooks):
        register_endpoint(
            app, addon="acme", path="crm", secret="…", handlers={"customer.updated": update_customer}
        )

A handler is given the event, the JSON object that was sent, and runs in one unit of work. What it returns
does not matter, but for False: not for us, and nothing is kept. How a request becomes an event is in
`flows/addon_events.py`. Docs: docs/webhooks.md.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from flask import Flask

from webapp.errors import NotFound, SwitchedOff

Event = dict[str, Any]
Handler = Callable[[Event], object]
SIGNATURE_HEADER = "X-Webhook-Signature"
ANY_TYPE = "*"
ADDON = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
PATH = re.compile(r"[a-z0-9][a-z0-9/_.-]{0,99}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of an add-on, with what it takes to believe an event and to act on it."""

    addon: str
    path: str
    secrets: tuple[bytes, ...] = field(repr=False)
    handlers: Mapping[str, Handler]
    signature_header: str = SIGNATURE_HEADER
    id_field: str | None = None

    @property
    def source(self) -> str:
        """Who acts, as the timeline and the log name it."""
        return f"addon:{self.addon}"

    def is_signed(self, body: bytes, given: str) -> bool:
        """Whether `given` is the HMAC-SHA256 of these bytes, in hexadecimal, with one of the secrets.

        `sha256=` may stand before it. Every secret is tried, so that the time taken tells nothing.
        """
        digest = given.strip().removeprefix("sha256=").lower().encode()
        right = [hmac.digest(secret, body, "sha256").hex().encode() for secret in self.secrets]
        return sum(hmac.compare_digest(digest, one) for one in right) > 0

    def handler_of(self, event: Event) -> Handler | None:
        """The function for this type of event, if there is one."""
        return self.handlers.get(type_of(event)) or self.handlers.get(ANY_TYPE)


def type_of(event: Event) -> str:
    """`type`, or `event_type` as systems made for Ultimate Multisite send it; "" when there is neither."""
    name = event.get("type", event.get("event_type"))
    return name if isinstance(name, str) else ""


def register_endpoint(
    app: Flask,
    *,
    addon: str,
    path: str,
    secret: str | Sequence[str],
    handlers: Mapping[str, Handler],
    signature_header: str = SIGNATURE_HEADER,
    id_field: str | None = None,
) -> Endpoint:
    """Answer `POST /hooks/<addon>/<path>` with `handlers`: a function per type of event, `*` for any other.

    secret: several while one is being changed. id_field: the field that holds the event's own id; an event
    whose id was seen before is answered and does nothing. Raises ValueError for what cannot be an endpoint.
    """
    names = (addon, path)
    if not ADDON.fullmatch(addon) or not PATH.fullmatch(path):
        raise ValueError(f"an endpoint's names are small letters, digits and hyphens, not {names!r}")
    secrets = (secret,) if isinstance(secret, str) else tuple(secret)
    if not secrets or not all(secrets):
        raise ValueError(f"the endpoint /hooks/{addon}/{path} has an empty secret")
    if names in _registered(app):
        raise ValueError(f"/hooks/{addon}/{path} is registered already")
    keys = tuple(one.encode() for one in secrets)
    endpoint = Endpoint(addon, path, keys, dict(handlers), signature_header, id_field)
    _registered(app)[names] = endpoint
    return endpoint


def find(app: Flask, addon: str, path: str) -> Endpoint:
    """Raises NotFound for an address that no add-on has registered, SwitchedOff for one that is closed."""
    endpoint = _registered(app).get((addon, path))
    if endpoint is None:
        raise NotFound(code="unknown_endpoint")
    if (addon, path) in app.extensions.get("endpoints_closed", ()):
        raise SwitchedOff()
    return endpoint


def close(app: Flask, names: Collection[tuple[str, str]]) -> None:
    """These take nothing until they are no longer named here."""
    app.extensions["endpoints_closed"] = frozenset(names)


def snapshot(app: Flask) -> dict[tuple[str, str], Endpoint]:
    """The endpoints as they are now; `restore` brings them back."""
    return dict(_registered(app))


def restore(app: Flask, endpoints: Mapping[tuple[str, str], Endpoint]) -> None:
    app.extensions["endpoints"] = dict(endpoints)


def _registered(app: Flask) -> dict[tuple[str, str], Endpoint]:
    return cast(dict[tuple[str, str], Endpoint], app.extensions.setdefault("endpoints", {}))
