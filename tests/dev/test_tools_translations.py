"""What the check of the catalogues finds, and what bringing them to the texts does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import translations

HEAD = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
HELLO = 'msgid "Hello %(name)s"\nmsgstr "Hallo %(name)s"\n'
DAYS = 'msgid "%(num)d day"\nmsgid_plural "%(num)d days"\nmsgstr[0] "%(num)d Tag"\nmsgstr[1] "%(num)d Tage"\n'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text("<p>{{ _('Hello %(name)s', name=name) }}</p>")
    (tmp_path / "words.py").write_text("word = ngettext('%(num)d day', '%(num)d days', 2)\n")
    return tmp_path


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "translations" / "de" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    return path


def found(catalogue: Path, source: Path, text: str, *, compiles: bool = True) -> list[str]:
    catalogue.write_text(HEAD + text)
    if compiles:
        catalogue.with_suffix(".mo").write_bytes(translations.compiled(translations.read(catalogue)))
    return list(translations.faults(catalogue, translations.texts(source)))


def test_a_catalogue_that_says_everything_is_fine(source: Path, catalogue: Path) -> None:
    assert found(catalogue, source, f"{HELLO}\n{DAYS}") == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HELLO, "no entry: ('%(num)d day', '%(num)d days')"),
        (f'{HELLO}\n{DAYS}\nmsgid "Gone"\nmsgstr "Fort"\n', "no longer in the source: 'Gone'"),
        (f'{HELLO}\n{DAYS}\n#~ msgid "Gone"\n#~ msgstr "Fort"\n', "marked obsolete: 'Gone'"),
        (f"#, fuzzy\n{HELLO}\n{DAYS}", "marked fuzzy: 'Hello %(name)s'"),
        (f'{DAYS}\nmsgid "Hello %(name)s"\nmsgstr ""\n', "not translated: 'Hello %(name)s'"),
        (f"{HELLO}\n{DAYS.replace('%(num)d Tage', '')}", "not translated: ('%(num)d day', '%(num)d days')"),
        (f"{HELLO.replace('Hallo %(name)s', 'Hallo')}\n{DAYS}", "other placeholders than: 'Hello %(name)s'"),
        (f"{HELLO.replace('Hallo %(name)s', 'Hallo %(Name)s')}\n{DAYS}", "other placeholders than: 'Hello %(name)s'"),
        (f"{HELLO.replace('Hallo', '50 % Hallo')}\n{DAYS}", "a single % among placeholders: 'Hello %(name)s'"),
    ],
)
def test_what_is_wrong_is_named(source: Path, catalogue: Path, text: str, fault: str) -> None:
    assert found(catalogue, source, text) == [fault]


def test_a_compiled_catalogue_that_says_something_else_is_found(source: Path, catalogue: Path) -> None:
    stale = ["the .mo is not compiled from this .po"]
    assert found(catalogue, source, f"{HELLO}\n{DAYS}", compiles=False) == stale
    found(catalogue, source, f"{HELLO.replace('Hallo', 'Moin')}\n{DAYS}")
    assert found(catalogue, source, f"{HELLO}\n{DAYS}", compiles=False) == stale


def test_bringing_it_up_to_date_keeps_what_is_translated(source: Path, catalogue: Path) -> None:
    found(catalogue, source, f'{HELLO}\nmsgid "Hello"\nmsgstr "Hallo"\n')
    translations.update(catalogue, translations.texts(source))

    assert list(translations.faults(catalogue, translations.texts(source))) == [
        "not translated: ('%(num)d day', '%(num)d days')"
    ]
    assert "Hallo %(name)s" in catalogue.read_text()
    assert '"Hello"' not in catalogue.read_text()


def test_bringing_it_up_to_date_twice_changes_nothing(source: Path, catalogue: Path) -> None:
    found(catalogue, source, f"{HELLO}\n{DAYS}")
    translations.update(catalogue, translations.texts(source))
    before = catalogue.read_bytes(), catalogue.with_suffix(".mo").read_bytes()
    translations.update(catalogue, translations.texts(source))
    assert (catalogue.read_bytes(), catalogue.with_suffix(".mo").read_bytes()) == before


def test_a_text_that_has_got_a_plural_is_translated_anew(source: Path, catalogue: Path) -> None:
    found(catalogue, source, f'{HELLO}\nmsgid "%(num)d day"\nmsgstr "%(num)d Tag"\n')
    translations.update(catalogue, translations.texts(source))
    assert list(translations.faults(catalogue, translations.texts(source))) == [
        "not translated: ('%(num)d day', '%(num)d days')"
    ]
    assert 'msgstr[0] "%(num)d Tag"' in catalogue.read_text()
