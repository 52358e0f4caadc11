"""The passwords that everybody tries first, in the shapes that twelve characters still leave."""

from __future__ import annotations

import re

# Beginnings of what leaks are full of; digits and signs around them do not make them safer.
COMMON = frozenset(
    """
    password passwort passw0rd qwerty qwertz qwertyuiop qwertzuiop letmein welcome willkommen iloveyou
    administrator admin changeme monkey dragon football fussball baseball superman batman sunshine princess
    abcdefgh abcdefghijkl asdfghjkl zxcvbnm yxcvbnm trustno1 hallo hello hallowelt helloworld geheim secret
    """.split()
)


def is_leaked(password: str) -> bool:
    """Whether it is one of them, repeated, counted up, or with digits and signs around it."""
    plain = password.casefold()
    core = re.sub(r"[\W\d_]+", "", plain)
    if len(set(plain)) <= 3 or plain in "01234567890123456789012345678901234567890123456789":
        return True
    if core in COMMON and len(core) >= len(plain) - 8:
        return True
    return any(len(word) > 3 and word * (len(core) // len(word)) == core for word in COMMON if core)
