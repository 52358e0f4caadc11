"""Reading what an operator typed, field by field: amounts, numbers, periods."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask_babel import gettext as _
from wtforms import Field

from webapp.blueprints.amounts import read_money
from webapp.currencies import in_use
from webapp.errors import Invalid
from webapp.periods import AT_MOST, Period, Unit

Value = TypeVar("Value")


class Reader:
    """Reads the fields one after the other. What cannot be read is said beside its field; `otherwise` stands for it."""

    def __init__(self, currency: str) -> None:
        self.currency, self.fine = currency, True

    def take(self, field: Field, read: Callable[[str], Value], otherwise: Value) -> Value:
        try:
            return read((field.data or "").strip())
        except Invalid as problem:
            field.errors = [*field.errors, problem.message]
            self.fine = False
            return otherwise

    def minor(self, field: Field, *, optional: bool = False, currency: str = "") -> int:
        """In minor units of this currency, or of the one that counts where none is said."""
        code = currency if currency in in_use() else self.currency
        return self.take(field, lambda text: 0 if optional and not text else read_money(text, code).minor, 0)

    def count(self, field: Field, most: int, *, least: int = 1, empty: int | None = None) -> int:
        return self.take(field, lambda text: read_count(text, least, most, empty), least)

    def period(self, count: Field, unit: Field) -> Period:
        kind = Unit(unit.data) if unit.data in set(Unit) else Unit.MONTH
        return Period(self.count(count, AT_MOST[kind]), kind)


def read_count(text: str, least: int, most: int, empty: int | None) -> int:
    """Raises Invalid with the numbers that are possible."""
    if not text and empty is not None:
        return empty
    if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
        return int(text)
    raise Invalid(_("Enter a whole number from %(least)s to %(most)s.", least=least, most=most))
