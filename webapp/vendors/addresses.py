"""Where a vendor is, and whether its credentials may be sent there."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from webapp.errors import ConfigurationError
from webapp.settings import Settings


def is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or ((address := _literal(host)) is not None and address.is_loopback)


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def base_url(settings: Settings, name: str, default: str) -> str:
    """The vendor's address from the setting `name`. Raises ConfigurationError for one that is not safe.

    https only, so that nobody on the way reads a credential, and no private address. This machine itself is
    fine, since tests play vendors there; OUTBOUND_ALLOW_PRIVATE=1 allows the rest.
    """
    url = (settings.env.get(name) or default).strip().rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ConfigurationError(f"{name} must be an address like {default}.")
    if is_this_machine(url) or settings.outbound_allow_private == "1":
        return url
    address = _literal(parts.hostname)
    if parts.scheme != "https" or (address is not None and not address.is_global):
        raise ConfigurationError(f"{name} must be a public https address like {default}.")
    return url


def checked_address(variable: str, url: str) -> str:
    """Raises ConfigurationError for an address that payments and keys must not be sent to."""
    parts = urlsplit(url)
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(url))):
        return url.rstrip("/")
    raise ConfigurationError(f"{variable} must be an https address, not {url!r}.")


def credential(env: Mapping[str, str], name: str) -> str:
    """A token as a header or query can hold it; "" when it is not set. Not shown, even when it is wrong."""
    value = env.get(name, "").strip()
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ConfigurationError(f"{name} holds characters that no credential has.")
    return value


def may_be_private(url: str, allowed: str) -> bool:
    """Whether OUTBOUND_ALLOW_PRIVATE, here `allowed`, lets an address that somebody typed be called wherever it is."""
    return allowed == "1" or (allowed == "loopback" and is_this_machine(url))


def typed_address(variable: str, url: str, allowed: str) -> str:
    """An address that somebody typed. Raises ConfigurationError for one that is not https, unless it may be private.

    Whether its name leads to a public address is seen when it is called: see `guarding.py`.
    """
    try:
        parts = urlsplit(url.strip())
        usable = bool(parts.hostname) and "@" not in parts.netloc and not parts.query and not parts.fragment
    except ValueError:
        usable = False
    if not usable or parts.scheme not in ("https", "http"):
        raise ConfigurationError(f"{variable} must be an address like https://hosting.example.com/sites.")
    if parts.scheme != "https" and not may_be_private(url, allowed):
        raise ConfigurationError(f"{variable} must be an https address.")
    return url.strip()
