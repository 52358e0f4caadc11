"""What all resources of rows share: finding one by its name or id, and telling the state that it is in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask import url_for
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from webapp.blueprints.api.fields import HIGHEST_ID
from webapp.blueprints.api.operations import Answer, as_json
from webapp.blueprints.api.refusals import InvalidFields
from webapp.errors import Invalid, NotFound
from webapp.extensions import db
from webapp.models import Product


def find(query: Select[Any], name: InstrumentedAttribute[Any], row_id: InstrumentedAttribute[int], text: str) -> Any:
    """The row with this name, or else with this id: what is called `2027` is found by that. Raises NotFound."""
    found = db.session.scalars(query.where(name == text)).unique().first() if len(text) <= 80 else None
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    if found is None and 0 < number <= HIGHEST_ID:
        found = db.session.scalars(query.where(row_id == number)).unique().first()
    if found is None:
        raise NotFound()
    return found


def by_id(query: Select[Any], row_id: InstrumentedAttribute[int], number: int) -> Any:
    """Raises NotFound."""
    found = db.session.scalars(query.where(row_id == number)).unique().first()
    if found is None:
        raise NotFound()
    return found


def product_ids(text: str) -> Select[Any]:
    """The ids of products with this slug or id: one, or none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    return select(Product.id).where(or_(Product.slug == text, Product.id == number))


def tag(row: Any) -> str:
    """Of a row with a version: changes when somebody changes it."""
    return f"{row.id}-{row.version}"


def digest(shown: Mapping[str, Any]) -> str:
    """Of what is told of a row that is made of several, where no version counts them all."""
    return hashlib.sha256(as_json(shown).encode()).hexdigest()[:24]


def made(data: Any, etag: str, endpoint: str, **values: Any) -> Answer:
    """The answer to a row that is new: where it is found from now on."""
    return Answer(data, etag, {"Location": url_for(f"api.{endpoint}", **values)})


def each(shown: Callable[[Any], Any]) -> Callable[[Sequence[Any]], list[Any]]:
    """For lists, what is told of each row by itself."""
    return lambda rows: [shown(one) for one in rows]


def refuse(problems: Iterable[Invalid], names: Mapping[str, str] | None = None) -> None:
    """Raises InvalidFields with all of them, each under its first problem. `names`: patterns of what forms call fields,
    and what the API calls them instead."""
    found: dict[str, str] = {}
    for problem in problems:
        name = problem.field or ""
        for pattern, other in (names or {}).items():
            name = re.sub(f"^{pattern}$", other, name)
        found.setdefault(name, problem.message)
    if found:
        raise InvalidFields(found)
