"""The page of components: every macro is on it, and every state in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import nodes

import webapp
from tests.looking import Look

TEMPLATES = Path(webapp.__file__).parent / "templates"
KINDS = sorted(path.name for path in (TEMPLATES / "components").glob("*.html"))
PAGE = [TEMPLATES / "admin" / "components.html", *sorted((TEMPLATES / "admin" / "components").glob("*.html"))]


# Templates of their own, and the class by which they are known: every page has them.
WHOLE = {"brand.html": "brand", "language_switch.html": "languages", "theme_switch.html": "theme-switch"}
INNER = {"label_of", "notes_of", "control", "key", "fees_of", "more_of"}  # parts of other macros, of no use alone


def called(tree: nodes.Template) -> set[str]:
    return {one.node.name for one in tree.find_all(nodes.Call) if isinstance(one.node, nodes.Name)}


def macros(app: Flask) -> Iterator[tuple[str, str]]:
    """(file, macro) of all that pages may use."""
    for kind in KINDS:
        tree = app.jinja_env.parse((TEMPLATES / "components" / kind).read_text())
        yield from ((kind, one.name) for one in tree.find_all(nodes.Macro) if one.name not in INNER)


def test_every_macro_of_the_components_is_shown(app: Flask) -> None:
    trees = [app.jinja_env.parse(path.read_text()) for path in PAGE]
    shown = set().union(*map(called, trees))
    found = list(macros(app))
    assert len(found) > 30
    assert [one for one in found if one[1] not in shown] == []


def test_every_component_that_is_a_template_of_its_own_is_shown(look: Look) -> None:
    whole = [kind for kind in KINDS if "macro" not in (TEMPLATES / "components" / kind).read_text()]
    assert set(whole) == set(WHOLE)
    shown = {name for one in look("/admin/components") for name in one.attrs.get("class", "").split()}
    assert set(WHOLE.values()) <= shown


def test_the_page_names_what_it_shows(look: Look) -> None:
    root = look("/admin/components")
    named = {name for one in root.all("code") for name in one.text.split(", ")}
    assert {
        "button",
        "field",
        "badge",
        "stepper",
        "timeline",
        "figure",
        "chart",
        "dialog",
        "plan_card",
        "plan_contact",
    } <= named
    assert [one.text for one in root.all("tr")][1:] != []


@pytest.mark.parametrize(("language", "word"), [("en", "Components"), ("de", "Bausteine")])
def test_it_is_shown_in_both_languages(signed_in: FlaskClient, language: str, word: str) -> None:
    answer = signed_in.get("/admin/components", headers={"Accept-Language": language})
    assert (answer.status_code, f"<h1>{word}</h1>" in answer.text) == (200, True)


def test_the_sample_list_is_searched_like_any_other(signed_in: FlaskClient) -> None:
    fragment = signed_in.get("/admin/components?search=grace", headers={"HX-Request": "true"}).text
    assert ("Grace Hopper" in fragment, "Ada Lovelace" in fragment, "<h1" in fragment) == (True, False, False)
    assert "No match" in signed_in.get("/admin/components?search=nobody", headers={"HX-Request": "true"}).text
