"""The countries of ISO 3166, by the names their readers know."""

from __future__ import annotations

import unicodedata
from functools import cache

from babel import Locale

# Territories that Babel names beside the countries of ISO 3166-1.
NOT_A_COUNTRY = frozenset("AC CP CQ DG EA EU EZ IC TA UN XA XB XK ZZ QO".split())


@cache
def countries(locale: str) -> dict[str, str]:
    """Alpha-2 code to name in this language, sorted by name."""
    names = Locale.parse(locale).territories
    codes = {code: name for code, name in names.items() if len(code) == 2 and code.isalpha()}
    kept = {code: name for code, name in codes.items() if code not in NOT_A_COUNTRY}
    return dict(sorted(kept.items(), key=lambda pair: plain(pair[1])))


def plain(name: str) -> str:
    """As it is looked up in a list: Ägypten among the first, Österreich beside Oman."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
