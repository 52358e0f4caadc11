"""What gateways ask the operator for beside our settings, as keys of their vendors: entered, kept, found again.

A variable belongs to whoever asks for it, and gateways of one account may ask for the same. The environment wins; what
is saved as a secret is encrypted, and never shown again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping

from webapp import encryption
from webapp.domain import audit, network
from webapp.errors import ConfigurationError, Conflict
from webapp.masking import MASK
from webapp.models import Setting


def saved(variable: str) -> str:
    """What was entered for it; empty for nothing. Raises ConfigurationError for a secret whose key is gone."""
    kept = network.settings().variables.get(variable, {})
    value = str(kept.get("value", ""))
    if not value or not kept.get("secret"):
        return value
    plain = encryption.decrypt(value)
    if plain is None:
        raise ConfigurationError(f"{variable} cannot be read with the ENCRYPTION_KEYS there are. Enter it again.")
    return plain


def shown(variable: str) -> str:
    """As it may be seen: of a secret only whether there is one."""
    kept = network.settings().variables.get(variable, {})
    value = str(kept.get("value", ""))
    return MASK if value and kept.get("secret") else value


def state(variables: Collection[str]) -> str:
    """A fingerprint of what is kept for them, to notice that somebody else changed it. Tells nothing of what it is."""
    kept = network.settings().variables
    text = json.dumps([kept.get(name) for name in sorted(variables)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def change(gateway: str, values: Mapping[str, str], *, secrets: Collection[str]) -> bool:
    """Keep new values of variables, an empty one to forget it; whether that changed anything.

    `secrets`: which of them are kept as such.
    """
    before = {name: shown(name) for name in values}
    changed = {name: value for name, value in values.items() if _differs(name, value, secret=name in secrets)}
    if not changed:
        return False
    for name, value in changed.items():
        secret = name in secrets and bool(value)
        kept = {"value": encryption.encrypt(value) if secret else value, "secret": secret}
        network.keep(f"{network.OF_VARIABLE}{name}", kept)
    audit.note(
        Setting,
        "gateways.keys",
        before={"gateway": gateway, **{name: before[name] for name in changed}},
        after={"gateway": gateway, **{name: shown(name) for name in changed}},
    )
    return True


def edit(
    gateway: str, values: Mapping[str, str], *, names: Collection[str], secrets: Collection[str], seen: str
) -> bool:
    """The same of what one of the staff said on a page with the variables `names`, whose `state` was `seen` there.

    Raises Conflict when somebody changed one of them since.
    """
    network.lock()
    if state(names) != seen:
        raise Conflict()
    return change(gateway, values, secrets=secrets)


def _differs(variable: str, value: str, *, secret: bool) -> bool:
    """A secret is compared with nothing: it was typed anew, or is taken away."""
    return bool(value or shown(variable)) if secret else value != shown(variable)
