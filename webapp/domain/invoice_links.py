"""The link from a mail that opens one invoice without signing in: signed, and good for a while."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from webapp import clock
from webapp.domain import mails

LASTS = timedelta(days=30)
_key: list[bytes] = [b""]


def init(secret_key: str) -> None:
    _key[:] = [hmac.digest(secret_key.encode(), b"links to invoices", hashlib.sha256)]


def token(reference: str) -> str:
    """Says until when it is good, in seconds since 1970, and proves it."""
    until = int((clock.now() + LASTS).timestamp())
    return f"{until}-{_sign(reference, until)}"


def is_good(reference: str, given: str) -> bool:
    """Compared in constant time, whatever was given."""
    until, _dash, signature = given.partition("-")
    if not (until.isascii() and until.isdigit() and len(until) <= 12):
        return False
    genuine = hmac.compare_digest(_sign(reference, int(until)).encode(), signature.encode(errors="replace"))
    return genuine and int(until) >= clock.now().timestamp()


def _sign(reference: str, until: int) -> str:
    return hmac.new(_key[0], f"{reference}:{until}".encode(), hashlib.sha256).hexdigest()


def url(reference: str) -> str:
    return mails.url(f"/invoice/{reference}.pdf?token={token(reference)}")
