"""What typed words find. What a person types is data: `%` and `_` mean themselves.

A search that indexes can answer is a list of SELECTs of ids; `any_of` makes one condition of them. The beginnings
of e-mail addresses, of references and of each word of a customer's name are found by an index.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, any_, func, literal, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute

from webapp.extensions import dialect_name
from webapp.models import Customer, NameWord, User
from webapp.models.name_word import words_of

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


def any_of(id: InstrumentedAttribute[Any], *ways: Select[Any]) -> ColumnElement[bool]:
    """The rows that one of these SELECTs of ids finds; each uses an index of its own.

    PostgreSQL is to find them first, in an array: it takes the beginning of an address for a hundred rows at least,
    and would rather read the whole table in the order of the page, sure to have filled it soon.
    """
    found = union(*ways)
    if dialect_name() == "sqlite":
        return id.in_(found)
    return id == any_(func.array(found.scalar_subquery()))


def customers(text: str, at_most: int | None = None) -> list[Select[Any]]:
    """Ids of customers by the beginning of their e-mail address or of a word of their name. An @ is in addresses only.

    `at_most`: of so many each way finds; two letters begin the names of a tenth of all customers.
    """
    ways: list[Select[Any]] = [
        select(Customer.id).join(User).where(begins_with(User.email_key, text.lower())),
        select(Customer.id).where(begins_with(Customer.email, text)),
    ]
    ways = ways if "@" in text else [*ways, named(text)]
    return ways if at_most is None else [select(one.limit(at_most).subquery().c[0]) for one in ways]


def named(text: str) -> Select[Any]:
    """Ids of customers by the beginning of a word of the name or company, or by whole words and a beginning.

    Of several words the longest is looked for by its index, and what it finds is read.
    """
    words = words_of(text) or [""]
    found = select(NameWord.customer_id)
    if len(words) == 1:
        return found.where(begins_with(NameWord.word, words[0]))
    phrase = word_begins_with(text, Customer.display_name, Customer.company_name)
    longest = max(words, key=len)
    return found.join(Customer, Customer.id == NameWord.customer_id).where(
        begins_with(NameWord.word, longest) if longest == words[-1] else NameWord.word == longest, phrase
    )


def by_number(id: InstrumentedAttribute[int], text: str) -> list[Select[Any]]:
    """The row with this number, if the text is one."""
    found = number(text)
    return [] if found is None else [select(id).where(id == found)]


def by_customer(
    id: InstrumentedAttribute[int], owner: InstrumentedAttribute[Any], text: str, at_most: int | None = None
) -> Select[Any]:
    """Ids of rows that belong to the customers found by `text`, or to `at_most` of them each way."""
    return select(id).where(any_of(owner, *customers(text, at_most)))
