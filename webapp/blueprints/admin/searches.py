"""What typed words find. What a person types is data: `%` and `_` mean themselves.

A search that indexes can answer is a list of SELECTs of ids; `any_of` makes one condition of them. The
beginning of an e-mail address or a reference is found by an index; names have none and are read through.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, literal, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute

from webapp.extensions import dialect_name
from webapp.models import Customer, User

LONGEST = 200
AFTER_ALL = "\U0010ffff"


def clean(text: str) -> str:
    """What was typed or pasted, as far as it can be the beginning of anything."""
    return text.strip()[:LONGEST]


def number(text: str) -> int | None:
    """`12`, `#12` and `000012` are the row with the id 12."""
    digits = text.removeprefix("#").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def begins_with(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """Exactly so, capitals included. SQLite's index answers a range, PostgreSQL's a pattern."""
    if dialect_name() == "sqlite":
        return (column >= text) & (column < text + AFTER_ALL)
    return column.startswith(text, autoescape=True)


def contains(text_of: ColumnElement[str] | InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Anywhere in it, whatever the capitals: SQLite's LIKE folds A to Z by itself, PostgreSQL's folds nothing."""
    if dialect_name() == "sqlite":
        return text_of.contains(text, autoescape=True)
    return text_of.icontains(text, autoescape=True)


def word_begins_with(text: str, *columns: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """A word in one of the columns begins so. SQLite does not fold `ö`, so there `Ö` is tried as well."""
    words: ColumnElement[str] = literal("")
    for column in columns:
        words = words + " " + column
    folds = text.isascii() or dialect_name() != "sqlite"
    spellings = {text} if folds else {text, text.lower(), text.title()}
    return or_(*(contains(words, f" {one}") for one in sorted(spellings)))


def any_of(id: InstrumentedAttribute[int], *ways: Select[Any]) -> ColumnElement[bool]:
    """The rows that one of these SELECTs of ids finds; each uses an index of its own."""
    return id.in_(union(*ways))


def customers(text: str) -> list[Select[Any]]:
    """Ids of customers by the beginning of their e-mail address or name. An @ is in addresses only."""
    ways: list[Select[Any]] = [
        select(Customer.id).join(User).where(begins_with(User.email_key, text.lower())),
        select(Customer.id).where(begins_with(Customer.email, text)),
    ]
    if "@" not in text:
        ways.append(select(Customer.id).where(word_begins_with(text, Customer.display_name, Customer.company_name)))
    return ways


def by_number(id: InstrumentedAttribute[int], text: str) -> list[Select[Any]]:
    """The row with this number, if the text is one."""
    found = number(text)
    return [] if found is None else [select(id).where(id == found)]


def by_customer(id: InstrumentedAttribute[int], owner: InstrumentedAttribute[Any], text: str) -> Select[Any]:
    """Ids of rows that belong to the customers found by `text`."""
    return select(id).where(owner.in_(union(*customers(text))))
