"""Signing in and what belongs to it: two blueprints, whose routes stand in a module for each noun."""

from __future__ import annotations

from webapp.blueprints.auth import emails, links, passkeys, resets, two_step
from webapp.blueprints.auth.routes import bp as auth
from webapp.blueprints.auth.security import bp as security

__all__ = ["auth", "emails", "links", "passkeys", "resets", "security", "two_step"]
