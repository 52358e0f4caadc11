"""What an editor does with a form's definition: each gives another one, and a sentence for who cannot see it happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask_babel import gettext as _

from webapp.domain import form_problems
from webapp.domain.field_types import TYPES
from webapp.domain.form_definitions import (
    FIELDS_AT_MOST,
    STEPS_AT_MOST,
    Audience,
    Definition,
    Spec,
    Step,
    Words,
    said,
)
from webapp.errors import Conflict, Invalid, NotFound

Done = tuple[Definition, str]


def find(definition: Definition, field: str) -> tuple[int, int, Spec]:
    """Its step, its place in it, and itself. Raises NotFound."""
    for number, step in enumerate(definition.steps):
        for at, spec in enumerate(step.fields):
            if spec.id == field:
                return number, at, spec
    raise NotFound()


def step_number(definition: Definition, step: str) -> int:
    found = next((number for number, one in enumerate(definition.steps) if one.id == step), None)
    if found is None:
        raise NotFound()
    return found


def name_of(spec: Spec, locale: str = "en") -> str:
    """What the editor calls a field."""
    kind = TYPES.get(spec.type)
    return said(spec.label, locale) or (kind.called(spec) if kind is not None else spec.type)


def _with_fields(definition: Definition, number: int, fields: Sequence[Spec]) -> Definition:
    steps = list(definition.steps)
    steps[number] = replace(steps[number], fields=tuple(fields))
    return definition.with_steps(steps)


def _free(wanted: str, taken: set[str]) -> str:
    names = [wanted, *(f"{wanted[:36]}_{number}" for number in range(2, 200))]
    return next(one for one in names if one not in taken)


# -- fields ----------------------------------------------------------------------------------------------------------
def add_field(definition: Definition, step: str, kind: str) -> Done:
    """Before the step's button, so that this stays the last thing."""
    if kind not in TYPES:
        raise Invalid(_("Choose what to add."), field="type")
    ids = {one.id for one in definition.fields}
    if len(ids) >= FIELDS_AT_MOST:
        raise Conflict(_("A form has at most %(max)d fields.", max=FIELDS_AT_MOST), code="too_many")
    if TYPES[kind].sold and kind in {one.type for one in definition.fields}:
        raise Conflict(_("“%(name)s” is in this form already.", name=str(TYPES[kind].title)), code="there_already")
    number = step_number(definition, step)
    fields = list(definition.steps[number].fields)
    taken = ids if TYPES[kind].sold else ids | form_problems.TAKEN
    spec = Spec(_free(kind, taken), kind)
    end = len(fields)
    while kind != "submit_button" and end and fields[end - 1].type in ("submit_button", "order_summary"):
        end -= 1
        if kind == "order_summary" and fields[end].type == "submit_button":
            break
    fields.insert(end, spec)
    return _with_fields(definition, number, fields), _("“%(name)s” is added.", name=name_of(spec))


def remove_field(definition: Definition, field: str) -> Done:
    number, at, spec = find(definition, field)
    fields = list(definition.steps[number].fields)
    del fields[at]
    return _with_fields(definition, number, fields), _("“%(name)s” is removed.", name=name_of(spec))


def duplicate_field(definition: Definition, field: str) -> Done:
    number, at, spec = find(definition, field)
    if TYPES[spec.type].sold:
        raise Conflict(_("“%(name)s” can be in a form once.", name=name_of(spec)), code="there_already")
    if len(list(definition.fields)) >= FIELDS_AT_MOST:
        raise Conflict(_("A form has at most %(max)d fields.", max=FIELDS_AT_MOST), code="too_many")
    copy = replace(spec, id=_free(spec.id, {one.id for one in definition.fields} | form_problems.TAKEN))
    fields = list(definition.steps[number].fields)
    fields.insert(at + 1, copy)
    return _with_fields(definition, number, fields), _("“%(name)s” is duplicated.", name=name_of(spec))


def shift_field(definition: Definition, field: str, by: int) -> Done:
    """Up or down by one; beyond the ends of its step, into the one before or after it."""
    number, at, _spec = find(definition, field)
    to = at + (1 if by > 0 else -1)
    if 0 <= to < len(definition.steps[number].fields):
        return place_field(definition, field, definition.steps[number].id, to)
    other = number + (1 if by > 0 else -1)
    if not 0 <= other < len(definition.steps):
        return definition, _("It is at the end already.")
    end = 0 if by > 0 else len(definition.steps[other].fields)
    return place_field(definition, field, definition.steps[other].id, end)


def place_field(definition: Definition, field: str, step: str, to: int) -> Done:
    """At this place of this step, counted without the field itself."""
    number, at, spec = find(definition, field)
    target = step_number(definition, step)
    left = list(definition.steps[number].fields)
    del left[at]
    moved = _with_fields(definition, number, left)
    fields = list(moved.steps[target].fields)
    to = max(0, min(to, len(fields)))
    fields.insert(to, spec)
    told = _(
        "“%(name)s” is now number %(place)d of %(all)d in “%(step)s”.",
        name=name_of(spec),
        place=to + 1,
        all=len(fields),
        step=form_problems.name_of(moved.steps[target], target + 1),
    )
    return _with_fields(moved, target, fields), told


def change_field(definition: Definition, field: str, spec: Spec) -> Definition:
    """Raises Invalid for a name that another has, or the order itself."""
    number, at, old = find(definition, field)
    if spec.id != old.id and (spec.id in {one.id for one in definition.fields} or spec.id in form_problems.TAKEN):
        raise Invalid(_("This name is taken. Choose another."), code="same_id", field="id")
    fields = list(definition.steps[number].fields)
    fields[at] = spec
    return _with_fields(definition, number, fields)


# -- steps -----------------------------------------------------------------------------------------------------------
def add_step(definition: Definition) -> Done:
    """With its button, before the last one: where the order is placed stays the last."""
    if len(definition.steps) >= STEPS_AT_MOST:
        raise Conflict(_("A form has at most %(max)d steps.", max=STEPS_AT_MOST), code="too_many")
    ids = {one.id for one in definition.fields}
    name = _free("step", {one.id for one in definition.steps})
    step = Step(name, fields=(Spec(_free(f"{name}_button", ids), "submit_button", options={"back": True}),))
    at = max(len(definition.steps) - 1, 0)
    steps = [*definition.steps[:at], step, *definition.steps[at:]]
    return definition.with_steps(steps), _("A step is added.")


def remove_step(definition: Definition, step: str) -> Done:
    """Its fields go with it; the last one there is stays."""
    number = step_number(definition, step)
    if len(definition.steps) == 1:
        raise Conflict(_("A form needs a step."), code="last_step")
    steps = [one for at, one in enumerate(definition.steps) if at != number]
    return definition.with_steps(steps), _("The step and its fields are removed.")


def shift_step(definition: Definition, step: str, by: int) -> Done:
    number = step_number(definition, step)
    to = number + (1 if by > 0 else -1)
    if not 0 <= to < len(definition.steps):
        return definition, _("It is at the end already.")
    steps = list(definition.steps)
    steps.insert(to, steps.pop(number))
    return definition.with_steps(steps), _("The step is now number %(place)d of %(all)d.", place=to + 1, all=len(steps))


def change_step(definition: Definition, step: str, name: Words, audience: Audience) -> Done:
    number = step_number(definition, step)
    steps = list(definition.steps)
    steps[number] = replace(steps[number], name=dict(name), audience=audience)
    return definition.with_steps(steps), _("The step is saved.")
