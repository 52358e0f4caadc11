"""VIES, the EU's registry of VAT ids: https://ec.europa.eu/taxation_customs/vies/#/technical-information

Its REST service answers `check-vat-number`. The member states are asked while one waits: any of them may be away for
hours, and then it says so in `errorWrappers`, with whatever HTTP status. Who names its own number gets a consultation
number, which tax offices take as evidence. Names and addresses that come along are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from webapp.outgoing import PermanentFailure, TryLater
from webapp.settings import Settings
from webapp.vendors.addresses import base_url
from webapp.vendors.answers import Answer, Limits
from webapp.vendors.http import VendorHttp

PATH = "/check-vat-number"
SLOW = Limits(connect=3.0, read=15.0, total=20.0, answer_bytes=64 * 1024)
ERRORS = (400, 404, 409, 429, 500, 502, 503)
NOT_A_NUMBER = "INVALID_INPUT"
NOT_OURS = "INVALID_REQUESTER_INFO"


@dataclass(frozen=True, slots=True)
class Found:
    """The registry's word. `consultation`: what it calls the question; "" where we did not say who asks."""

    valid: bool
    consultation: str = ""


def from_settings(settings: Settings, **options: Any) -> Vies:
    base = base_url(settings, "VIES_API_BASE", "https://ec.europa.eu/taxation_customs/vies/rest-api")
    return Vies(VendorHttp("vies", base, **{"limits": SLOW, **options}))


class Vies:
    """Numbers begin with the letters that the registry uses: `EL` for Greece."""

    def __init__(self, http: VendorHttp) -> None:
        self._http = http

    def close(self) -> None:
        self._http.close()

    def check(self, number: str, requester: str = "") -> Found:
        """Whether the number is given to anybody. `requester`: our own number, if we have one.

        Raises TryLater when nobody there can tell now, PermanentFailure when the question is refused.
        """
        said = self._ask(number, requester)
        if requester and self._error(said) == NOT_OURS:
            said = self._ask(number, "")
        return self._found(said)

    def _ask(self, number: str, requester: str) -> Answer:
        asked = {"countryCode": number[:2], "vatNumber": number[2:]}
        if requester:
            asked |= {"requesterMemberStateCode": requester[:2], "requesterNumber": requester[2:]}
        return self._http.call("POST", PATH, json_body=asked, expect=ERRORS)

    def _found(self, answer: Answer) -> Found:
        said, error = answer.json(), self._error(answer)
        if error == NOT_A_NUMBER:
            return Found(False)
        if error:
            raise TryLater(f"vies: {error}", http_status=answer.status)
        if not 200 <= answer.status < 300:
            raise self._http.failure(answer, f"POST {PATH}")
        if not isinstance(said, dict) or type(said.get("valid")) is not bool:
            raise PermanentFailure("vies gave no answer that we know", answer=self._http.excerpt(answer))
        return Found(said["valid"], str(said.get("requestIdentifier") or ""))

    def _error(self, answer: Answer) -> str:
        """The registry's word for what went wrong; "" when nothing did, or it does not say."""
        said = answer.json()
        wrappers = said.get("errorWrappers") if isinstance(said, dict) else None
        first = wrappers[0] if isinstance(wrappers, list) and wrappers else None
        return str(first.get("error") or "UNKNOWN")[:80] if isinstance(first, dict) else ""
