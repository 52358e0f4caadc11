"""Passwords: Argon2id, few at a time, because each takes 19 MiB while it is reckoned."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

LENGTH_AT_LEAST = 12
LENGTH_AT_MOST = 200
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_room = threading.BoundedSemaphore(2)
# Checked for unknown users too, so that the answer takes as long as for a known one.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$8yhNU2xTi3cKSZVvQkb4JA$QMDJ8sgTe8C5zFgJcYpcxGg2oxXzkj5wmVqUbe0VjpQ"


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
