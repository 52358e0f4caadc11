"""Watching the house: every door has a guard, every bell is answered."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

import webapp
from webapp.extensions import csrf
from webapp.jobs import chores, schedule

HOUSE = Path(webapp.__file__).parent


def test_every_blueprint_names_its_guard(application: Flask) -> None:
    unguarded = [name for name in application.blueprints if not application.before_request_funcs.get(name)]
    assert unguarded == []


def test_the_administration_is_for_operators(application: Flask) -> None:
    guards = application.before_request_funcs["admin"]
    assert [guard.__name__ for guard in guards if guard.__name__ == "operators_only"]


def rings() -> Iterator[str]:
    """The chores that anything in the house rings for: the first argument of `queue.ring`."""
    for path in HOUSE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and "queue.ring" in ast.unparse(node):
                yield from (one.value for one in node.args if isinstance(one, ast.Constant) and type(one.value) is str)


def test_every_bell_that_is_rung_has_a_chore() -> None:
    rung = set(rings())
    assert {"drain", "inbound"} <= rung
    assert [name for name in rung if not callable(getattr(chores, name, None))] == []


def test_scheduled_chores_have_names_of_their_own() -> None:
    names = [chore.name for chore in schedule.CHORES]
    assert len(set(names)) == len(names)


def test_only_what_checks_a_token_or_a_signature_of_its_own_takes_no_session_token(application: Flask) -> None:
    """A new exemption is a decision: name it here with its reason."""
    views = {name.removeprefix("webapp.blueprints.") for name in csrf._exempt_views}
    assert {name for name in views if not name.startswith("webhooks")} == {
        "checkout.routes.place_order",  # its form checks the token, so that a stale one loses nothing that was typed
        "checkout.routes.place_form_order",  # as place_order
        "checkout.routes.show_summary",  # writes nothing
        "checkout.routes.show_form_summary",  # writes nothing
        "checkout.routes.keep_draft",  # checks it itself: a stale one is no news while somebody types
        "checkout.routes.check_field",  # writes nothing
        "cookies.routes.choose",  # stands on pages kept for all readers; looks at where the request comes from
        "consumer.routes.create_cancellation",  # checks it itself: a declaration is not lost to a page that stood open
        "consumer.routes.check_withdrawal",  # writes nothing
        "consumer.routes.create_withdrawal",  # as the cancellation
        "account.site_files.create_import",  # as the pictures
        "account.site_adding.create_site",  # as the pictures
        "admin.site_files.create_site_import",  # as the pictures
        "admin.site_templates.create_site_template",  # as the pictures
        "admin.site_templates.create_template_of_site",  # as the pictures
        "admin.site_templates.update_site_template",  # as the pictures
        "account.site_pictures.create_picture",  # checks it itself: what is too large is said beside its field
    }
