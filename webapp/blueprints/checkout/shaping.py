"""The order form in the shape that its definition gives it: own questions, their words, and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from wtforms import BooleanField, SelectChoice, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import Optional

from webapp.blueprints.checkout import account_fields, named_prices
from webapp.blueprints.checkout.account_fields import SECRET
from webapp.blueprints.checkout.forms import PERSON, CheckoutForm, steers, stripped
from webapp.blueprints.checkout.shapes import ALWAYS, Panel, Shape
from webapp.domain import network
from webapp.domain.field_types import TYPES, FieldType, Shown
from webapp.domain.field_types.asking import HEADINGS, Select
from webapp.domain.field_types.base import listed, ticked
from webapp.domain.form_definitions import MAIN, Keep, Spec, Step, Words, said
from webapp.domain.mail_rendering import both
from webapp.errors import Invalid

DEFAULTS: Mapping[str, Any] = {"customer_type": PERSON, "addons": []}


# -- the form's fields -----------------------------------------------------------------------------------------------
def shape(form: CheckoutForm, given: Shape, values: Mapping[str, Any]) -> CheckoutForm:
    """Give the form its own questions, and let what it does not ask count for nothing. `values`: as they begin."""
    form.shape = given
    for spec in given.fields.values():
        if TYPES[spec.type].answers:
            _join(form, spec, TYPES[spec.type], values)
    account_fields.join(form, given, str(values.get("email_address") or ""))
    for name in ("email_address", "password"):
        if name not in given.asked and name in form:
            delattr(form, name)
    for name, one in list(named_fields(form)):
        if name not in given.asked and name != "account_password":
            one.data = DEFAULTS.get(name, None if isinstance(one.data, list) else "")
            one.validators = [Optional()]
    fixed = listed(given.kinds["products"], "products") if "products" in given.kinds else []
    if fixed:
        form.products.data, form.addons.data = fixed[0], fixed[1:]
    address = given.kinds.get("billing_address")
    if address is not None and ticked(address, "zip_and_country"):
        for name in ("billing_address_line_1", "billing_city"):
            form[name].validators = [Optional()]
    return form


def named_fields(form: CheckoutForm) -> list[tuple[str, Any]]:
    """By the names that they have in the form, which are not always those that are sent."""
    return list(cast(Any, form)._fields.items())


class OfOwn:
    """A field of an own question: what is right, its type says."""

    data: Any

    def __init__(self, *args: Any, spec: Spec, kind: FieldType, **more: Any) -> None:
        self.spec, self.kind = spec, kind
        super().__init__(*args, **more)

    def pre_validate(self, form: Any) -> None:
        value = self.data
        try:
            read = self.kind.read(self.spec, ("y" if value else "") if isinstance(value, bool) else str(value or ""))
        except Invalid as problem:
            raise ValidationError(problem.message) from None
        self.data = bool(read) if isinstance(value, bool) else read


class OwnText(OfOwn, StringField):
    pass


class OwnLines(OfOwn, TextAreaField):
    pass


class OwnTick(OfOwn, BooleanField):
    pass


class OwnChoice(OfOwn, SelectField):
    pass


def lines(value: str | None) -> str | None:
    """Several lines as they were typed, without what steers and is not seen."""
    if value is None:
        return None
    text = value.replace("\r\n", "\n")
    return "".join(one for one in text if one == "\n" or not steers(one)).strip()


def _join(form: CheckoutForm, spec: Spec, kind: FieldType, values: Mapping[str, Any]) -> None:
    label, hint = words(spec.label) or spec.id, words(spec.hint)
    both_have: dict[str, Any] = {"spec": spec, "kind": kind, "description": hint}
    value = values.get(spec.id)
    if kind.shown == Shown.TICK:
        begun = ticked(spec, "ticked") and not values.get("_sent")
        named_prices.join(form, spec.id, OwnTick(label, **both_have), bool(value) if value is not None else begun)
        return
    typed = value if isinstance(value, str) else "" if values.get("_sent") else spec.default
    if isinstance(kind, Select):
        empty = [] if spec.required and spec.default else [("", _("Choose"))]
        offered = [*empty, *Select.choices(spec.text, locale(), network.settings().default_locale)]
        choices = [SelectChoice(value, label) for value, label in offered]
        made = OwnChoice(label, choices=choices, validate_choice=False, **both_have)
        named_prices.join(form, spec.id, made, typed)
        return
    maker, one_filter = (OwnLines, lines) if kind.shown == Shown.LINES else (OwnText, stripped)
    named_prices.join(form, spec.id, maker(label, **both_have), one_filter(typed[:4000]))


# -- words -----------------------------------------------------------------------------------------------------------
def locale() -> str:
    return str(get_locale() or "en")


def words(of: Words) -> str:
    """In the reader's language."""
    return said(of, locale(), network.settings().default_locale)


def prose(of: Words) -> str:
    """Markdown as HTML: nobody's own HTML, no pictures, safe links; its headings begin below the page's."""
    text = words(of)
    return both(text)[1].replace("<h1>", "<h2>").replace("</h1>", "</h2>") if text else ""


def template_of(spec: Spec) -> str:
    return TYPES[spec.type].template


def heading(panel: Panel) -> str:
    own = words(panel.heading.label) if panel.heading is not None else ""
    return own or str(HEADINGS.get(panel.about, ""))


def step_name(step: Step, at: int) -> str:
    return words(step.name) or _("Step %(number)d", number=at + 1)


def stages(shape: Shape) -> list[tuple[str, str]]:
    """As the macro `stepper` takes them: the form's own steps, then paying and the end."""
    own = (
        [(_("Order"), "current")]
        if shape.is_one_page
        else [
            (step_name(one, at), "done" if at < shape.at else "current" if at == shape.at else "ahead")
            for at, one in enumerate(shape.steps)
        ]
    )
    return [*own, (_("Payment"), "ahead"), (_("Done"), "ahead")]


def carried(form: CheckoutForm) -> list[tuple[str, str]]:
    """What other steps have asked, as hidden fields of this one; never a password."""
    shape, found = form.shape, []
    if shape.is_one_page:
        return []
    for name, one in named_fields(form):
        is_elsewhere = (
            name in shape.asked and name not in ALWAYS - {"products", "currency"} and not is_here(shape, name)
        )
        if name in SECRET or not (is_elsewhere or is_amount_elsewhere(shape, name)):
            continue
        data = one.data
        if isinstance(data, list):
            found += [(one.name, str(value)) for value in data]
        elif data and data is not True:
            found.append((one.name, str(data)))
        elif data is True:
            found.append((one.name, "y"))
    if "order_bump" in shape.kinds and "order_bump" not in shape.here:
        found.append(("addons_of", str(request.form.get("addons_of") or form.products.data or "")))
    return found


def is_here(shape: Shape, name: str) -> bool:
    return name in shape.names_at(shape.at)


def is_amount_elsewhere(shape: Shape, name: str) -> bool:
    return name.startswith((named_prices.AMOUNT, named_prices.AGAIN)) and not is_here(shape, "products")


def action_of(shape: Shape) -> str:
    """Where the form posts: the address that it was opened by, with what it says of the order."""
    if shape.slug != MAIN:
        return url_for("checkout.place_form_order", form_slug=shape.slug)
    return request.path if request.path.startswith("/register") else url_for("checkout.register")


def urls(shape: Shape) -> dict[str, str]:
    own = shape.slug if shape.slug != MAIN else None
    summary = url_for("checkout.show_form_summary", form_slug=own) if own else url_for("checkout.show_summary")
    return {"summary_url": summary, "draft_url": url_for("checkout.keep_draft", form_slug=shape.slug)}


def answers_of(form: CheckoutForm) -> list[tuple[str, str, str, str]]:
    """What was answered to own questions: id, label, value, and with whom it is kept."""
    told = []
    for spec in form.shape.fields.values():
        kind = TYPES[spec.type]
        if not kind.answers:
            continue
        data = form[spec.id].data if spec.id in form else ""
        value = ("yes" if data else "") if isinstance(data, bool) else str(data or "")
        if spec.type == "hidden":
            value = kind.read(spec, value)
        if value:
            told.append((spec.id, words(spec.label) or spec.id, value, str(spec.save_as)))
    return told


def kept_of(form: CheckoutForm) -> dict[str, Any]:
    """What was entered, for the sale: without what is not to be kept."""
    fields = form.shape.fields
    by_link = {account_fields.BY_LINK: True} if account_fields.is_generated(form.shape) else {}
    return by_link | {
        name: value
        for name, value in form.remembered().items()
        if name not in fields or fields[name].save_as != Keep.NOTHING or not TYPES[fields[name].type].answers
    }
