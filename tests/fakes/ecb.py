"""The European Central Bank's data service on this machine: strict about the question, and silent on days off.

`rates`: what a euro is worth, by currency and day, as text. A question that nothing answers is a 404, as there.
"""

from __future__ import annotations

import re
from datetime import date

from tests.fakes.vendor import Call, FakeVendor, Reply

PATH = re.compile(r"/data/EXR/D\.((?:[A-Z]{3}\+)*[A-Z]{3})\.EUR\.SP00\.A")
HEAD = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE"


class EcbFake(FakeVendor):
    def __init__(self, rates: dict[str, dict[str, str]]) -> None:
        super().__init__()
        self.rates = rates
        self.says: Reply | None = None

    @property
    def asked(self) -> list[tuple[list[str], str]]:
        """(currencies, first day) of each question."""
        found = [(PATH.fullmatch(one.path), one.query) for one in self.calls]
        return [(path[1].split("+"), query["startPeriod"][0]) for path, query in found if path]

    def reply(self, call: Call) -> Reply:
        if self.says is not None:
            return self.says
        path = PATH.fullmatch(call.path)
        if call.method != "GET" or path is None:
            return Reply(404, b"No such address")
        if set(call.query) != {"startPeriod", "detail", "format"}:
            return Reply(400, b"unknown parameter")
        if (call.query["detail"], call.query["format"]) != (["dataonly"], ["csvdata"]):
            return Reply(406)
        since = date.fromisoformat(call.query["startPeriod"][0]).isoformat()
        rows = [
            f"EXR.D.{currency}.EUR.SP00.A,D,{currency},EUR,SP00,A,{day},{rate}"
            for currency in path[1].split("+")
            for day, rate in sorted(self.rates.get(currency, {}).items())
            if day >= since
        ]
        if not rows:
            return Reply(404, b"No results found.")
        return Reply(200, "\n".join([HEAD, *rows, ""]).encode(), {"Content-Type": "text/csv"})
