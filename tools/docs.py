"""The documentation holds: every relative link leads somewhere, every command in a console block exists."""

from __future__ import annotations

import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
from flask.cli import FlaskGroup, ScriptInfo

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^(```+|~~~+)(.*?)\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)")
HTML_LINK = re.compile(r"<(?:img|a|source)\b[^>]*?\b(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def pages(root: Path) -> list[Path]:
    return [*sorted(root.glob("README*.md")), *sorted((root / "docs").rglob("*.md"))]


def broken_links(page: Path) -> Iterator[str]:
    prose = FENCE.sub("", page.read_text())
    for target in [*LINK.findall(prose), *HTML_LINK.findall(prose)]:
        if not re.match(r"[a-z][a-z0-9+.-]*:|//", target) and not resolves(page, unquote(target)):
            yield f"{page}: no such place: {target}"


def resolves(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    if not file.exists():
        return False
    return not anchor or file.suffix != ".md" or anchor in anchors(file.read_text())


def anchors(text: str) -> set[str]:
    """The ids that GitHub gives headings: lower case, no punctuation, hyphens; repeated ones are numbered."""
    seen: dict[str, int] = {}
    for heading in HEADING.findall(FENCE.sub("", text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        seen[slug] = seen.get(slug, 0) + 1
    again = {f"{slug}-{number}" for slug, count in seen.items() for number in range(1, count)}
    return seen.keys() | again


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command of ours in a console block; a line may begin with `$ ` and settings."""
    for _, language, body in FENCE.findall(text):
        if language.split()[:1] == ["console"]:
            for line in body.replace("\\\n", " ").splitlines():
                words = shlex.split(line.strip().removeprefix("$ "), comments=True)
                while words and re.match(r"[A-Z_]+=", words[0]):
                    words.pop(0)
                if words and words[0] in ("./dev", "flask"):
                    yield words


def unknown_command(words: list[str], dev: dict[str, object], group: click.Group, info: ScriptInfo) -> str | None:
    """The part of a command that does not exist, if there is one."""
    program, *rest = words
    if program == "./dev":
        if not rest or rest[0] not in dev:
            return " ".join(words[:2])
        if rest[0] != "flask":
            return None
        rest = rest[1:]
    return unknown_subcommand(without_app(rest), group, info)


def without_app(words: list[str]) -> list[str]:
    return words[2:] if words[:1] in (["--app"], ["-A"]) else words


def unknown_subcommand(words: list[str], group: click.Group, info: ScriptInfo) -> str | None:
    with click.Context(group, obj=info) as context:  # at its end the application is left that a look-up has entered
        return _unknown_in(context, words)


def _unknown_in(context: click.Context, words: list[str]) -> str | None:
    for position, word in enumerate(words):
        command = context.command
        if not isinstance(command, click.Group) or word.startswith("-"):
            return None
        found = command.get_command(context, word)
        if found is None:
            return "flask " + " ".join(words[: position + 1])
        context = click.Context(found, parent=context, obj=context.obj)
    return None


def wrong_commands(page: Path, dev: dict[str, object], info: ScriptInfo) -> Iterator[str]:
    group = FlaskGroup(create_app=lambda: info.load_app(), add_version_option=False)
    for words in commands(page.read_text()):
        unknown = unknown_command(words, dev, group, info)
        if unknown:
            yield f"{page}: no such command: {unknown}"


def main() -> int:
    from wsgi import app

    dev = runpy.run_path(str(ROOT / "dev"))["COMMANDS"]
    info = ScriptInfo(create_app=lambda: app)
    wrong = [line for page in pages(ROOT) for line in (*broken_links(page), *wrong_commands(page, dev, info))]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
