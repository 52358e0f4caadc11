"""What a setting of the network is on the page where it is changed, and what a section of them is."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString

from webapp.domain.network import SECRETS, VARIABLES
from webapp.domain.setting_kinds import Kind


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of `Network`."""

    name: str
    label: LazyString | str
    kind: Kind
    hint: LazyString | str = ""

    @property
    def variable(self) -> str:
        """Of the environment, which wins; "" when there is none."""
        return VARIABLES.get(self.name, "")

    @property
    def is_secret(self) -> bool:
        return self.name in SECRETS


@dataclass(frozen=True, slots=True)
class Section:
    """`more`: settings that its page changes in another way than by a field of the form."""

    slug: str
    title: LazyString
    about: LazyString
    fields: tuple[Field, ...]
    more: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.fields]
