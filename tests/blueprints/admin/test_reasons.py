"""What rules noted in English is said in the reader's language: each sentence that they can note."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

import webapp
from webapp.blueprints.admin import reasons

ROOT = Path(webapp.__file__).parent
RULES = (
    *(f"domain/{name}.py" for name in ("payments", "asked", "credential_setups", "refund_moves", "refund_reports")),
    *(f"domain/{name}.py" for name in ("renewals", "reactivations", "changes", "agreements")),
    *(f"flows/{name}.py" for name in ("mirroring", "refunding", "reconciling", "inbound")),
    *("domain/site_jobs.py", "flows/provisioning.py", "flows/site_notices.py"),
)
# Not what came of anything: a membership's status move says these, and events carry them; a name, and an error's words.
OTHER = {"removed", "paused", "resumed", "site:12,34 EUR", "12,34 EUR: 12,34 EUR"}


def effects() -> Iterator[str]:
    """Every sentence that a function of the rules returns as its effect, or notes as a puzzle."""
    for path in RULES:
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Name) and node.returns.id == "str":
                yield from (text for one in ast.walk(node) if isinstance(one, ast.Return) for text in _texts(one.value))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name == "puzzle" and len(node.args) == 2:
                    yield from _texts(node.args[1])


def _texts(node: ast.AST | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else "12,34 EUR" for one in node.values)


@pytest.mark.parametrize("text", sorted({*effects()} - OTHER))
def test_each_sentence_has_words_in_german(app: Flask, text: str) -> None:
    with app.test_request_context(), force_locale("de"):
        said = reasons.told(text)
    assert said != text
    assert re.search(r"\b(the|and|was|is|of)\b", said) is None


def test_there_are_some() -> None:
    assert len({*effects()}) > 20


def test_several_are_said_one_after_the_other(app: Flask) -> None:
    with app.test_request_context():
        assert reasons.told("known already; not ours") == "known already; not about anything of ours"
        assert reasons.told("a note of somebody's own; with two parts") == "a note of somebody's own; with two parts"
