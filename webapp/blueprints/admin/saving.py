"""Saving a form over a row that somebody else may have saved meanwhile: the same steps, whatever is edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

from flask import Response, flash
from flask.typing import ResponseReturnValue
from wtforms import Field

from webapp.blueprints.admin import changes
from webapp.blueprints.admin.base import actor
from webapp.blueprints.views import go_to
from webapp.errors import Conflict, Invalid
from webapp.transactions import unit_of_work


class Edited(Protocol):
    """A form that was filled from a row and knows which version of it."""

    version: Field

    def refuse(self, problem: Invalid) -> None: ...


@dataclass(frozen=True, slots=True)
class Edit:
    """What is edited. `find`: the row as it is saved now; `described`: its facts, which `words` has labels and values
    for; `yours`: those that were typed; `show(form, row, status=…)`: the form again, with `clash=…` where there is one.
    """

    find: Callable[[], Any]
    described: Callable[[Any], Mapping[str, Any]]
    yours: Callable[[], Mapping[str, Any]]
    words: ModuleType
    show: Callable[..., Response]


def save(edit: Edit, form: Edited, keep: Callable[[int], None], *, said: str, url: str) -> ResponseReturnValue:
    """`keep(seen)` the facts in a unit, and go on to `url`. `seen`: the version that was looked at.

    What is refused stands beside its field; what somebody else saved meanwhile is shown first, and nothing typed is
    lost.
    """
    seen = int(form.version.data) if (form.version.data or "").isdigit() else 0
    try:
        with unit_of_work(actor()):
            keep(seen)
    except Invalid as problem:
        form.refuse(problem)
        return edit.show(form, edit.find(), status=422)
    except Conflict as error:
        return _clashed(edit, form, error)
    flash(said, "success")
    return go_to(url)


def _clashed(edit: Edit, form: Edited, error: Conflict) -> Response:
    """Show both, and let what is typed here be saved over it knowingly."""
    row = edit.find()
    form.version.data = str(row.version)
    saved, words = edit.described(row), edit.words
    clash = changes.clash(row, saved, edit.yours(), words.label, words.value)
    return edit.show(form, row, clash=clash, status=error.status)
