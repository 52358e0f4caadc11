"""Order forms: which there are, putting one together, looking at it as buyers will, and publishing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints.access import needs
from webapp.blueprints.admin import changes, checkout_form_words
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.checkout_form_fields import FieldForm, FormSettings, NewForm
from webapp.blueprints.checkout import order_page, shapes, shaping
from webapp.blueprints.checkout.forms import CheckoutForm
from webapp.blueprints.errors import settings
from webapp.blueprints.views import View, go_to, is_fragment_request
from webapp.domain import checkout_forms, form_definitions, form_editing, form_patterns, form_problems
from webapp.domain.checkout_forms import Form
from webapp.domain.field_types import TYPES
from webapp.domain.form_definitions import MAIN, Audience, Definition
from webapp.domain.staff import Capability
from webapp.errors import Conflict, Invalid
from webapp.languages import languages
from webapp.models import OrderForm
from webapp.transactions import unit_of_work

list_view = View("admin/checkout_forms.html")
new_view = View("admin/checkout_form_new.html")
editor_view = View("admin/checkout_form.html", block="editor")
field_view = View("admin/checkout_form_field.html")
settings_view = View("admin/checkout_form_settings.html")
deletion_view = View("admin/checkout_form_deletion.html")
preview_view = View("checkout/preview.html")


@bp.get("/checkout-forms")
@needs(Capability.SETTINGS_VIEW)
def list_checkout_forms() -> ResponseReturnValue:
    rows = checkout_forms.listed()
    return list_view.show(forms=[(one, checkout_form_words.standing(one), address_of(one)) for one in rows])


def address_of(row: OrderForm) -> str:
    """What an operator passes on."""
    return f"{settings().base_url}{Form(row.slug, form_patterns.blank()).path}"


@bp.get("/checkout-forms/new")
@needs(Capability.SETTINGS_EDIT)
def new_checkout_form() -> ResponseReturnValue:
    return show_new(NewForm(formdata=None))


def show_new(form: NewForm, status: int = 200) -> Response:
    return new_view.show(status=status, form=form, errors=form.problems(), patterns=form_patterns.PATTERNS)


@bp.post("/checkout-forms")
@needs(Capability.SETTINGS_EDIT)
def create_checkout_form() -> ResponseReturnValue:
    form = NewForm()
    if not form.validate():
        return show_new(form, 422)
    try:
        with unit_of_work(actor()):
            row = checkout_forms.create(form.name.data or "", form.slug.data or "", form.pattern.data or "")
            slug = row.slug
    except Invalid as problem:
        field = form[problem.field or "name"]
        field.errors = [*field.errors, problem.message]
        return show_new(form, 422)
    flash(_("The form is made. Buyers see it once you publish it."), "success")
    return go_to(url_for("admin.show_checkout_form", form_slug=slug))


# -- the editor ------------------------------------------------------------------------------------------------------
@bp.get("/checkout-forms/<form_slug>")
@needs(Capability.SETTINGS_VIEW)
def show_checkout_form(form_slug: str) -> ResponseReturnValue:
    return show(checkout_forms.find(form_slug))


def show(row: OrderForm, *, told: str = "", problem: str = "", status: int = 200) -> Response:
    definition = checkout_forms.worked_at(row)
    return editor_view.show(
        status=status,
        row=row,
        definition=definition,
        standing=checkout_form_words.standing(row),
        is_main=row.slug == MAIN,
        is_changed=checkout_forms.is_changed(row),
        problems=form_problems.of(definition),
        types=TYPES,
        there={one.type for one in definition.fields},
        name_of=form_editing.name_of,
        step_name=shaping.step_name,
        audiences=checkout_form_words.AUDIENCES,
        languages=languages(),
        locale=shaping.locale(),
        address=address_of(row),
        told=told,
        problem=problem,
        changes=changes.of(row, checkout_form_words.label, checkout_form_words.value) if row.id else [],
    )


def _change_step(definition: Definition, sent: Mapping[str, str]) -> form_editing.Done:
    name = {code: sent.get(f"name_{code}", "").strip()[:200] for code in languages()}
    audience = sent.get("audience", "")
    chosen = Audience(audience) if audience in set(Audience) else Audience.EVERYBODY
    kept = {code: words for code, words in name.items() if words}
    return form_editing.change_step(definition, sent.get("step", ""), kept, chosen)


def number(text: str | None) -> int:
    digits = (text or "").removeprefix("-")
    return int(text or 0) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 0


CHANGES: dict[str, Callable[[Definition, Mapping[str, str]], form_editing.Done]] = {
    "add-field": lambda one, sent: form_editing.add_field(one, sent.get("step", ""), sent.get("type", "")),
    "remove-field": lambda one, sent: form_editing.remove_field(one, sent.get("field", "")),
    "duplicate-field": lambda one, sent: form_editing.duplicate_field(one, sent.get("field", "")),
    "shift-field": lambda one, sent: form_editing.shift_field(one, sent.get("field", ""), number(sent.get("by"))),
    "place-field": lambda one, sent: form_editing.place_field(
        one, sent.get("field", ""), sent.get("step", ""), number(sent.get("at"))
    ),
    "add-step": lambda one, _sent: form_editing.add_step(one),
    "remove-step": lambda one, sent: form_editing.remove_step(one, sent.get("step", "")),
    "shift-step": lambda one, sent: form_editing.shift_step(one, sent.get("step", ""), number(sent.get("by"))),
    "change-step": _change_step,
}


@bp.post("/checkout-forms/<form_slug>/changes")
@needs(Capability.SETTINGS_EDIT)
def create_checkout_form_change(form_slug: str) -> ResponseReturnValue:
    """One step of putting it together, kept at once: buyers see nothing of it before it is published."""
    change = CHANGES.get(request.form.get("do", ""))
    try:
        if change is None:
            raise Invalid(_("Choose what to change."))
        with unit_of_work(actor()):
            row = checkout_forms.locked(form_slug)
            definition, told = change(checkout_forms.worked_at(row), request.form)
            checkout_forms.keep(row, definition, seen=number(request.form.get("version")))
    except (Conflict, Invalid) as problem:
        return show(checkout_forms.find(form_slug), problem=problem.message, status=problem.status)
    if is_fragment_request():
        return show(checkout_forms.find(form_slug), told=told)
    flash(told, "success")
    return go_to(url_for("admin.show_checkout_form", form_slug=form_slug))


# -- a field ---------------------------------------------------------------------------------------------------------
@bp.get("/checkout-forms/<form_slug>/fields/<field_id>")
@needs(Capability.SETTINGS_EDIT)
def edit_checkout_field(form_slug: str, field_id: str) -> ResponseReturnValue:
    row = checkout_forms.find(form_slug)
    spec = form_editing.find(checkout_forms.worked_at(row), field_id)[2]
    return show_field(row, field_id, FieldForm.of(spec, row.version))


def show_field(row: OrderForm, field_id: str, form: FieldForm, status: int = 200) -> Response:
    spec = form_editing.find(checkout_forms.worked_at(row), field_id)[2]
    return field_view.show(
        status=status,
        row=row,
        spec=spec,
        kind=TYPES[spec.type],
        form=form,
        title=form_editing.name_of(spec, shaping.locale()),
        errors=form.problems(),
        languages=languages(),
    )


@bp.post("/checkout-forms/<form_slug>/fields/<field_id>")
@needs(Capability.SETTINGS_EDIT)
def update_checkout_field(form_slug: str, field_id: str) -> ResponseReturnValue:
    row = checkout_forms.find(form_slug)
    old = form_editing.find(checkout_forms.worked_at(row), field_id)[2]
    form = FieldForm.sent(old)
    if not form.validate():
        return show_field(row, field_id, form, 422)
    try:
        spec = form_definitions.parse_field(form.data_of(old))
        with unit_of_work(actor()):
            row = checkout_forms.locked(form_slug)
            changed = form_editing.change_field(checkout_forms.worked_at(row), field_id, spec)
            checkout_forms.keep(row, changed, seen=number(form.version.data))
    except (Invalid, Conflict) as problem:
        form.refuse(problem.field or "", problem.message)
        return show_field(checkout_forms.find(form_slug), field_id, form, problem.status)
    flash(_("The field is saved. Buyers see it once you publish the form."), "success")
    return go_to(url_for("admin.show_checkout_form", form_slug=form_slug))


# -- what goes for the whole form ------------------------------------------------------------------------------------
@bp.get("/checkout-forms/<form_slug>/settings")
@needs(Capability.SETTINGS_EDIT)
def edit_checkout_form_settings(form_slug: str) -> ResponseReturnValue:
    row = checkout_forms.find(form_slug)
    return show_settings(row, FormSettings.of(checkout_forms.worked_at(row), row.version))


def show_settings(row: OrderForm, form: FormSettings, status: int = 200) -> Response:
    return settings_view.show(
        status=status,
        row=row,
        form=form,
        errors=form.problems(),
        languages=languages(),
        placeholders=checkout_form_words.placeholders(),
    )


@bp.post("/checkout-forms/<form_slug>/settings")
@needs(Capability.SETTINGS_EDIT)
def update_checkout_form_settings(form_slug: str) -> ResponseReturnValue:
    row = checkout_forms.find(form_slug)
    form = FormSettings.sent(checkout_forms.worked_at(row))
    if not form.validate():
        return show_settings(row, form, 422)
    try:
        with unit_of_work(actor()):
            row = checkout_forms.locked(form_slug)
            before = form_definitions.to_json(checkout_forms.worked_at(row))
            changed = form_definitions.parse({**before, **form.told()})
            checkout_forms.keep(row, changed, seen=number(form.version.data))
    except (Invalid, Conflict) as problem:
        form.refuse(problem.field or "", problem.message)
        return show_settings(checkout_forms.find(form_slug), form, problem.status)
    flash(_("The settings are saved. They count once you publish the form."), "success")
    return go_to(url_for("admin.show_checkout_form", form_slug=form_slug))


# -- publishing, copying, deleting -----------------------------------------------------------------------------------
PUBLICATIONS: dict[str, tuple[Callable[[OrderForm], None], Callable[[], str]]] = {
    "publish": (checkout_forms.publish, lambda: _("The form is published. Buyers see it as it is now.")),
    "discard": (checkout_forms.discard, lambda: _("What was not published is discarded.")),
    "on": (lambda row: checkout_forms.switch(row, active=True), lambda: _("The form is open.")),
    "off": (lambda row: checkout_forms.switch(row, active=False), lambda: _("The form is closed.")),
}


@bp.post("/checkout-forms/<form_slug>/publication")
@needs(Capability.SETTINGS_EDIT)
def create_checkout_form_publication(form_slug: str) -> ResponseReturnValue:
    """Show it to buyers as it is, go back to what they are shown, open it or close it."""
    do, told = PUBLICATIONS.get(request.form.get("do", ""), (None, None))
    try:
        if do is None or told is None:
            raise Invalid(_("Choose what to change."))
        with unit_of_work(actor()):
            do(checkout_forms.locked(form_slug))
    except (Invalid, Conflict) as problem:
        return show(checkout_forms.find(form_slug), problem=problem.message, status=problem.status)
    flash(told(), "success")
    return go_to(url_for("admin.show_checkout_form", form_slug=form_slug))


@bp.post("/checkout-forms/<form_slug>/copies")
@needs(Capability.SETTINGS_EDIT)
def create_checkout_form_copy(form_slug: str) -> ResponseReturnValue:
    with unit_of_work(actor()):
        slug = checkout_forms.duplicate(checkout_forms.locked(form_slug)).slug
    flash(_("This is the copy. Buyers see it once you publish it."), "info")
    return go_to(url_for("admin.show_checkout_form", form_slug=slug))


@bp.get("/checkout-forms/<form_slug>/deletion")
@needs(Capability.SETTINGS_EDIT)
def confirm_checkout_form_deletion(form_slug: str) -> ResponseReturnValue:
    """The question on a page of its own, for browsers without script."""
    return deletion_view.show(row=checkout_forms.find(form_slug), is_main=form_slug == MAIN)


@bp.post("/checkout-forms/<form_slug>/deletion")
@needs(Capability.SETTINGS_EDIT)
def create_checkout_form_deletion(form_slug: str) -> ResponseReturnValue:
    with unit_of_work(actor()):
        row = checkout_forms.locked(form_slug)
        name = row.name
        checkout_forms.delete(row)
    said = _("The form is as it came.") if form_slug == MAIN else _("“%(name)s” is deleted.", name=name)
    flash(said, "success")
    return go_to(url_for("admin.list_checkout_forms"))


@bp.get("/checkout-forms/<form_slug>/preview")
@needs(Capability.SETTINGS_VIEW)
def preview_checkout_form(form_slug: str) -> ResponseReturnValue:
    """The form itself, as a visitor would see what is being worked at; nothing in it can be used."""
    row = checkout_forms.find(form_slug)
    form = Form(form_slug, checkout_forms.worked_at(row))
    is_member = request.args.get("as") == "member"
    shape = shapes.shape_of(form, is_member=is_member, step=request.args.get("step"))
    values: dict[str, Any] = {"billing_country": ""}
    made = shaping.shape(CheckoutForm(formdata=None, data=values), shape, values)
    made.filled = values
    response = preview_view.answer(order_page.body_of(made, view=preview_view), 200)
    policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'self'; form-action 'none'"
    response.headers.update({"Content-Security-Policy": policy, "Cache-Control": "no-store"})
    return response
