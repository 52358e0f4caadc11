"""The euro reference rates of the European Central Bank: https://data.ecb.europa.eu/help/api/data

Its data service answers with a table: a row for each currency and working day, with how much of the currency a euro is
worth. No key, no secret; what is asked for are names of currencies and a day.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from webapp.domain.exchange_rates import is_possible
from webapp.outgoing import PermanentFailure
from webapp.settings import Settings
from webapp.vendors.addresses import base_url
from webapp.vendors.answers import Answer, Limits
from webapp.vendors.http import VendorHttp

LONG = Limits(connect=5.0, read=30.0, total=60.0, answer_bytes=16 * 1024 * 1024)
DAY, VALUE, CURRENCY, AGAINST = "TIME_PERIOD", "OBS_VALUE", "CURRENCY", "CURRENCY_DENOM"


def from_settings(settings: Settings, **options: Any) -> Ecb:
    base = base_url(settings, "ECB_API_BASE", "https://data-api.ecb.europa.eu/service")
    return Ecb(VendorHttp("ecb", base, **{"limits": LONG, **options}))


class Ecb:
    def __init__(self, http: VendorHttp) -> None:
        self._http = http

    def close(self) -> None:
        self._http.close()

    def rates(self, currencies: Sequence[str], since: date) -> list[tuple[str, date, Decimal]]:
        """(currency, day, worth of a euro) from that day on.

        Raises TryLater when the bank cannot tell now, PermanentFailure when it refuses, or is not understood.
        """
        path = f"/data/EXR/D.{'+'.join(currencies)}.EUR.SP00.A"
        query = {"startPeriod": since.isoformat(), "detail": "dataonly", "format": "csvdata"}
        return self._read(self._http.call("GET", path, query=query))

    def _read(self, answer: Answer) -> list[tuple[str, date, Decimal]]:
        try:
            table = csv.DictReader(io.StringIO(answer.text))
            found = [
                (row[CURRENCY], date.fromisoformat(row[DAY]), Decimal(row[VALUE]))
                for row in table
                if row[AGAINST] == "EUR" and row[VALUE]
            ]
        except (KeyError, ValueError, TypeError, InvalidOperation, csv.Error):
            raise self._odd(answer) from None
        if not found or not all(is_possible(rate) for _currency, _day, rate in found):
            raise self._odd(answer)
        return found

    def _odd(self, answer: Answer) -> PermanentFailure:
        excerpt = self._http.excerpt(answer)
        return PermanentFailure("ecb gave no rates that we understand", http_status=answer.status, answer=excerpt)
