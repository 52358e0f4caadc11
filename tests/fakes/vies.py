"""The EU's registry of VAT ids on this machine: strict about the question, and as moody as the real one.

It answers what `numbers` says; a number that is not there is given to nobody. `away`: member states that do not
answer today, and what the registry says of them.
"""

from __future__ import annotations

import re

from tests.fakes.vendor import Call, FakeVendor, Reply

FIELDS = {"countryCode", "vatNumber", "requesterMemberStateCode", "requesterNumber"}
STATES = frozenset("AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".split())


class ViesFake(FakeVendor):
    def __init__(self, *numbers: str) -> None:
        super().__init__()
        self.numbers = set(numbers)
        self.away: dict[str, str] = {}
        self.error_status = 200

    @property
    def asked(self) -> list[str]:
        """The numbers it was asked about, in order."""
        bodies = [call.json() for call in self.calls]
        return [one["countryCode"] + one["vatNumber"] for one in bodies]

    def reply(self, call: Call) -> Reply:
        if (call.method, call.path) != ("POST", "/check-vat-number"):
            return Reply(404, {"message": "No such address"})
        if call.headers.get("Content-Type") != "application/json":
            return Reply(415)
        asked = call.json()
        if not isinstance(asked, dict) or not set(asked) <= FIELDS:
            return Reply(400, {"message": "unknown field"})
        country, number = asked.get("countryCode"), asked.get("vatNumber")
        if country not in STATES or not isinstance(number, str) or not re.fullmatch(r"[0-9A-Z+*]{2,12}", number):
            return self._error("INVALID_INPUT")
        if country in self.away:
            return self._error(self.away[country])
        requester = (asked.get("requesterMemberStateCode"), asked.get("requesterNumber"))
        if any(requester) and "".join(filter(None, requester)) not in self.numbers:
            return self._error("INVALID_REQUESTER_INFO")
        return Reply(200, self._word(country, number, named=all(requester)))

    def _word(self, country: str, number: str, *, named: bool) -> dict[str, object]:
        return {
            "countryCode": country,
            "vatNumber": number,
            "requestDate": "2027-01-31T10:00:00.000Z",
            "valid": country + number in self.numbers,
            "requestIdentifier": "WAPIAAAAX1234567" if named else "",
            "name": "A company whose name is nobody's business",
            "address": "---",
        }

    def _error(self, word: str) -> Reply:
        return Reply(self.error_status, {"actionSucceed": False, "errorWrappers": [{"error": word}]})
