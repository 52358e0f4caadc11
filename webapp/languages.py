"""The languages we speak: English, and each one that there is a catalogue for."""

from __future__ import annotations

from functools import cache

from babel import Locale
from babel.support import NullTranslations
from flask_babel import Domain
from flask_babel import _get_current_context as here

from webapp.settings import ROOT

CATALOGUES = ROOT / "webapp" / "translations"


@cache
def languages() -> dict[str, str]:
    """Code to the language's own name for itself. Looked for once per process."""
    translated = sorted(file.parent.parent.name for file in CATALOGUES.glob("*/LC_MESSAGES/messages.mo"))
    return {code: str(Locale.parse(code).get_display_name(code)).capitalize() for code in ("en", *translated)}


class Texts(Domain):
    """Its catalogue is looked for once in a request and language, not for each text of a page.

    `force_locale` and `refresh`, which change the language, forget it.
    """

    def get_translations(self) -> NullTranslations:
        place = here()
        if place is None:
            return NullTranslations()
        found: NullTranslations | None = getattr(place, "babel_translations", None)
        if found is None:
            found = place.babel_translations = super().get_translations()
        return found
