"""A form's definition is data: whatever comes, it is a form or refused with a sentence."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as some

from tests import factories
from webapp.domain import form_definitions, form_editing, form_patterns, form_problems
from webapp.domain.field_types import TYPES
from webapp.domain.form_definitions import Audience, Definition, Keep, Snippet, Spec, Step
from webapp.errors import Conflict, DomainError, Invalid

TEXT = some.text(some.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=40)
IDS = some.from_regex(form_definitions.ID, fullmatch=True)
WORDS = some.dictionaries(some.sampled_from(["en", "de", "pt_BR"]), TEXT, max_size=3)
OPTIONS = some.dictionaries(IDS, some.booleans() | TEXT | some.lists(TEXT.filter(str.strip), max_size=3), max_size=3)
SPECS = some.builds(
    Spec,
    id=IDS,
    type=some.sampled_from(sorted(TYPES)),
    label=WORDS,
    hint=WORDS,
    text=WORDS,
    default=TEXT,
    required=some.booleans(),
    save_as=some.sampled_from(Keep),
    audience=some.sampled_from(Audience),
    options=OPTIONS,
)
SNIPPETS = some.builds(
    Snippet, id=IDS, name=TEXT.filter(str.strip), code=TEXT.filter(str.strip), sources=some.just(("https://a.example",))
)


@some.composite
def definitions(draw: Any) -> Definition:
    specs = draw(some.lists(SPECS, max_size=8, unique_by=lambda one: one.id))
    names = draw(some.lists(IDS, min_size=1, max_size=3, unique=True))
    steps = [
        Step(name, draw(WORDS), draw(some.sampled_from(Audience)), tuple(specs[at :: len(names)]))
        for at, name in enumerate(names)
    ]
    return Definition(
        draw(TEXT.filter(str.strip)),
        tuple(steps),
        tuple(draw(some.lists(some.sampled_from(["DE", "AT", "FR"]), max_size=3))),
        draw(WORDS),
        tuple(draw(some.lists(SNIPPETS, max_size=2, unique_by=lambda one: one.id))),
    )


@given(definitions())
def test_what_is_written_is_read_back_the_same(made: Definition) -> None:
    assert form_definitions.parse(json.loads(json.dumps(form_definitions.to_json(made)))) == made


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=20),
    lambda one: (
        some.lists(one, max_size=4)
        | some.dictionaries(
            some.sampled_from(["name", "steps", "fields", "id", "type", "options", "x"]), one, max_size=4
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_a_form_or_refused(application: Flask, data: Any) -> None:
    with application.test_request_context(), suppress(Invalid):
        made = form_definitions.parse(data)
        assert form_definitions.parse(form_definitions.to_json(made)) == made


@given(definitions(), some.data())
def test_a_field_that_is_moved_is_there_once(application: Flask, made: Definition, data: Any) -> None:
    ids = [one.id for one in made.fields]
    if not ids:
        return
    field, step = data.draw(some.sampled_from(ids)), data.draw(some.sampled_from(made.steps)).id
    with application.test_request_context():
        moved, told = form_editing.place_field(made, field, step, data.draw(some.integers(-3, 20)))
    assert sorted(one.id for one in moved.fields) == sorted(ids)
    assert field in [one.id for one in moved.steps[form_editing.step_number(moved, step)].fields]
    assert told


@pytest.fixture
def speaking(app: Flask) -> Any:
    with app.test_request_context():
        yield


@pytest.mark.parametrize("name", ["single-step", "multi-step", "simple"])
def test_the_patterns_sell(speaking: None, name: str) -> None:
    made = form_patterns.PATTERNS[name][1]()
    assert form_problems.of(made) == []
    assert form_definitions.parse(form_definitions.to_json(made)) == made


def without(kind: str) -> Definition:
    made = form_patterns.single()
    return made.with_steps([Step("order", fields=tuple(one for one in made.fields if one.type != kind))])


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("pricing_table", "there is nothing to order"),
        ("email", "“E-mail address” is missing"),
        ("password", "“Password” is missing"),
        ("billing_address", "“Name and billing address” is missing"),
        ("payment", "“Payment methods” is missing"),
        ("terms_of_use", "“Terms and consent” is missing"),
        ("order_summary", "“Order summary” is missing"),
        ("submit_button", "has no button to go on with"),
    ],
)
def test_what_a_sale_needs_must_be_there(speaking: None, kind: str, sentence: str) -> None:
    assert any(sentence in one for one in form_problems.of(without(kind)))


def with_field(*fields: Spec) -> Definition:
    made = form_patterns.single()
    return made.with_steps([Step("order", fields=(*fields, *made.fields))])


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        (Spec("mail", "email"), "is there twice"),
        (Spec("size", "nonsense"), "There is no type of field"),
        (Spec("site_url2", "select", label={"en": "Size"}), "offers nothing to choose"),
        (Spec("gateway", "text", label={"en": "Gateway"}), "taken by the order itself"),
        (Spec("size", "text"), "needs a label"),
        (Spec("words", "html"), "are empty"),
        (Spec("fixed", "products"), "names no product"),
        (Spec("fixed", "products", options={"products": ["nothing"]}), "There is no product “nothing”."),
        (Spec("agreed", "checkbox", label={"en": "Yes"}, required=True, options={"ticked": True}), "may not be ticked"),
        (Spec("tint", "color_picker", label={"en": "Tint"}, default="red"), "is no colour"),
        (Spec("button", "submit_button"), "has several buttons"),
    ],
)
def test_what_does_harm_is_said(speaking: None, field: Spec, sentence: str) -> None:
    assert any(sentence in one for one in form_problems.of(with_field(field)))


def test_nothing_stands_between_the_summary_and_the_button(speaking: None) -> None:
    made = form_patterns.single()
    fields = list(made.fields)
    fields.insert(-1, Spec("size", "text", label={"en": "Size"}))
    told = form_problems.of(made.with_steps([Step("order", fields=tuple(fields))]))
    assert told == ["The order summary must stand directly above the button, as the law asks."]


def test_a_password_is_asked_for_last(speaking: None) -> None:
    made = form_patterns.several()
    moved, _told = form_editing.place_field(made, "password", "plan", 1)
    assert "“Password” must be in the last step." in form_problems.of(moved)


def test_fixed_products_begin_with_a_plan(speaking: None) -> None:
    factories.product("support", type="service")
    made = without("pricing_table")
    fixed = Spec("products", "products", options={"products": ["support"]})
    told = form_problems.of(made.with_steps([Step("order", fields=(fixed, *made.fields))]))
    assert told == ["The first of the fixed products must be a plan."]


READINGS: list[tuple[Spec, str, str | None]] = [
    (Spec("f", "text", required=True), "", None),
    (Spec("f", "text"), "a\nb", None),
    (Spec("f", "text"), "x" * 2001, None),
    (Spec("f", "text"), "42", "42"),
    (Spec("f", "paragraph"), "a\nb", "a\nb"),
    (Spec("f", "checkbox", required=True), "", None),
    (Spec("f", "checkbox"), "y", "yes"),
    (Spec("f", "select", text={"en": "s | Small\nLarge"}), "s", "s"),
    (Spec("f", "select", text={"en": "s | Small\nLarge"}), "Large", "Large"),
    (Spec("f", "select", text={"en": "s | Small"}), "xl", None),
    (Spec("f", "select", text={"en": "s | Small"}, required=True), "", None),
    (Spec("f", "color_picker"), "#14664A", "#14664a"),
    (Spec("f", "color_picker"), "red", None),
    (Spec("f", "hidden", default="tv"), "radio", "tv"),
    (Spec("f", "hidden", default="tv", options={"from_address": True}), "radio", "radio"),
]


@pytest.mark.parametrize(("spec", "typed", "kept"), READINGS)
def test_an_answer_is_what_its_type_takes(speaking: None, spec: Spec, typed: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(Invalid):
            TYPES[spec.type].read(spec, typed)
    else:
        assert TYPES[spec.type].read(spec, typed) == kept


@pytest.mark.parametrize(
    "bad",
    [
        "http://a.example",
        "https://a.example/x",
        "https://",
        "a.example",
        "https://a b",
        "'none'",
        "https://a.example; script-src *",
        "https://u@a.example",
        7,
        None,
    ],
)
def test_a_source_is_an_origin_and_nothing_else(speaking: None, bad: Any) -> None:
    with pytest.raises(Invalid):
        form_definitions.origin(bad)
    assert form_definitions.origin("https://www.Example.com/".lower()) == "https://www.example.com"


# -- editing ---------------------------------------------------------------------------------------------------------
def ids(made: Definition, step: int = 0) -> list[str]:
    return [one.id for one in made.steps[step].fields]


def test_a_field_goes_from_step_to_step_by_one(speaking: None) -> None:
    made, told = form_editing.shift_field(form_patterns.several(), "plan_button", 1)
    assert ids(made, 1)[0] == "plan_button"
    assert told.endswith("in “Site”.")
    back, _told = form_editing.shift_field(made, "plan_button", -1)
    assert back == form_patterns.several()
    assert form_editing.shift_field(back, "plan_section", -1) == (back, "It is at the end already.")


def test_what_is_added_stands_before_the_summary(speaking: None) -> None:
    made, _told = form_editing.add_field(form_patterns.single(), "order", "text")
    assert ids(made)[-3:] == ["text", "order_summary", "order_button"]
    made, _told = form_editing.add_field(made, "order", "text")
    assert "text_2" in ids(made)
    with pytest.raises(Conflict):
        form_editing.add_field(made, "order", "email")
    with pytest.raises(DomainError):
        form_editing.add_field(made, "order", "nonsense")


def test_a_step_is_added_before_the_one_that_orders(speaking: None) -> None:
    made, _told = form_editing.add_step(form_patterns.single())
    assert [one.id for one in made.steps] == ["step", "order"]
    made, _told = form_editing.shift_step(made, "step", 1)
    assert [one.id for one in made.steps] == ["order", "step"]
    made, _told = form_editing.remove_step(made, "step")
    assert made == form_patterns.single()
    with pytest.raises(Conflict):
        form_editing.remove_step(made, "order")
