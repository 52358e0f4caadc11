"""Where the buyer lives: a list of 250 names, written once per language and not once per page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup, escape
from wtforms import SelectField

from webapp.countries import countries


@lru_cache(maxsize=256)
def written(locale: str, served: tuple[str, ...], prompt: str) -> tuple[str, dict[str, int]]:
    """The options as markup, and by code the place where `selected` goes. None served: all are."""
    listed = {"": prompt} | {code: name for code, name in countries(locale).items() if not served or code in served}
    markup, places = "", {}
    for code, name in listed.items():
        markup += f'<option value="{code}"'
        places[code] = len(markup)
        markup += f">{escape(name)}</option>"
    return markup, places


class CountryField(SelectField):
    """A select whose template macro asks it for its `options`; call `offer` first."""

    def offer(self, locale: str, served: Sequence[str], prompt: str) -> None:
        self.written = written(locale, tuple(served), prompt)

    def options(self) -> Markup:
        markup, places = self.written
        place = places.get(str(self.data or ""), places[""])
        return Markup(f"{markup[:place]} selected{markup[place:]}")  # noqa: S704 - escaped where it was written
