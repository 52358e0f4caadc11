"""Order forms by the API: by the same functions as the editor, so that both refuse the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from webapp.blueprints.admin import searches
from webapp.blueprints.api import rows
from webapp.blueprints.api.checkout_form_shapes import (
    PARTS,
    SENT,
    TOLD,
    CheckoutFormChange,
    CheckoutFormNew,
    CheckoutFormShown,
    parts_of,
)
from webapp.blueprints.api.checkout_form_shapes import shown as parts_shown
from webapp.blueprints.api.lists import List
from webapp.blueprints.api.operations import Answer, check_match, operation
from webapp.blueprints.api.refusals import InvalidFields
from webapp.blueprints.errors import settings
from webapp.domain import checkout_forms, form_definitions, form_problems
from webapp.domain.checkout_forms import Form
from webapp.domain.form_definitions import MAIN, Definition
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.models import OrderForm

TAG = "checkout-forms"
READ, WRITE = ("checkout-forms:read",), ("checkout-forms:write",)
FORMS = List(
    OrderForm,
    sorts={"id": OrderForm.id, "name": OrderForm.name, "slug": OrderForm.slug},
    search=lambda text: searches.contains(OrderForm.slug + " " + OrderForm.name, text),
    statuses={"active": OrderForm.active.is_(True), "inactive": OrderForm.active.is_(False)},
)


def find(text: str) -> OrderForm:
    """By slug or id; the network's own also while it is as it came. Raises NotFound."""
    if text == MAIN:
        return checkout_forms.find(MAIN)
    found: OrderForm = rows.find(select(OrderForm), OrderForm.slug, OrderForm.id, text)
    return found


def opened(text: str) -> OrderForm:
    """The same, which nobody else changes until this unit ends. Raises NotFound, PreconditionFailed."""
    found = find(text)
    is_kept = found in db.session
    if not is_kept:
        check_match(rows.tag(found))
    row = checkout_forms.locked(found.slug)
    if is_kept:
        check_match(rows.tag(row))
    return row


def shown(row: OrderForm) -> dict[str, Any]:
    definition = checkout_forms.worked_at(row)
    status = "draft" if row.live is None else "changed" if checkout_forms.is_changed(row) else "published"
    return {
        **parts_shown(definition),
        **{name: getattr(row, name) for name in ("id", "slug", "active")},
        "status": status,
        "url": settings().base_url + Form(row.slug, definition).path,
        "date_created": row.created_at,
        "date_modified": row.updated_at,
    }


def answer(row: OrderForm) -> Answer:
    return Answer(shown(row), rows.tag(row))


@operation(
    "GET",
    "/checkout-forms",
    tag=TAG,
    scopes=READ,
    query=FORMS.asked(),
    gives=CheckoutFormShown(),
    many=True,
    answer=TOLD,
)
def list_checkout_forms(query: dict[str, Any]) -> Answer:
    """List order forms.

    The network's own, `main-form`, is among them once it was changed; it can always be read by its name.
    """
    return FORMS.answer(query, rows.each(shown))


@operation("GET", "/checkout-forms/<checkout_form>", tag=TAG, scopes=READ, gives=CheckoutFormShown(), answer=TOLD)
def get_checkout_form(checkout_form: str) -> Answer:
    """Read an order form, as it is worked at.

    By its slug or its id.
    """
    return answer(find(checkout_form))


@operation(
    "POST",
    "/checkout-forms",
    tag=TAG,
    scopes=WRITE,
    body=CheckoutFormNew(),
    gives=CheckoutFormShown(),
    status=201,
    example=SENT,
    answer=TOLD,
)
def create_checkout_form(body: dict[str, Any]) -> Answer:
    """Make an order form.

    Buyers see it once it is published.
    """
    try:
        row = checkout_forms.create(body["name"], body["slug"], body.get("template", "blank"))
    except Invalid as problem:
        raise InvalidFields({problem.field or "slug": problem.message}) from None
    change(row, body)
    return rows.made(shown(row), rows.tag(row), "get_checkout_form", checkout_form=row.slug)


@operation(
    "PATCH",
    "/checkout-forms/<checkout_form>",
    tag=TAG,
    scopes=WRITE,
    body=CheckoutFormChange(),
    gives=CheckoutFormShown(),
    refusals=(409, 412),
    example={"allowed_countries": ["DE"], "publish": True},
    answer={**TOLD, "allowed_countries": ["DE"]},
)
def update_checkout_form(checkout_form: str, body: dict[str, Any]) -> Answer:
    """Change an order form.

    A part that is sent stands in the place of the whole part: all steps, all countries, all scripts.
    """
    row = opened(checkout_form)
    change(row, body)
    return answer(row)


@operation("DELETE", "/checkout-forms/<checkout_form>", tag=TAG, scopes=WRITE, status=204, refusals=(412,))
def delete_checkout_form(checkout_form: str) -> Answer:
    """Delete an order form.

    Its address leads nowhere any more, and orders stay as they are. The network's own is as it came.
    """
    checkout_forms.delete(opened(checkout_form))
    return Answer()


def change(row: OrderForm, body: Mapping[str, Any]) -> None:
    checkout_forms.keep(row, changed(checkout_forms.worked_at(row), body), seen=row.version)
    if body.get("publish"):
        problems = form_problems.of(checkout_forms.worked_at(row))
        if problems:
            raise InvalidFields({"settings": " ".join(problems)})
        if row.live is None or checkout_forms.is_changed(row):
            checkout_forms.publish(row)
    if "active" in body:
        checkout_forms.switch(row, active=body["active"])
    db.session.flush()


def changed(before: Definition, body: Mapping[str, Any]) -> Definition:
    """Raises InvalidFields, with what is wrong under the part that it is in."""
    kept, problems = form_definitions.to_json(before), {}
    parts = parts_of(body)
    for ours, theirs in PARTS.items():
        if theirs in parts:
            try:
                form_definitions.parse({**kept, theirs: parts[theirs]})
            except Invalid as problem:
                problems[ours] = problem.message
    if problems:
        raise InvalidFields(problems)
    return form_definitions.parse({**kept, **parts})
