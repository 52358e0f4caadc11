"""Texts are in the language of the request, and of whoever is written to meanwhile."""

from __future__ import annotations

from flask import Flask
from flask_babel import _get_current_context as here
from flask_babel import force_locale, get_babel, gettext, refresh

from webapp.languages import Texts


def test_a_language_that_is_forced_for_a_while_leaves_the_request_its_own(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert gettext("Choose a plan.") == "Wählen Sie einen Tarif."
        with force_locale("en"):
            assert gettext("Choose a plan.") == "Choose a plan."
            with force_locale("de"):
                assert gettext("Choose a plan.") == "Wählen Sie einen Tarif."
            assert gettext("Choose a plan.") == "Choose a plan."
        assert gettext("Choose a plan.") == "Wählen Sie einen Tarif."


def test_the_catalogue_is_looked_for_once_until_the_language_changes(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        texts = get_babel().instance.domain_instance
        assert isinstance(texts, Texts)
        first = texts.get_translations()
        here().babel_locale = "nobody looks at it again"
        assert texts.get_translations() is first
        refresh()
        assert texts.get_translations() is first is not None
        with force_locale("en"):
            assert texts.get_translations() is not first


def test_outside_of_everything_a_text_stays_as_it_is() -> None:
    assert Texts().get_translations().ugettext("Choose a plan.") == "Choose a plan."
