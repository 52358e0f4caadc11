"""The languages we speak: English, and each one that there is a catalogue for."""

from __future__ import annotations

from functools import cache

from babel import Locale

from webapp.settings import ROOT

CATALOGUES = ROOT / "webapp" / "translations"


@cache
def languages() -> dict[str, str]:
    """Code to the language's own name for itself. Looked for once per process."""
    translated = sorted(file.parent.parent.name for file in CATALOGUES.glob("*/LC_MESSAGES/messages.mo"))
    return {code: str(Locale.parse(code).get_display_name(code)).capitalize() for code in ("en", *translated)}
