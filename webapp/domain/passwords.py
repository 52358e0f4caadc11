"""Passwords: Argon2id, few at a time, because each takes 19 MiB while it is reckoned."""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

LENGTH_AT_LEAST = 12
LENGTH_AT_MOST = 200
LONG_ENOUGH, DIFFERENT_AT_LEAST = 16, 8  # for one that must be strong
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_room = threading.BoundedSemaphore(2)
# Checked for unknown users too, so that the answer takes as long as for a known one.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$8yhNU2xTi3cKSZVvQkb4JA$QMDJ8sgTe8C5zFgJcYpcxGg2oxXzkj5wmVqUbe0VjpQ"


def is_strong(password: str, *, not_of: str = "") -> bool:
    """Whether it stays hard to guess for who knows whose it is: long, or of many kinds, and without their name.

    `not_of`: the e-mail address that it is for.
    """
    local = not_of.partition("@")[0].lower()
    kinds = (str.islower, str.isupper, str.isdigit, lambda one: not one.isalnum() and not one.isspace())
    varied = len(set(password)) >= DIFFERENT_AT_LEAST
    mixed = sum(any(map(kind, password)) for kind in kinds) >= 3
    named = len(local) >= 4 and local in password.lower()
    return varied and not named and (mixed or len(password) >= LONG_ENOUGH)


def unknown() -> str:
    """The hash of a password that nobody has, until its owner chooses one by a link."""
    return hash_password(secrets.token_urlsafe(32))


def hash_password(password: str) -> str:
    with _room:
        return _hasher.hash(password)


def verify(stored: str | None, password: str) -> bool:
    """Whether it is the password; takes the same time when there is no such user (`stored` None)."""
    with _room:
        try:
            return _hasher.verify(stored or NOBODY, password) and stored is not None
        except (VerifyMismatchError, InvalidHashError):
            return False
