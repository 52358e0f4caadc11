"""What a page of ours may load, and where its forms may lead: nothing else's, unless it needs a vendor's script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache


def allowing(network: str, more: Mapping[str, Sequence[str]] | None = None) -> str:
    """The Content-Security-Policy, with `more` sources by directive.

    The network's address stands beside 'self': for sites on hosts of their own, and for who came by another name.
    """
    return _policy(network, tuple((name, tuple(sources)) for name, sources in (more or {}).items()))


@cache
def _policy(network: str, more: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'self' {network}",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "frame-src": "'self'",  # mails, shown to the staff; no other page lets itself be framed
        "form-action": f"'self' {network}",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    for name, sources in more:
        directives[name] = " ".join((directives.get(name, ""), *sources)).strip()
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())
