"""Calls to vendors: limited in time and size, never redirected, silent about credentials.

Whatever goes wrong becomes one of the two failures the outbox understands: TryLater or PermanentFailure.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Collection, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, quote_plus

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from webapp.outgoing import NotTried, PermanentFailure, TryLater
from webapp.vendors.addresses import is_this_machine
from webapp.vendors.answers import Answer, Limits
from webapp.vendors.guarding import GuardedAdapter, NotPublic

log = logging.getLogger(__name__)

BUSY = frozenset({408, 423, 425, 429})
EXCERPT_AT_MOST = 500
REFUSALS = {
    401: "does not accept the credentials",
    403: "does not permit this with these credentials",
    404: "does not know the address",
}
CONNECTIONS_AT_MOST = 16


def without_queries(record: logging.LogRecord) -> bool:
    """urllib3 logs whole addresses, and some vendors want their secret in the query."""
    record.msg, record.args = re.sub(r"\?[^\s\"')]+", "?…", record.getMessage()), ()
    return True


logging.getLogger("urllib3.connectionpool").addFilter(without_queries)


def no_pause(_answer: Answer) -> float | None:
    return None


class VendorHttp:
    """One vendor's connections, kept open and shared by the threads of a process.

    `secrets` are blotted out of everything that is shown. `pause` says how long to wait after a 429 that does
    not say so itself. Once a pause was asked for, no further call leaves this process until it is over. `guarded`:
    somebody typed the address, so it has to be a public one.
    """

    def __init__(
        self,
        vendor: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: Collection[str] = (),
        limits: Limits = Limits(),
        pause: Callable[[Answer], float | None] = no_pause,
        timer: Callable[[], float] = time.monotonic,
        guarded: bool = False,
    ) -> None:
        self.vendor, self.base_url, self.limits = vendor, base_url.rstrip("/"), limits
        forms = {form for one in secrets if one for form in (one, quote(one, safe=""), quote_plus(one))}
        self._secrets = sorted(forms, key=len, reverse=True)
        self._pause, self._timer, self._paused_until = pause, timer, float("-inf")
        self._session = _session(dict(headers or {}), guarded, trust_env=not is_this_machine(base_url))

    def close(self) -> None:
        self._session.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        json_body: Any = None,
        body: bytes | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        expect: Collection[int] = (),
    ) -> Answer:
        """The answer, if it is a success or its status is one of `expect`.

        Raises TryLater when the vendor is busy, broken or silent, or its answer was lost (the call may have
        taken effect then), and PermanentFailure when it refuses.
        """
        self._keep_pause()
        begun = time.perf_counter()
        data = body if json_body is None else json.dumps(json_body).encode()
        result = self._exchange(method, path, data, query, headers or {})
        status = result.status if isinstance(result, Answer) else type(result).__name__
        took = round((time.perf_counter() - begun) * 1000)
        fields = {"vendor": self.vendor, "method": method, "path": path, "status": status, "ms": took}
        log.info("vendor.called", extra=fields)
        if not isinstance(result, Answer):
            raise result  # out here, so that it does not hang on to one with the whole address in its text
        if 200 <= result.status < 300 or result.status in expect:
            return result
        raise self.failure(result, f"{method} {path}")

    def failure(self, answer: Answer, what: str) -> TryLater | PermanentFailure:
        """What the outbox is told of an answer that is no success."""
        excerpt = self.excerpt(answer)
        if answer.status in BUSY or answer.status >= 500:
            reason, after = f"{self.vendor} answered {what} with {answer.status}", self._asked_to_wait(answer)
            return TryLater(reason, after=after, http_status=answer.status, answer=excerpt)
        redirected = answer.status < 400
        refusal = "redirects" if redirected else REFUSALS.get(answer.status, "refuses this")
        reason = f"{self.vendor} {refusal}: {answer.status} for {what}"
        return PermanentFailure(reason, http_status=answer.status, answer=excerpt)

    def excerpt(self, answer: Answer) -> str:
        """The beginning of an answer, for the operator."""
        return self.scrub(answer.text)[:EXCERPT_AT_MOST]

    def scrub(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def _asked_to_wait(self, answer: Answer) -> float | None:
        after = answer.retry_after
        if after is None and answer.status == 429:
            after = self._pause(answer)
        if after is not None:
            self._paused_until = self._timer() + after
        return after

    def _keep_pause(self) -> None:
        left = self._paused_until - self._timer()
        if left > 0:
            raise NotTried(f"{self.vendor} asked for a pause", after=left)

    def _exchange(
        self,
        method: str,
        path: str,
        data: bytes | None,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str],
    ) -> Answer | TryLater | PermanentFailure:
        until = time.monotonic() + self.limits.total
        try:
            with self._session.request(
                method,
                self.base_url + path,
                params=query,
                data=data,
                headers={**({"Content-Type": "application/json"} if data is not None else {}), **headers},
                timeout=(self.limits.connect, self.limits.read),
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._read(response, until)
        except NotPublic:
            return PermanentFailure(f"{self.vendor} is at an address that is not public")
        except (requests.Timeout, ReadTimeoutError):
            return TryLater(f"{self.vendor} did not answer in time")
        except (requests.ConnectionError, HTTPError):
            return TryLater(f"{self.vendor} was not reached, or its answer was lost")
        except (requests.RequestException, ValueError) as error:
            return PermanentFailure(f"{self.vendor} cannot be called like this: {type(error).__name__}")

    def _read(self, response: requests.Response, until: float) -> Answer | TryLater | PermanentFailure:
        body = b""
        while chunk := response.raw.read1(16384, decode_content=True):
            body += chunk
            if len(body) > self.limits.answer_bytes:
                reason = f"{self.vendor} answered with more than {self.limits.answer_bytes} bytes"
                return PermanentFailure(reason, http_status=response.status_code)
            if time.monotonic() > until:
                return TryLater(f"{self.vendor} did not answer in time")
        return Answer(response.status_code, body, response.headers)


def _session(headers: dict[str, str], guarded: bool, *, trust_env: bool) -> requests.Session:
    session, kind = requests.Session(), GuardedAdapter if guarded else HTTPAdapter
    for scheme in ("https://", "http://"):
        adapter = kind(pool_connections=1, pool_maxsize=CONNECTIONS_AT_MOST, max_retries=0)
        session.mount(scheme, adapter)
    session.headers.update({"User-Agent": "Parzelle", "Accept-Encoding": "identity", **headers})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = _as_it_is  # else an entry in the machine's .netrc would replace the vendor's header
    session.trust_env = trust_env
    return session


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
