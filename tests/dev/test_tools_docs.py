"""What the check of the documentation finds."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from flask import Flask
from flask.cli import AppGroup, FlaskGroup, ScriptInfo

from tools import docs


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "guide.md").write_text("# A guide\n\n## What's in it?\n\n## Again\n\n## Again\n")
    return tmp_path / "README.md"


@pytest.mark.parametrize(
    "target",
    [
        "docs/guide.md",
        "docs/guide.md#whats-in-it",
        "docs/guide.md#again-1",
        "#top",
        "https://example.com/x",
        "docs/",
    ],
)
def test_a_link_that_leads_somewhere_is_fine(page: Path, target: str) -> None:
    page.write_text(f"# Top\n\nSee [this]({target}).\n")
    assert list(docs.broken_links(page)) == []


@pytest.mark.parametrize("target", ["docs/none.md", "docs/guide.md#nothing", "#nowhere", "picture.png"])
def test_a_link_that_leads_nowhere_is_found(page: Path, target: str) -> None:
    page.write_text(f"# Top\n\nSee [this]({target}) and ![that](docs/guide.md).\n")
    assert list(docs.broken_links(page)) == [f"{page}: no such place: {target}"]


def test_links_in_code_are_not_links(page: Path) -> None:
    page.write_text("```markdown\n[an example](nowhere.md)\n```\n")
    assert list(docs.broken_links(page)) == []


def test_pictures_written_as_html_must_exist_too(page: Path) -> None:
    page.write_text('<img alt="The checkout" src="docs/none.png">\n')
    assert list(docs.broken_links(page)) == [f"{page}: no such place: docs/none.png"]


def test_commands_are_read_from_console_blocks_alone(page: Path) -> None:
    console = "```console\n$ PORT=9000 ./dev run  # starts\nls -l\nflask db upgrade\n```\n"
    text = f"{console}\n```python\n./dev nothing\n```\n"
    assert list(docs.commands(text)) == [["./dev", "run"], ["flask", "db", "upgrade"]]


@pytest.fixture
def info() -> ScriptInfo:
    app = Flask("network")
    deliveries = AppGroup("deliveries")
    deliveries.add_command(click.Command("retry"))
    app.cli.add_command(deliveries)
    return ScriptInfo(create_app=lambda: app)


@pytest.mark.parametrize(
    ("command", "unknown"),
    [
        ("./dev run --fresh", None),
        ("./dev rnu", "./dev rnu"),
        ("./dev flask deliveries retry 17", None),
        ("./dev flask deliveries again", "flask deliveries again"),
        ("./dev flask delivery", "flask delivery"),
        ("flask --app wsgi deliveries retry", None),
        ("flask --app wsgi nothing", "flask nothing"),
        ("flask deliveries --help", None),
    ],
)
def test_a_command_that_does_not_exist_is_found(info: ScriptInfo, command: str, unknown: str | None) -> None:
    group = FlaskGroup(create_app=info.load_app, add_version_option=False)
    assert docs.unknown_command(command.split(), {"run": (), "flask": ()}, group, info) == unknown
