"""How often one may ask: each key by itself, and each address, whatever keys come from there."""

from __future__ import annotations

import logging
import time

from flask import Response, g
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, parse

from webapp.blueprints.api.refusals import TooManyRequests
from webapp.extensions import limiter

log = logging.getLogger(__name__)
PER_KEY, PER_ADDRESS, WRONG_KEYS = parse("3000/minute"), parse("6000/minute"), parse("60/minute")


def count_address() -> None:
    """Raises TooManyRequests."""
    _count(PER_ADDRESS, "api-address", get_remote_address())


def count_key(key_id: int) -> None:
    """Raises TooManyRequests. How many are left of a key's is said in the answer."""
    g.api_limit = _count(PER_KEY, "api-key", str(key_id))


def count_wrong_key() -> None:
    """Raises TooManyRequests: who shows wrong keys is soon not even told that they are wrong."""
    _count(WRONG_KEYS, "api-wrong-key", get_remote_address())


def _count(item: RateLimitItem, *whose: str) -> tuple[int, int, int] | None:
    """How many there may be, how many are left, and in how many seconds it begins anew. None where nobody counts."""
    if not limiter.enabled:
        return None
    try:
        fine = limiter.limiter.hit(item, *whose)
        reset, remaining = limiter.limiter.get_window_stats(item, *whose)
    except Exception:  # a Redis that is away stops nobody's work
        log.exception("api.limits_away")
        return None
    seconds = max(1, round(reset - time.time()))
    if not fine:
        raise TooManyRequests(seconds)
    return item.amount, max(0, remaining), seconds


def tell(response: Response) -> Response:
    found: tuple[int, int, int] | None = g.get("api_limit")
    if found is not None:
        names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
        response.headers.update(dict(zip(names, map(str, found), strict=True)))
    return response
