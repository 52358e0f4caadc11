"""Signing in and what belongs to it: two blueprints, whose routes stand in a module for each noun."""

from __future__ import annotations

from webapp.blueprints.auth import links, passkeys, two_step
from webapp.blueprints.auth.routes import bp as auth
from webapp.blueprints.auth.security import bp as security

__all__ = ["auth", "links", "passkeys", "security", "two_step"]
