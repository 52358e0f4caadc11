"""What a kind of message is: its slug, what it is for, who gets it, and what its text may name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from flask_babel import lazy_gettext as _l

from webapp.domain.mail_rendering import FOLDER


class Audience(StrEnum):
    CUSTOMER = "customer"
    USER = "user"  # whoever signs in, staff included
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`sample` fills it in a preview. What is `secret` is kept encrypted until the mail is sent, then nowhere. A link
    that is `needed` stays in the text, whoever words it."""

    name: str
    meaning: str
    sample: str
    secret: bool = False
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    slug: str
    name: str
    when: str
    audience: Audience
    placeholders: tuple[Placeholder, ...]
    folder: Path = FOLDER  # of its texts: `<language>/<slug>.md`

    @property
    def names(self) -> frozenset[str]:
        return frozenset(one.name for one in self.placeholders)

    @property
    def samples(self) -> dict[str, str]:
        return {one.name: str(one.sample) for one in (*self.placeholders, *EVERYWHERE)}


NETWORK = Placeholder("network_name", _l("The network's name"), "Parzelle")
SUPPORT = Placeholder("support_email", _l("The address for questions"), "support@example.com")
ADDRESS = Placeholder("network_url", _l("The address of the network's front page"), "https://example.com")
# These fill themselves, in every message.
EVERYWHERE = (NETWORK, SUPPORT, ADDRESS)

NAME = Placeholder("name", _l("The person's name; may be empty"), "Ada Lovelace")

KINDS: dict[str, Kind] = {}


def declare(
    slug: str,
    name: str,
    *placeholders: Placeholder,
    when: str,
    to: Audience = Audience.CUSTOMER,
    folder: Path = FOLDER,
) -> None:
    """An add-on names the folder of its own texts, which has at least `en/<slug>.md`."""
    KINDS[slug] = Kind(slug, name, when, to, placeholders, folder)


def link(meaning: str, path: str, *, secret: bool = False, needed: bool = False) -> Placeholder:
    """A secret one is what the message is for, and so needed."""
    return Placeholder("link", meaning, f"https://example.com{path}", secret=secret, needed=needed or secret)
