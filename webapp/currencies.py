"""The currencies that people pay with today, by the names their readers know."""

from __future__ import annotations

from functools import cache

from babel import Locale
from babel.core import get_global

from webapp.countries import plain


@cache
def in_use() -> frozenset[str]:
    """ISO 4217 codes of money that is legal tender somewhere now."""
    used = get_global("territory_currencies").values()
    return frozenset(code for one in used for code, _begin, end, tender in one if end is None and tender)


@cache
def currencies(locale: str) -> dict[str, str]:
    """Code to name in this language, sorted by name: `{"EUR": "Euro (EUR)"}`."""
    names = Locale.parse(locale).currencies
    found = {code: f"{names.get(code, code)} ({code})" for code in in_use()}
    return dict(sorted(found.items(), key=lambda pair: plain(pair[1])))
