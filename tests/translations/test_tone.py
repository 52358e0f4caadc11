"""How we speak (ux.md, M0): with "Sie", without blame, shouting or foreign signs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tools import translations

(PATH,) = (path for path in translations.catalogues() if "de" in path.parts)
CATALOGUE = [message for message in translations.read(PATH) if message.id]
INSERTED = re.compile(r"%\(\w+\)[sd]|\{\w+\}")

ENGLISH = {
    "shouting": r"!",
    "blame or noise": r"\b(oops|invalid|illegal|sorry)\b",
    "three dots": r"\.\.\.",
    "straight quotes": r"(?<![=\w])\"\w",
}
GERMAN = {
    "shouting": r"!",
    "blame or noise": r"\b(ungültig\w*|hoppla|ups|leider|bitte)\b",
    "du": r"\b(du|dir|dich|deine?[mnrs]?|euch|eure?[mnrs]?)\b",
    "another word for Website": r"\b(Webseiten?|Homepages?|Site|Sites)\b",
    "another word for Tarif": r"\b(Abonnements?|Abos?|Pakete?|Plans?|Pläne)\b",
    "another word for kündigen": r"\b(stornier\w+|abbestell\w+)\b",
    "another word for E-Mail": r"(?<![-\w])(mails?|emails?)\b",
    "another word for anmelden": r"\b(einloggen|Login|ausloggen|Logout)\b",
    "three dots": r"\.\.\.",
    "quotes of another language": r"[“”](?=\w)|\"",
    "an amount that may break": r"\d %|z\. B\.",
}


def faults(texts: list[str], rules: dict[str, str]) -> Iterator[str]:
    for text in texts:
        for name, pattern in rules.items():
            if re.search(pattern, text, re.IGNORECASE if name != "another word for Website" else 0):
                yield f"{name}: {text}"


@pytest.mark.ux("M0")
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_text_is_said_as_we_speak(language: str) -> None:
    of = translations.ids_of if language == "en" else translations.strings_of
    texts = [INSERTED.sub("9", text) for message in CATALOGUE for text in of(message)]
    assert list(faults(texts, ENGLISH if language == "en" else GERMAN)) == []
