"""Looking at a page: it is there, and nothing is wrong with its landmarks, headings and labels."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.templates.conftest import Element, page_faults, parse

Look = Callable[..., Element]


def looking(client: FlaskClient, *, fragments: bool = False) -> Look:
    """`look(url, status=200, **headers)`: the page, read. With `fragments` a part of one will do as well."""

    def look(url: str, *, status: int = 200, **headers: str) -> Element:
        answer = client.get(url, headers=headers)
        assert answer.status_code == status, answer.text
        root = parse(answer.text)
        assert (fragments and root.all("html") == []) or page_faults(root) == []
        return root

    return look
