"""Secrets at rest: what the database keeps is unreadable without ENCRYPTION_KEYS."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

_keys: list[MultiFernet] = []


def init(keys: Sequence[str]) -> None:
    """The first key encrypts, all decrypt: a new one is put in front, the old one removed later."""
    _keys[:] = [MultiFernet([Fernet(key) for key in keys])]


def encrypt(text: str) -> str:
    return _keys[0].encrypt(text.encode()).decode()


def decrypt(token: str) -> str | None:
    """None when it was encrypted with a key that is no longer there, or tampered with."""
    try:
        return _keys[0].decrypt(token.encode()).decode()
    except InvalidToken:
        return None
