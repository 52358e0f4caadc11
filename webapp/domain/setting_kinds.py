"""The kinds of settings: how each is written in a form, what of it is taken, and how it is said to a person.

`read` takes what was typed, as a list since some are chosen several at a time, and raises Invalid with a sentence.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _

from webapp import bank_transfers
from webapp.bank_transfers import PLACEHOLDER
from webapp.errors import Invalid

Options = Callable[[], Mapping[str, str]]
WHITE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`control`: which one a form shows for it."""

    control: ClassVar[str] = "text"
    optional: bool = False

    def read(self, typed: list[str]) -> Any:
        raise NotImplementedError

    def take(self, given: Any) -> Any:
        """The same of a value of JSON, which is as settings are kept. Raises Invalid."""
        if not isinstance(given, str):
            raise Invalid(_("Send a string."))
        return self.read([given])

    def written(self, value: Any) -> Any:
        """As a form holds it."""
        return str(value)

    def said(self, value: Any) -> str:
        return str(value) or "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Kind):
    longest: int = 200

    def read(self, typed: list[str]) -> str:
        text = WHITE.sub(" ", typed[0] if typed else "").strip()
        if not text and not self.optional:
            raise Invalid(_("Enter something here."))
        return within(self.longest, text)


def within(longest: int, text: str) -> str:
    """The text, which may be so long. Raises Invalid."""
    if len(text) > longest:
        raise Invalid(_("Use at most %(num)d characters.", num=longest))
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines(Kind):
    """Several lines, or none."""

    control: ClassVar[str] = "lines"
    longest: int = 2000

    def read(self, typed: list[str]) -> str:
        text = "\n".join(line.rstrip() for line in (typed[0] if typed else "").strip().splitlines())
        return within(self.longest, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording(Lines):
    """Lines for customers, which may name what is known only then: `{{ reference }}`. Plain text, as it is shown."""

    names: tuple[str, ...] = ()

    def read(self, typed: list[str]) -> str:
        text = "\n".join(clean(line) for line in Lines.read(self, typed).splitlines())
        named = PLACEHOLDER.findall(text)
        if set(named) - set(self.names) or set(PLACEHOLDER.sub("", text)) & set("{}"):
            known = ", ".join(f"{{{{ {one} }}}}" for one in self.names)
            raise Invalid(_("In braces only these can stand: %(names)s.", names=known))
        return text


def clean(line: str) -> str:
    """Without what is not seen, and could make a line read otherwise than it is written."""
    return "".join(" " if one.isspace() else one for one in line if one.isspace() or one.isprintable()).rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Iban(Kind):
    """A bank account, typed with blanks or without; country, length and check digits are looked at."""

    control: ClassVar[str] = "key"
    optional: bool = True

    def read(self, typed: list[str]) -> str:
        text = (typed[0] if typed else "").strip()
        try:
            return bank_transfers.read_iban(text) if text else ""
        except ValueError:
            words = _("This is no IBAN: a character is wrong or missing. Copy it from your bank once more.")
            raise Invalid(words) from None

    def written(self, value: Any) -> str:
        return bank_transfers.in_groups(str(value))

    def said(self, value: Any) -> str:
        return self.written(value) or "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bic(Kind):
    """The bank's code, of 8 or 11 characters."""

    control: ClassVar[str] = "key"
    optional: bool = True

    def read(self, typed: list[str]) -> str:
        text = (typed[0] if typed else "").strip()
        try:
            return bank_transfers.read_bic(text) if text else ""
        except ValueError:
            raise Invalid(_("A BIC has 8 or 11 letters and digits, like BYLADEM1001.")) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpAddresses(Lines):
    """IPv4 and IPv6 addresses that can be reached from anywhere, one a line, as they are written shortest; or none."""

    at_most: int = 8

    def read(self, typed: list[str]) -> str:
        words = re.split(r"[\s,;]+", (typed[0] if typed else "").strip(" ,;\n\r\t"))
        try:
            found = [ipaddress.ip_address(one) for one in words if one]
        except ValueError:
            raise Invalid(_("Enter IP addresses like 203.0.113.7, one a line.")) from None
        if any(one.is_unspecified or one.is_multicast or one.is_link_local for one in found):
            raise Invalid(_("One of these addresses is no server's."))
        if len(found) > self.at_most:
            raise Invalid(_("Enter at most %(num)d addresses.", num=self.at_most))
        return "\n".join(dict.fromkeys(map(str, found)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(Kind):
    control: ClassVar[str] = "email"

    def read(self, typed: list[str]) -> str:
        text = (typed[0] if typed else "").strip()
        if not text and self.optional:
            return ""
        try:
            return validate_email(text, check_deliverability=False).normalized
        except EmailNotValidError:
            raise Invalid(_("Enter an e-mail address like name@example.com.")) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Kind):
    """A page somewhere, or of the network itself: `https://example.com/terms`, `/terms`."""

    control: ClassVar[str] = "url"
    optional: bool = True

    def read(self, typed: list[str]) -> str:
        text = (typed[0] if typed else "").strip()
        if (text and not (is_web_address(text) or is_path(text))) or len(text) > 500:
            raise Invalid(_("Enter an address like https://example.com/terms, or a path like /terms."))
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Address):
    """Where another system takes what we tell it: `https://hosting.example.com/sites`."""

    def read(self, typed: list[str]) -> str:
        text = (typed[0] if typed else "").strip()
        if text and (not is_web_address(text) or len(text) > 500 or set(text) & set("?#")):
            raise Invalid(_("Enter an address like https://hosting.example.com/sites."))
        return text


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    return named and parts.scheme in ("http", "https") and text.isprintable() and " " not in text


def is_path(text: str) -> bool:
    return text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and " " not in text


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Kind):
    control: ClassVar[str] = "number"
    least: int
    most: int

    def read(self, typed: list[str]) -> int:
        text = (typed[0] if typed else "").strip()
        if not re.fullmatch("[0-9]{1,9}", text) or not self.least <= int(text) <= self.most:
            raise Invalid(_("Enter a whole number from %(least)d to %(most)d.", least=self.least, most=self.most))
        return int(text)

    def take(self, given: Any) -> int:
        if type(given) is not int:
            raise Invalid(_("Send a whole number."))
        return self.read([str(given)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Days(Kind):
    """Days in rising order: `1, 3, 5, 7`; or none."""

    most: int = 60
    at_most: int = 10

    def read(self, typed: list[str]) -> list[int]:
        words = re.split(r"[\s,;]+", (typed[0] if typed else "").strip(" ,;"))
        days = [int(one) if re.fullmatch("[0-9]{1,3}", one) else 0 for one in words if one]
        rising = all(one < other for one, other in zip([0, *days], [*days, self.most + 1], strict=True))
        if not rising or len(days) > self.at_most:
            raise Invalid(_("Enter days in rising order, each from 1 to %(most)d, like 1, 3, 5, 7.", most=self.most))
        return days

    def take(self, given: Any) -> list[int]:
        if not isinstance(given, list) or not all(type(one) is int and 0 < one < 1000 for one in given):
            raise Invalid(_("Enter days in rising order, each from 1 to %(most)d, like 1, 3, 5, 7.", most=self.most))
        return self.read([self.written(given)])

    def written(self, value: Any) -> str:
        return ", ".join(map(str, value))

    def said(self, value: Any) -> str:
        return self.written(value) or "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Kind):
    control: ClassVar[str] = "flag"

    def take(self, given: Any) -> bool:
        if type(given) is not bool:
            raise Invalid(_("Send true or false."))
        return given

    def read(self, typed: list[str]) -> bool:
        return bool(typed and typed[0])

    def written(self, value: Any) -> bool:
        return bool(value)

    def said(self, value: Any) -> str:
        return _("yes") if value else _("no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Kind):
    """Chosen from a list. `options`: the word of each by what is kept for it."""

    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Listed):
    """One of a few."""

    control: ClassVar[str] = "choice"

    def read(self, typed: list[str]) -> str:
        if not typed or typed[0] not in self.options():
            raise Invalid(_("Choose one of these."))
        return typed[0]

    def said(self, value: Any) -> str:
        return self.options().get(value, str(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOfMany(Choice):
    """One of a long list."""

    control: ClassVar[str] = "select"


@dataclass(frozen=True, slots=True, kw_only=True)
class Several(Listed):
    """Any number of a list, in its order; none of them means all."""

    control: ClassVar[str] = "several"

    def read(self, typed: list[str]) -> list[str]:
        known = self.options()
        if any(one not in known for one in typed):
            raise Invalid(_("Choose only from this list."))
        return [one for one in known if one in typed]

    def take(self, given: Any) -> list[str]:
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise Invalid(_("Send a list of strings."))
        return self.read(given)

    def written(self, value: Any) -> list[str]:
        return list(value)

    def said(self, value: Any) -> str:
        known = self.options()
        return ", ".join(known.get(one, one) for one in value) or _("all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour(Kind):
    """`#14664a`, typed with or without its sign, in three digits or six."""

    control: ClassVar[str] = "colour"
    optional: bool = True

    def read(self, typed: list[str]) -> str:
        text = (typed[0] if typed else "").strip().lstrip("#").lower()
        if not text:
            return ""
        if not re.fullmatch("[0-9a-f]{3}|[0-9a-f]{6}", text):
            raise Invalid(_("Enter a colour like #14664a."))
        return "#" + (text if len(text) == 6 else "".join(one * 2 for one in text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(Kind):
    """What a vendor hands out, not secret: no blanks, only signs that an address can hold."""

    control: ClassVar[str] = "key"
    optional: bool = True
    longest: int = 200

    def read(self, typed: list[str]) -> str:
        text = (typed[0] if typed else "").strip()
        if not (text.isascii() and text.isprintable()) or " " in text or len(text) > self.longest:
            raise Invalid(_("It holds characters that no key has. Copy it again."))
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret(Key):
    """Never shown again once it is kept; an empty field keeps it."""

    control: ClassVar[str] = "secret"
    longest: int = 2000

    def written(self, value: Any) -> str:
        return ""

    def said(self, value: Any) -> str:
        return "••••" if value else "–"
