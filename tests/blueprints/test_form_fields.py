"""Fields are copied from a pattern: each form still has its own, and its token is made when it is shown."""

from __future__ import annotations

import gc

import pytest
from flask import Flask, g, session
from wtforms import Field, SelectChoice, StringField
from wtforms.validators import Length, Optional

from webapp.blueprints import form_fields
from webapp.blueprints.checkout.forms import CheckoutForm
from webapp.blueprints.form import Form


class Plain(Form):
    title = StringField("Title", validators=[Length(max=3)], render_kw={"autocomplete": "off"})
    unnamed = StringField()


def facts(field: Field) -> dict[str, object]:
    """What a field was built with, in words; without whose it is."""
    own = {name: value for name, value in vars(field).items() if name not in ("_form", "meta", "flags", "label")}
    return {**own, "flags": vars(field.flags), "label": str(field.label.text), "for": field.label.field_id}


def test_a_copied_field_is_what_wtforms_would_have_built(app: Flask) -> None:
    with app.test_request_context():
        for kind in (CheckoutForm, Plain):
            kind(formdata=None)
            form = kind(formdata=None)
            for name, unbound in vars(kind)["_unbound_fields"]:
                built = unbound.bind(form=form, name=unbound.name or name, translations=form[name]._translations)
                built.process(None)
                assert facts(form[name]) == facts(built), name
                assert (form[name]._form, form[name].meta) == (form, form.meta)


def test_what_one_form_is_given_no_other_has(app: Flask) -> None:
    with app.test_request_context():
        first = CheckoutForm(formdata=None, data={"full_name": "Ada"})
        first.company_name.validators = [Optional()]
        first.products.choices = [SelectChoice("free", "Free")]
        first.full_name.errors = ["wrong"]
        second = CheckoutForm(formdata=None)

    assert (first.full_name.data, second.full_name.data) == ("Ada", None)
    assert len(second.company_name.validators) == 2
    assert (second.products.choices, tuple(second.full_name.errors)) == ([], ())


def test_the_same_field_under_another_name_is_another(app: Flask) -> None:
    with app.test_request_context():
        names = [Plain(formdata=None, prefix=prefix).title.name for prefix in ("", "other", "")]

    assert names == ["title", "other-title", "title"]


def test_a_form_of_one_request_leaves_no_pattern(app: Flask) -> None:
    before = len(form_fields._patterns)
    with app.test_request_context():
        form = type("Passing", (Form,), {"title": StringField("Title")})(formdata=None)
        assert form.title.name == "title"
        del form
    gc.collect()
    assert len(form_fields._patterns) == before


def test_a_token_is_made_when_it_is_shown(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    with app.test_request_context():
        form = CheckoutForm(formdata=None)
        assert "csrf_token" not in session
        shown = form.csrf_token._value()
        assert shown == g.csrf_token
        assert shown in str(form.csrf_token())
