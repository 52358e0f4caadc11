"""The page about the API: each request on it is sent, in order, and answered as the page says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.api.conftest import BASE, Caller
from tests.docs.pages import FENCE, ROOT
from webapp.models import Site, SiteStatus

ENGLISH, GERMAN = ROOT / "docs" / "api.md", ROOT / "docs" / "de" / "rest-api.md"
LINE = re.compile(r"(GET|POST|PATCH|DELETE) /api/v2(\S+)")


def exchanges(page: Path) -> Iterator[tuple[str, str, Any, int, Any]]:
    """(method, path, what is sent, status, what the answer holds) of each pair of blocks."""
    blocks = [
        (one.group(1), one.group(2)) for one in FENCE.finditer(page.read_text()) if one.group(1) in ("http", "json")
    ]
    assert [kind for kind, _text in blocks] == ["http", "json"] * (len(blocks) // 2)
    for (_http, asked), (_json, answered) in zip(blocks[::2], blocks[1::2], strict=True):
        line, _newline, body = asked.partition("\n")
        found = LINE.fullmatch(line)
        assert found is not None, line
        status, _newline, answer = answered.partition("\n")
        yield found[1], found[2], json.loads(body) if body.strip() else None, int(status), json.loads(answer or "null")


def bakery() -> None:
    """The site that the page speaks of."""
    agreement = factories.active_membership(plan=factories.product("shop", limits={"custom_domains": 1}))
    facts = {"membership_id": agreement.id, "customer_id": agreement.customer_id, "status": SiteStatus.PUBLISHED}
    factories.save(lambda: Site(id=11, slug="bakery", title="Bakery", **facts))


def held(part: Any, whole: Any) -> bool:
    """Whether everything the page shows is in the answer; an answer may hold more."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and held(one, whole[name]) for name, one in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) == len(whole) and all(map(held, part, whole))
    return bool(part == whole)


def with_ids(path: str, ids: dict[str, str]) -> str:
    """The page's numbers are those of a new network; a database that is used again goes on counting."""
    return next((f"{given}{path.removeprefix(said)}" for said, given in ids.items() if is_below(path, said)), path)


def is_below(path: str, other: str) -> bool:
    return path == other or path.startswith((f"{other}/", f"{other}?"))


@pytest.mark.parametrize("page", [ENGLISH, GERMAN], ids=["english", "german"])
def test_the_examples_of_the_page_are_true(client: FlaskClient, page: Path) -> None:
    caller = Caller(client, *factories.api_key())
    number = 0
    ids: dict[str, str] = {}
    for method, path, body, status, answer in exchanges(page):
        if (method, path) == ("POST", "/domains"):
            bakery()
        got = caller(method, with_ids(path, ids), body)
        assert got.status_code == status, f"{method} {path}: {got.text}"
        given = got.json if got.data else None
        if method == "POST" and isinstance(given, dict) and "id" in given:
            made = sum(one.startswith(f"{path}/") for one in ids) + 1
            ids[f"{path}/{made}"] = f"{path}/{given['id']}"
        assert held(answer, given), f"{method} {path}: {got.text}"
        number += 1
    assert number >= 2


def test_both_languages_show_the_same() -> None:
    assert list(exchanges(ENGLISH)) == list(exchanges(GERMAN))


def test_what_the_page_does_not_show_truly_is_noticed() -> None:
    assert held({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}], "d": 3})
    assert not held({"a": [{"b": 1}]}, {"a": [{"b": 2}]})
    assert not held({"a": []}, {"a": [1]})
    assert not held({"x": 1}, {})
    assert BASE == "/api/v2"
