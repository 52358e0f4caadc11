"""The types of fields that an order form is made of, by id, in the order in which the editor offers them.

A new type is one class here (in `selling` or `asking`, or of an add-on by `add`) and its template,
`checkout/fields/<id>.html`.
"""

from __future__ import annotations

from webapp.domain.field_types import asking, selling
from webapp.domain.field_types.base import FieldType, Setting, Shown

TYPES: dict[str, FieldType] = {one.id: one for one in (*selling.TYPES, *asking.TYPES)}


def add(kind: FieldType) -> None:
    TYPES[kind.id] = kind


__all__ = ["TYPES", "FieldType", "Setting", "Shown", "add"]
