"""The order form as its definition has it, for who looks: steps, panels, and the operator's own questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

from flask import request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectChoice, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import Optional

from webapp.blueprints.checkout import named_prices
from webapp.blueprints.checkout.forms import PERSON, CheckoutForm, steers, stripped
from webapp.domain import form_problems, network
from webapp.domain.checkout_forms import Form
from webapp.domain.field_types import TYPES, FieldType, Shown
from webapp.domain.field_types.asking import Select
from webapp.domain.field_types.base import listed, ticked
from webapp.domain.form_definitions import MAIN, Definition, Keep, Spec, Step, Words, said
from webapp.domain.mail_rendering import both
from webapp.errors import Invalid
from webapp.hooks import apply_filters

FINAL_FIELDS = "wu_checkout_form_final_fields"
SECTIONS: Mapping[str, Any] = {
    "plan": _l("What you order"),
    "details": _l("Your details"),
    "site": _l("Your site"),
    "payment": _l("How you pay"),
    "consent": _l("Before you order"),
}
# Which of the form's controls count whatever it asks.
ALWAYS = frozenset(("csrf_token", "order_token", "quoted", "without_trial", "products", "currency"))
DEFAULTS: Mapping[str, Any] = {"customer_type": PERSON, "addons": []}


@dataclass(frozen=True)
class Panel:
    """A section of the page with what belongs to it. Without a heading, its fields stand on the page itself."""

    id: str
    about: str = ""
    heading: Spec | None = None
    fields: list[Spec] = field(default_factory=list)


@dataclass(frozen=True)
class Shape:
    """`at`: which of the steps is shown. `plan`: the one that the address says. `is_look`: only to be looked at."""

    slug: str
    definition: Definition = field(repr=False)
    steps: tuple[Step, ...]
    at: int = 0
    plan: str | None = None
    is_look: bool = False

    @property
    def step(self) -> Step:
        return self.steps[self.at]

    @property
    def is_last(self) -> bool:
        return self.at == len(self.steps) - 1

    @property
    def is_one_page(self) -> bool:
        return len(self.steps) == 1

    @cached_property
    def fields(self) -> dict[str, Spec]:
        """By id, all that this reader is shown on any step."""
        return {one.id: one for step in self.steps for one in step.fields}

    @cached_property
    def kinds(self) -> dict[str, Spec]:
        """By type; what sells is there once."""
        return {one.type: one for one in self.fields.values()}

    @cached_property
    def here(self) -> dict[str, Spec]:
        """By type, on this step."""
        return {one.type: one for one in self.step.fields}

    @cached_property
    def asked(self) -> frozenset[str]:
        return ALWAYS.union(*(controls_of(one) for one in self.fields.values()))

    def at_step(self, step: str | None) -> Shape:
        at = next((at for at, one in enumerate(self.steps) if one.id == step), 0)
        return replace(self, at=at)

    def names_at(self, at: int) -> frozenset[str]:
        """The controls of a step; what belongs to no control is said on the last."""
        return frozenset(name for one in self.steps[at].fields for name in controls_of(one))

    def place_of(self, name: str) -> int:
        """On which step a control is."""
        if name.startswith((named_prices.AMOUNT, named_prices.AGAIN)):
            name = "products"
        return next((at for at in range(len(self.steps)) if name in self.names_at(at)), len(self.steps) - 1)

    @property
    def panels(self) -> list[Panel]:
        """The step's fields but for those that end it: they have a panel of their own."""
        panels = [Panel("")]
        for spec in self.step.fields:
            if spec.type == "section":
                about = str(spec.options.get("about", ""))
                panels.append(Panel(f"{about or spec.id}-section", about, spec))
            elif spec.type not in ("order_summary", "submit_button"):
                panels[-1].fields.append(spec)
        return [one for one in panels if one.fields or one.heading is not None]

    @property
    def sections(self) -> frozenset[str]:
        """The ids that the summary's links may lead to."""
        return frozenset(one.id for one in self.panels)

    @property
    def button(self) -> Spec | None:
        return self.here.get("submit_button")

    def plans(self, plans: Iterable[Any]) -> list[Any]:
        """Of those on sale, the ones that this form sells."""
        return [one for one in plans if self.sells(one.slug)]

    def sells(self, slug: str) -> bool:
        """Whether this plan is one that the form offers at all; what is on sale the cart knows."""
        fixed, table = self.kinds.get("products"), self.kinds.get("pricing_table")
        named = listed(fixed, "products")[:1] if fixed is not None else listed(table, "plans") if table else []
        return not named or slug in named

    def countries(self, served: list[str]) -> list[str]:
        """Where the buyer may live, of those that the network sells to (none: to all)."""
        own = list(self.definition.countries)
        return [one for one in own if not served or one in served] if own else served

    def templates(self, offered: Iterable[Any]) -> list[Any]:
        named = listed(self.kinds["template_selection"], "templates") if "template_selection" in self.kinds else []
        return [one for one in offered if not named or one.slug in named] or list(offered)

    def sold_beside(self, slugs: Iterable[str]) -> set[str]:
        """Which of these products may be ordered beside the plan."""
        fixed, bump = self.kinds.get("products"), self.kinds.get("order_bump")
        named = listed(bump, "products") if bump is not None else []
        known = {one for one in slugs if bump is not None and (not named or one in named)}
        return known | (set(listed(fixed, "products")) if fixed is not None else set())

    def addons(self, offered: Iterable[Any]) -> list[Any]:
        bump = self.kinds.get("order_bump")
        named = listed(bump, "products") if bump is not None else []
        return [one for one in offered if bump is not None and (not named or one.slug in named)]


def controls_of(spec: Spec) -> tuple[str, ...]:
    kind = TYPES[spec.type]
    return (spec.id,) if kind.answers else kind.controls


def shape_of(form: Form, *, is_member: bool, step: str | None = None, plan: str | None = None) -> Shape:
    """For this reader, as the filter `wu_checkout_form_final_fields` leaves it."""
    steps = []
    for one in form_problems.steps_for(form.definition, is_member):
        kept = apply_filters(FINAL_FIELDS, list(one.fields), form)
        fields = tuple(spec for spec in kept if isinstance(spec, Spec) and spec.type in TYPES)
        steps.append(replace(one, fields=fields))
    made = Shape(form.slug, form.definition, tuple(steps) or (Step("order"),), plan=plan)
    return made.at_step(step)


# -- the form's fields -----------------------------------------------------------------------------------------------
def shape(form: CheckoutForm, given: Shape, values: Mapping[str, Any]) -> CheckoutForm:
    """Give the form its own questions, and let what it does not ask count for nothing. `values`: as they begin."""
    form.shape = given
    for spec in given.fields.values():
        if TYPES[spec.type].answers:
            _join(form, spec, TYPES[spec.type], values)
    for name in ("email_address", "password"):
        if name not in given.asked and name in form:
            delattr(form, name)
    for name, one in list(named_fields(form)):
        if name not in given.asked:
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
    maker, one_filter = (OwnLines, lines) if kind.id == "paragraph" else (OwnText, stripped)
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
    return own or str(SECTIONS.get(panel.about, ""))


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
    """What other steps have asked, as hidden fields of this one; never the password."""
    shape, found = form.shape, []
    if shape.is_one_page:
        return []
    for name, one in named_fields(form):
        is_elsewhere = (
            name in shape.asked and name not in ALWAYS - {"products", "currency"} and not is_here(shape, name)
        )
        if name == "password" or not (is_elsewhere or is_amount_elsewhere(shape, name)):
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
    return {
        name: value
        for name, value in form.remembered().items()
        if name not in fields or fields[name].save_as != Keep.NOTHING or not TYPES[fields[name].type].answers
    }
