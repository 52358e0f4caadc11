"""VAT ids of the EU: format and checksum here, whether they exist by the registry's word, which a worker asks for.

A number whose answer is not known is never taken for valid: it is taxed, and asked about again.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from webapp import clock
from webapp.models import TaxIdStatus

ANSWER_HOLDS = timedelta(hours=24)
# Member states by their ISO code, with the letters that their numbers begin with where these are others.
MEMBERS = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())
PREFIXES = {"GR": "EL"}


class Facts(Protocol):
    """What is known of a number: the row, or some of its columns."""

    @property
    def status(self) -> TaxIdStatus | None: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def consultation(self) -> str | None: ...


def number_of(text: str, country: str) -> str:
    """The number with its country's letters, typed or not; "" when it is none of that member state."""
    if country not in MEMBERS or not text.strip():
        return ""
    prefix = PREFIXES.get(country, country)
    for typed in (text, prefix + text):
        with suppress(ValidationError):
            number = str(vat.validate(typed))
            if number[:2] in (prefix, country):
                return prefix + number[2:]
    return ""


def fits(text: str, country: str) -> bool:
    """Whether it may be the id of somebody in this country; outside the EU nobody here can tell."""
    return not text.strip() or country not in MEMBERS or bool(number_of(text, country))


def number_abroad(text: str, country: str, seller: str) -> str:
    """The number that the registry has to be asked about: of a member state other than the seller's; else ""."""
    return "" if country == seller else number_of(text, country)


def answer(known: Facts) -> TaxIdStatus | None:
    """VALID or INVALID as long as the registry's word holds; None when it has to be asked."""
    fresh = known.answered_at is not None and clock.now() < known.answered_at + ANSWER_HOLDS
    return known.status if fresh and known.status in (TaxIdStatus.VALID, TaxIdStatus.INVALID) else None


def told(known: Facts) -> dict[str, Any]:
    """The answer as evidence keeps it."""
    status = answer(known)
    at = known.answered_at if status is not None else None
    return {
        "status": str(status or TaxIdStatus.ASKED),
        "at": clock.rfc3339(at) if at is not None else None,
        "consultation": (known.consultation or "") if status is not None else "",
    }
