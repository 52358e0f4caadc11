"""Every status, event and actor has a word of its own."""

from __future__ import annotations

import pytest
from flask import Flask

from webapp.blueprints.admin import log_words, words
from webapp.event_types import EVENT_TYPES

TONES = {"neutral", "success", "warning", "error", "info", "pending", "paused"}


@pytest.mark.parametrize("kind", words.STATUSES, ids=lambda kind: kind.__name__)
def test_every_status_has_a_word_and_a_tone(app: Flask, kind: type) -> None:
    with app.test_request_context():
        told = [words.of(status) for status in kind]
    assert len({word for word, _tone in told}) == len(told)
    assert {tone for _word, tone in told} <= TONES


def test_every_event_has_words(app: Flask) -> None:
    assert set(log_words.EVENTS) == set(EVENT_TYPES)


def test_what_is_not_known_is_shown_as_it_is(app: Flask) -> None:
    with app.test_request_context():
        assert words.moved("ships", "sunk") == ("sunk", "neutral")
        assert words.moved("payments", "retired") == ("retired", "neutral")
        assert words.of_outcome("odd") == ("odd", "neutral")


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        ("operator:7", "Olga"),
        ("operator:8", "operator 8"),
        ("gateway:sandbox", "gateway Test payment"),
        ("clock", "schedule"),
        ("my-add-on", "my-add-on"),
    ],
)
def test_an_actor_is_named(app: Flask, actor: str, said: str) -> None:
    with app.test_request_context():
        assert log_words.actor(actor, {7: "Olga"}) == said
