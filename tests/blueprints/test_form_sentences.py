"""Whatever is wrong with a field is said in the network's own words and language, also where a field names none."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from webapp.blueprints.form import Form


class Strict(Form):
    name = StringField("Name", validators=[DataRequired()])
    city = StringField("City", validators=[InputRequired()])
    note = StringField("Note", validators=[Length(max=3)])
    days = IntegerField("Days")
    day = DateField("Day")
    hour = IntegerField("Hour", validators=[NumberRange(0, 23)])
    unit = SelectField("Unit", choices=["day", "year"])
    several = SelectMultipleField("Several", choices=["a", "b"])
    ticked = BooleanField()


SENT = {"note": "four", "days": "x", "day": "31.12.2026", "hour": "24", "unit": "century", "several": "c"}
SAID: dict[str, dict[str, str]] = {
    "en": {
        "name": "Enter something here.",
        "city": "Enter something here.",
        "note": "Use at most 3 characters.",
        "days": "Enter a whole number.",
        "day": "Enter a date, for example 2026-12-31.",
        "hour": "Enter a number from 0 to 23.",
        "unit": "Choose one from the list.",
        "several": "Choose one from the list.",
    },
    "de": {
        "name": "Tragen Sie hier etwas ein.",
        "city": "Tragen Sie hier etwas ein.",
        "note": "Verwenden Sie höchstens 3 Zeichen.",
        "days": "Geben Sie eine ganze Zahl ein.",
        "day": "Geben Sie ein Datum ein, zum Beispiel 2026-12-31.",
        "hour": "Geben Sie eine Zahl von 0 bis 23 ein.",
        "unit": "Wählen Sie einen Eintrag aus der Liste.",
        "several": "Wählen Sie einen Eintrag aus der Liste.",
    },
}


@pytest.mark.ux("M0", "W14")
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_field_without_a_sentence_says_what_to_do(app: Flask, language: str) -> None:
    with app.test_request_context(headers={"Accept-Language": language}):
        form = Strict(formdata=MultiDict(SENT), meta={"csrf": False})
        assert not form.validate()
        said: dict[str, Any] = {name: " ".join(map(str, errors)) for name, errors in form.errors.items()}
    assert said == SAID[language]


def test_a_field_without_a_label_keeps_its_name(app: Flask) -> None:
    with app.test_request_context():
        assert str(Strict(formdata=None).ticked.label.text) == "Ticked"


@pytest.mark.ux("C5")
@pytest.mark.parametrize("language", ["en", "de"])
def test_an_address_of_ten_thousand_characters_is_refused_in_our_words(client: FlaskClient, language: str) -> None:
    data = {"email_address": "x" * 10_000, "password": "x" * 10_000}
    answer = client.post("/login", data=data, headers={"Accept-Language": language})
    said = {"en": "Use at most 254 characters.", "de": "Verwenden Sie höchstens 254 Zeichen."}
    assert answer.status_code == 422
    assert said[language] in answer.text
