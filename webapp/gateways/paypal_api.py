"""PayPal's interface: signing in, calling, its amounts, and what its refusals mean for the money.

There is no library of PayPal's that knows subscriptions, so it is called as any vendor is (`webapp.vendors.http`).
Nothing here tries again by itself, but for a token that has run out: who asked decides that, with the same key.
https://developer.paypal.com/api/rest/
"""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from webapp import clock
from webapp.gateways.base import Outcome, VendorUnreachable, Verdict
from webapp.gateways.paypal_words import sentence_for
from webapp.money import Money, exponent
from webapp.outgoing import DeliveryFailure
from webapp.vendors.answers import Answer, Limits
from webapp.vendors.http import VendorHttp

log = logging.getLogger(__name__)

API, SANDBOX = "https://api-m.paypal.com", "https://api-m.sandbox.paypal.com"
LIMITS = Limits(connect=4.0, read=20.0, total=25.0, answer_bytes=2 * 1024 * 1024)
REFUSALS = frozenset({400, 403, 404, 409, 422})  # PayPal read the call, and did nothing
EARLY = timedelta(seconds=60)  # so long before it runs out a token is renewed

# https://developer.paypal.com/api/rest/reference/currency-codes/; without decimals, whatever ISO 4217 says: the last.
CURRENCIES = frozenset(
    "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD".split()
)
WITHOUT_DECIMALS = frozenset({"HUF", "JPY", "TWD"})


class Refused(Exception):
    """PayPal read the call and said no. `issue` is the most telling code it gave."""

    def __init__(self, status: int, issue: str) -> None:
        super().__init__(f"{status} {issue}")
        self.status, self.issue = status, issue

    @property
    def reason(self) -> str:
        """As the product writes a vendor's code."""
        return self.issue.lower()


class PayPal:
    """One account: its connections and its token, shared by the threads of a process."""

    def __init__(self, client_id: str, secret: str, base: str) -> None:
        self._http = VendorHttp("paypal", base, secrets=(secret,), limits=LIMITS)
        self._basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self._one = threading.Lock()
        self._token, self._until = "", datetime.min.replace(tzinfo=clock.now().tzinfo)

    # -- calls -------------------------------------------------------------------------------------------------------
    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Raises Refused, and VendorUnreachable when nobody knows."""
        return self._call("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any], key: str = "") -> Any:
        """The whole of what was made. With the same `key` the same thing. Raises as `get` does."""
        headers = {"Prefer": "return=representation", **({"PayPal-Request-Id": key} if key else {})}
        return self._call("POST", path, json_body=body, headers=headers)

    def post_raw(self, path: str, body: bytes) -> Any:
        return self._call("POST", path, body=body)

    def _call(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **told: Any) -> Any:
        for again in (True, False):
            token = self._signed_in()
            bearer = {"Authorization": f"Bearer {token}", **(headers or {})}
            answer = self._send(method, path, headers=bearer, expect=(*REFUSALS, 401), **told)
            if answer.status != 401:
                break
            self._forget(token)
            if not again:
                raise VendorUnreachable("paypal: the credentials are not accepted")
        if answer.status in REFUSALS:
            raise refusal(answer)
        if answer.status == 204:
            return {}
        read = answer.json()
        if not isinstance(read, dict):
            raise VendorUnreachable("paypal: an answer that cannot be read")
        return read

    def _send(self, method: str, path: str, **told: Any) -> Answer:
        try:
            return self._http.call(method, path, **told)
        except DeliveryFailure as failure:
            log.warning("paypal.no_answer", extra={"path": path, "problem": failure.reason})
            raise VendorUnreachable(failure.reason) from None

    # -- signing in --------------------------------------------------------------------------------------------------
    def _signed_in(self) -> str:
        """A token that is good for a while; one thread fetches it, the others wait for that."""
        with self._one:
            if not self._token or clock.now() >= self._until - EARLY:
                self._token, self._until = self._new_token()
            return self._token

    def _new_token(self) -> tuple[str, datetime]:
        headers = {"Authorization": f"Basic {self._basic}", "Content-Type": "application/x-www-form-urlencoded"}
        body = b"grant_type=client_credentials"
        answer = self._send("POST", "/v1/oauth2/token", body=body, headers=headers, expect=(400, 401, 403))
        read: Any = answer.json() if answer.status == 200 else None
        try:
            return str(read["access_token"]), clock.now() + timedelta(seconds=int(read["expires_in"]))
        except (LookupError, TypeError, ValueError):
            raise VendorUnreachable(f"paypal: not signed in ({answer.status})") from None

    def sign_in_anew(self) -> None:
        """Whatever token there is: so the keys are seen to work now. Raises VendorUnreachable."""
        with self._one:
            self._token, self._until = self._new_token()

    def _forget(self, token: str) -> None:
        with self._one:
            if self._token == token:
                self._token = ""


@lru_cache(maxsize=4)
def connect(client_id: str, secret: str, base: str) -> PayPal:
    """One for an account, with its connections kept open."""
    return PayPal(client_id, secret, base)


def refusal(answer: Answer) -> Refused:
    """With the id that PayPal's own log has it under; never with what was sent."""
    told = answer.json()
    told = told if isinstance(told, dict) else {}
    details = told.get("details")
    first = details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}
    issue = str(first.get("issue") or told.get("name") or "REFUSED")
    field = str(first.get("field") or "")
    debug = str(told.get("debug_id") or answer.headers.get("Paypal-Debug-Id") or "")
    log.warning("paypal.refused", extra={"status": answer.status, "issue": issue, "field": field, "debug_id": debug})
    return Refused(answer.status, issue)


# -- amounts ---------------------------------------------------------------------------------------------------------
class UnsupportedAmount(Exception):
    """PayPal has no way to say this amount."""


def to_paypal(amount: Money) -> dict[str, str]:
    """`{"currency_code": "EUR", "value": "29.99"}`. Raises UnsupportedAmount."""
    if amount.currency not in CURRENCIES:
        raise UnsupportedAmount(f"{amount}")
    places = exponent(amount.currency)
    whole, rest = divmod(amount.minor, 10**places)
    if amount.currency in WITHOUT_DECIMALS:
        if rest:
            raise UnsupportedAmount(f"{amount}")
        return {"currency_code": amount.currency, "value": str(whole)}
    return {"currency_code": amount.currency, "value": f"{whole}.{rest:0{places}d}"}


def from_paypal(told: Mapping[str, Any]) -> Money:
    """Of the newer interfaces (`currency_code`, `value`) and the older (`currency`, `total`).

    Raises VendorUnreachable for what cannot be read.
    """
    currency = str(told.get("currency_code") or told.get("currency") or "")
    text = str(told.get("value") or told.get("total") or "")
    whole, _point, part = text.removeprefix("-").partition(".")
    places = exponent(currency) if currency in CURRENCIES else -1
    if places < 0 or not whole.isdigit() or not (part + "0").isdigit() or part[places:].strip("0"):
        raise VendorUnreachable("paypal: an amount that cannot be read")
    return Money(int(whole + part[:places].ljust(places, "0")), currency)


# -- refusals --------------------------------------------------------------------------------------------------------
def declined(reason: str, reference: str | None = None) -> Outcome:
    return Outcome(Verdict.DECLINED, reference=reference, reason=reason, message=sentence_for(reason))


def one_line(text: str, otherwise: str, at_most: int = 127) -> str:
    """What people read at PayPal: no control characters, never empty, never too long."""
    return " ".join(text.split())[:at_most] or otherwise
