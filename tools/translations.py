"""The catalogues hold: every text of the source is translated, nothing else is, and compiled is what is written.

`./dev translate` brings the catalogues to the texts (what is new stands there empty, what is gone goes) and compiles
them; `./dev check` runs `python -m tools.translations check`, which changes nothing and names what is wrong.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "webapp"
CATALOGUES = SOURCE / "translations"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%")


def texts(source: Path = SOURCE) -> Catalog:
    """Every text of the source that a person may read, with the files it stands in."""
    found = Catalog(fuzzy=False)
    options = {"**.html": {"silent": "false"}, "templates/**.html": {"silent": "false"}}
    for file, _line, message, _comments, context in extract_from_dir(source, METHODS, options, KEYWORDS):
        found.add(message, None, [(f"webapp/{file}", 0)], context=context)
    return found


def catalogues(folder: Path = CATALOGUES) -> list[Path]:
    return sorted(folder.glob("*/LC_MESSAGES/messages.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, abort_invalid=True)


def written(catalogue: Catalog) -> bytes:
    """As it is kept: in the order of the source, without line numbers, which change for no reason of a translator's."""
    for message in catalogue:
        message.locations = [(file, 0) for file, _line in dict.fromkeys(message.locations)]
    buffer = BytesIO()
    write_po(buffer, catalogue, width=120, include_lineno=False, ignore_obsolete=True)
    return buffer.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def update(path: Path, found: Catalog) -> None:
    """Nothing is guessed: a text that changed is a new one, and stands there empty until somebody translates it."""
    catalogue = read(path)
    made = catalogue.creation_date
    catalogue.update(found, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.creation_date = made
    for message in catalogue:
        if not all(strings_of(message)):  # a text that has got a plural: what is missing says enough
            message.flags.discard("fuzzy")
    path.write_bytes(written(catalogue))
    path.with_suffix(".mo").write_bytes(compiled(read(path)))


def faults(path: Path, found: Catalog) -> Iterator[str]:
    """What is wrong with one catalogue; nothing when it is as it must be."""
    catalogue = read(path)
    wanted = {key_of(message) for message in found if message.id}
    kept = {key_of(message): message for message in catalogue if message.id}
    yield from (f"no entry: {one[0]!r}" for one in sorted(wanted - kept.keys(), key=str))
    yield from (f"no longer in the source: {one[0]!r}" for one in sorted(kept.keys() - wanted, key=str))
    yield from (f"marked obsolete: {message.id!r}" for message in catalogue.obsolete.values())
    for message in kept.values():
        yield from faults_of(message)
    if not is_compiled(catalogue, path.with_suffix(".mo")):
        yield "the .mo is not compiled from this .po"


def faults_of(message: Message) -> Iterator[str]:
    forms = list(zip(ids_of(message), strings_of(message), strict=False))
    if not all(string for _id, string in forms):
        yield f"not translated: {message.id!r}"
    elif message.fuzzy:
        yield f"marked fuzzy: {message.id!r}"
    elif any(sorted(placeholders(id)) != sorted(placeholders(string)) for id, string in forms):
        yield f"other placeholders than: {message.id!r}"
    elif any("%(" in id and "%" in PLACEHOLDER.sub("", string) for id, string in forms):
        yield f"a single % among placeholders: {message.id!r}"


def key_of(message: Message) -> tuple[object, str | None]:
    return message.id, message.context


def strings_of(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def ids_of(message: Message) -> list[str]:
    """The source of each form: of the first the singular, of all others the plural."""
    if isinstance(message.id, str):
        return [message.id]
    one, many = message.id
    return [one, *[many] * (len(strings_of(message)) - 1)]


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text)) - {"%%"}


def is_compiled(catalogue: Catalog, path: Path) -> bool:
    """By what they say: the head of the file names who wrote it and when."""
    return path.exists() and said(path.read_bytes()) == said(compiled(catalogue))


def said(compiled_catalogue: bytes) -> list[tuple[object, object, object]]:
    return [(one.context, one.id, one.string) for one in read_mo(BytesIO(compiled_catalogue)) if one.id]


def main(arguments: list[str]) -> int:
    found, wrong = texts(), 0
    for path in catalogues():
        if arguments != ["check"]:
            update(path, found)
        for fault in faults(path, found):
            wrong += 1
            print(f"{path.relative_to(ROOT)}: {fault}")
    if wrong:
        print(
            f"\n{wrong} to mend; `./dev translate` adds and removes entries and compiles, the rest is for a translator."
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
