"""Every Python block of the documentation runs, and does what its page says."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from flask import Flask

from tests.docs import pages

PAGES = pages.all_pages()
TESTS = [(page, name) for page in PAGES for name in pages.tests_on(page)]
TRANSLATIONS = {
    "integration-guide.md": "integrationsleitfaden.md",
    "custom-gateway.md": "eigenes-gateway.md",
    "webhooks.md": "webhooks.md",
    "provisioning.md": "einrichtung.md",
    "order-forms.md": "bestellformulare.md",
}


@pytest.mark.parametrize("page", PAGES, ids=pages.name_of)
def test_the_python_of_a_page_runs(app: Flask, page: Path) -> None:
    with pages.loaded(page) as module:
        assert module.__name__ == pages.module_name(page)


@pytest.mark.parametrize(("page", "name"), TESTS, ids=[f"{pages.name_of(page)}:{name}" for page, name in TESTS])
def test_a_test_on_a_page_passes(app: Flask, request: pytest.FixtureRequest, page: Path, name: str) -> None:
    with pages.loaded(page) as module:
        test = getattr(module, name)
        test(**{one: request.getfixturevalue(one) for one in inspect.signature(test).parameters})


@pytest.mark.parametrize(("english", "german"), TRANSLATIONS.items())
def test_both_languages_show_the_same_python(english: str, german: str) -> None:
    docs = pages.ROOT / "docs"
    shown = [[block.code for block in pages.blocks(page)] for page in (docs / english, docs / "de" / german)]
    assert shown[0] == shown[1]
    assert shown[0]


def test_a_block_that_fails_is_noticed(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n```python\nx = 1\n```\n\n```python\nassert x == 2\n```\n")
    with pytest.raises(AssertionError) as failure, pages.loaded(page):
        pass
    assert failure.traceback[-1].lineno == 7  # counted from 0: the line of the page
    page.write_text("```python\n>>> 1 + 1\n3\n```\n")
    with pytest.raises(AssertionError, match="Expected"), pages.loaded(page):
        pass
