"""The types of fields that an order form is made of, by id, in the order in which the editor offers them.

A new type of ours is one class in `selling` or `asking`, and its template, `checkout/fields/<id>.html`. An add-on's is
the same two: its `register` gives both to `add`.
"""

from __future__ import annotations

from webapp.domain.field_types import asking, selling
from webapp.domain.field_types.base import FieldType, Setting, Shown, chosen, listed, ticked
from webapp.domain.form_definitions import ID, Spec

TYPES: dict[str, FieldType] = {one.id: one for one in (*selling.TYPES, *asking.TYPES)}


TEMPLATES: dict[str, str] = {}  # of add-ons, by their names


def add(kind: FieldType, template: str) -> None:
    """An add-on's own question, and the Jinja source of its control. Raises ValueError for an id that is taken.

    The template is given `f` (the WTForms field), `spec`, `optional`, and the macros of components/forms.html.
    """
    if not ID.fullmatch(kind.id) or kind.id in TYPES:
        raise ValueError(f"There is a type of field called {kind.id!r} already, or it cannot be called so.")
    if not kind.answers or kind.sold or kind.controls:
        raise ValueError("A type of an add-on is an own question: answers = True, and no controls.")
    TYPES[kind.id], TEMPLATES[kind.template] = kind, template


def snapshot() -> tuple[dict[str, FieldType], dict[str, str]]:
    return dict(TYPES), dict(TEMPLATES)


def restore(kept: tuple[dict[str, FieldType], dict[str, str]]) -> None:
    """As it was: an add-on that failed leaves nothing."""
    kinds, templates = kept
    for gone in TYPES.keys() - kinds.keys():
        del TYPES[gone]
    for gone in TEMPLATES.keys() - templates.keys():
        del TEMPLATES[gone]


__all__ = ["TEMPLATES", "TYPES", "FieldType", "Setting", "Shown", "Spec", "add", "chosen", "listed", "ticked"]
