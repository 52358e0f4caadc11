"""Whether an order form can sell: what it lacks, or has in a place where it does harm, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask_babel import gettext as _

from webapp.domain import catalog
from webapp.domain.field_types import TYPES
from webapp.domain.field_types.base import listed
from webapp.domain.form_definitions import Definition, Spec, Step, said
from webapp.models import ProductType

# By type: whether guests and members both need it.
NEEDED = {
    "email": (False,),
    "password": (False,),
    "billing_address": (False, True),
    "payment": (False, True),
    "terms_of_use": (False, True),
    "order_summary": (False, True),
}
OFFERS = ("pricing_table", "products")
LAST = ("password", "order_summary", "terms_of_use")  # never kept between two steps, or to be seen when one orders
# Names that the form has already for something else.
TAKEN = frozenset(
    [name for kind in TYPES.values() for name in kind.controls]
    + [
        "csrf_token",
        "order_token",
        "products",
        "duration",
        "duration_unit",
        "account_password",
        "sign_in",
        "email_meant",
        "named",
        "answers",
    ]
    + ["refresh", "apply_code", "step", "go", "field", "addons_of", "amount", "template", "checkout_form"]
)


def of(definition: Definition) -> list[str]:
    """Every one, in the order in which one mends them; none: it can be published."""
    return list(dict.fromkeys(_of(definition)))


def _of(definition: Definition) -> Iterator[str]:
    if not list(definition.fields):
        yield _("The form is empty. Add what a sale needs: plans, e-mail address, password, payment.")
        return
    yield from _unknown(definition.fields)
    known = [one for one in definition.fields if one.type in TYPES]
    yield from _repeated(known)
    for is_member, reader in ((False, _("visitors")), (True, _("customers who are signed in"))):
        steps = steps_for(definition, is_member)
        yield from _lacking(steps, is_member, reader)
        yield from _misplaced(steps, is_member)
    yield from _products(known)
    for spec in known:
        yield from TYPES[spec.type].problems(spec)


def steps_for(definition: Definition, is_member: bool) -> list[Step]:
    """What this reader is shown; a step of which nothing is left is none."""
    shown = []
    for step in definition.steps:
        if step.audience.has(is_member):
            fields = tuple(one for one in step.fields if is_for(one, is_member))
            if any(one.type not in ("submit_button", "section", "hidden") for one in fields):
                shown.append(Step(step.id, step.name, step.audience, fields))
    return shown


def is_for(spec: Spec, is_member: bool) -> bool:
    kind = TYPES.get(spec.type)
    return kind is not None and spec.audience.has(is_member) and not (is_member and kind.guests_only)


def title(kind: str) -> str:
    return str(TYPES[kind].title)


def _unknown(fields: Iterable[Spec]) -> Iterator[str]:
    for spec in fields:
        if spec.type not in TYPES:
            yield _("There is no type of field called “%(name)s”.", name=spec.type)
        elif TYPES[spec.type].answers and (spec.id in TAKEN or spec.id.startswith(("amount", "again"))):
            yield _("The name “%(name)s” is taken by the order itself. Give the field another.", name=spec.id)


def _repeated(fields: Iterable[Spec]) -> Iterator[str]:
    seen: set[str] = set()
    for spec in fields:
        if TYPES[spec.type].sold and spec.type in seen:
            yield _("“%(name)s” is there twice. Remove one.", name=title(spec.type))
        seen.add(spec.type)
    if seen.issuperset(OFFERS):
        yield _("There are plans to choose from and fixed products. Remove one of them.")


def _lacking(steps: Iterable[Step], is_member: bool, reader: str) -> Iterator[str]:
    there = {one.type for step in steps for one in step.fields}
    if not there.intersection(OFFERS):
        text = _(
            "For %(reader)s there is nothing to order. Add “%(plans)s” or “%(products)s”.",
            reader=reader,
            plans=title("pricing_table"),
            products=title("products"),
        )
        yield text
    for kind, needed_by in NEEDED.items():
        if is_member in needed_by and kind not in there:
            yield _("For %(reader)s “%(name)s” is missing; a sale needs it.", reader=reader, name=title(kind))


def _misplaced(steps: list[Step], is_member: bool) -> Iterator[str]:
    for at, step in enumerate(steps, 1):
        is_last, kinds = at == len(steps), [one.type for one in step.fields]
        if "submit_button" not in kinds:
            yield _("The step “%(name)s” has no button to go on with.", name=name_of(step, at))
        elif kinds.count("submit_button") > 1:
            yield _("The step “%(name)s” has several buttons. Keep one.", name=name_of(step, at))
        elif kinds[-1] != "submit_button":
            yield _("The button must be the last thing in the step “%(name)s”.", name=name_of(step, at))
        elif is_last and "order_summary" in kinds and kinds[-2:] != ["order_summary", "submit_button"]:
            yield _("The order summary must stand directly above the button, as the law asks.")
        for kind in LAST:
            if kind in kinds and not is_last:
                yield _("“%(name)s” must be in the last step.", name=title(kind))
        if "customer_type" in kinds and "billing_address" not in kinds:
            yield _(
                "“%(one)s” must be in the same step as “%(other)s”.",
                one=title("customer_type"),
                other=title("billing_address"),
            )


def name_of(step: Step, at: int) -> str:
    return said(step.name, "") or _("Step %(number)d", number=at)


def _products(fields: Iterable[Spec]) -> Iterator[str]:
    """What is named must be there, and the first of what is fixed a plan."""
    fields = list(fields)
    named = {slug for spec in fields for name in ("plans", "products") for slug in listed(spec, name)}
    found = catalog.find_many(sorted(named)) if named else {}
    for slug in sorted(named - set(found)):
        yield _("There is no product “%(name)s”.", name=slug)
    for spec in fields:
        first = found.get(listed(spec, "products")[0]) if spec.type == "products" and listed(spec, "products") else None
        if first is not None and first.type != ProductType.PLAN:
            yield _("The first of the fixed products must be a plan.")
        of_these = listed(spec, "products") if spec.type == "products" else []
        if sum(one in found and found[one].type == ProductType.PLAN for one in of_these) > 1:
            yield _("The fixed products are one plan and what is sold beside it. Keep one plan.")
