"""The signed cookie of the session: Flask's own, but what signs it is put together once and not for each request."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer


class SessionCookie(SecureCookieSessionInterface):
    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        fallbacks = app.config["SECRET_KEY_FALLBACKS"]
        return self._signing(app, app.secret_key, tuple(fallbacks or ()))

    @lru_cache(maxsize=8)  # noqa: B019  # one for each process
    def _signing(self, app: Flask, *_keys: object) -> URLSafeTimedSerializer | None:
        """For these keys, which may change while the process runs."""
        return super().get_signing_serializer(app)
