"""Whatever a vendor does, a call ends: as an answer, "later", or "never". And nobody reads a credential."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import TurnedClock
from tests.fakes.vendor import Call, Drip, DropAnswer, FakeVendor, HangUp, Reply, Silence, Status
from webapp.outgoing import DeliveryFailure, NotTried, PermanentFailure, TryLater
from webapp.vendors.answers import Answer, Limits
from webapp.vendors.http import VendorHttp

TOKEN = "tok-en+very/secret="
IMPATIENT = Limits(read=0.15, total=0.15)


class Echo(FakeVendor):
    """Says back what it was told."""

    def reply(self, call: Call) -> Reply:
        return Reply(200, {"path": call.path, "heard": call.json()})


@pytest.fixture
def vendor() -> Iterator[Echo]:
    with Echo() as vendor:
        yield vendor


@pytest.fixture
def http(vendor: Echo) -> Iterator[VendorHttp]:
    client = client_of(vendor)
    yield client
    client.close()


def client_of(vendor: FakeVendor, **options: Any) -> VendorHttp:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return VendorHttp("acme", vendor.url, headers=headers, secrets=[TOKEN], **options)


def failing(http: VendorHttp, kind: type[Exception]) -> Any:
    with pytest.raises(kind) as caught:
        http.call("POST", "/things", json_body={"a": 1}, query={"api_secret": TOKEN})
    return caught.value


def test_a_success_is_given_back_with_its_body(http: VendorHttp, vendor: Echo) -> None:
    answer = http.call("POST", "/things", json_body={"a": 1})
    assert (answer.status, answer.json()) == (200, {"path": "/things", "heard": {"a": 1}})
    assert vendor.calls[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("status", [408, 423, 425, 429, 500, 502, 503, 504, 599])
def test_a_busy_or_broken_vendor_is_asked_again(http: VendorHttp, vendor: Echo, status: int) -> None:
    vendor.next(Status(status, body={"message": "not now"}))
    failure = failing(http, TryLater)
    assert (failure.http_status, failure.after) == (status, None)
    assert "not now" in failure.answer
    assert http.call("POST", "/things").status == 200


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 422])
def test_a_refusal_is_for_good(http: VendorHttp, vendor: Echo, status: int) -> None:
    vendor.next(Status(status, body={"message": "never"}))
    failure = failing(http, PermanentFailure)
    assert failure.http_status == status
    assert f"{status} for POST /things" in failure.reason


def test_a_refusal_of_the_credentials_says_that_it_is_one(http: VendorHttp, vendor: Echo) -> None:
    vendor.next(Status(401), Status(403))
    assert "does not accept the credentials" in failing(http, PermanentFailure).reason
    assert "does not permit" in failing(http, PermanentFailure).reason


def test_a_status_the_caller_expects_is_an_answer(http: VendorHttp, vendor: Echo) -> None:
    vendor.next(Status(404))
    assert http.call("POST", "/things", expect={404}).status == 404


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(http: VendorHttp, vendor: Echo, status: int) -> None:
    vendor.next(Status(status, {"Location": f"{vendor.url}/elsewhere"}))
    assert "redirects" in failing(http, PermanentFailure).reason
    assert [call.path for call in vendor.calls] == ["/things"]


# -- waiting -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
def test_the_time_a_vendor_asks_for_is_waited(vendor: Echo, status: int) -> None:
    seconds = [1000.0]
    http = client_of(vendor, timer=lambda: seconds[0])
    vendor.next(Status(status, {"Retry-After": "7"}))
    assert failing(http, TryLater).after == 7.0
    seconds[0] += 5
    assert failing(http, NotTried).after == 2.0, "while the pause lasts nothing leaves this process"
    assert len(vendor.calls) == 1
    seconds[0] += 2
    assert http.call("POST", "/things").status == 200
    http.close()


def test_a_429_without_a_time_waits_as_long_as_the_vendor_is_known_to_want(vendor: Echo) -> None:
    http = client_of(vendor, pause=lambda answer: 10.0)
    vendor.next(Status(429))
    assert failing(http, TryLater).after == 10.0
    http.close()


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("1.5", 1.5),
        ("Sun, 31 Jan 2027 10:00:30 GMT", 30.0),
        ("Sun, 31 Jan 2027 09:00:00 GMT", 0.0),
        ("99999999999999999999", 86400.0),
        ("9" * 400, 86400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("Sun, 31 Jan 2027", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(clock: TurnedClock, given: str, seconds: float | None) -> None:
    clock.now = datetime(2027, 1, 31, 10, tzinfo=UTC)
    assert Answer(429, headers={"Retry-After": given}).retry_after == seconds


# -- silence and lost answers --------------------------------------------------------------------------------


def test_a_vendor_that_says_nothing_is_not_waited_for(http: VendorHttp, vendor: Echo) -> None:
    http.limits = IMPATIENT
    vendor.next(Silence())
    assert "in time" in failing(http, TryLater).reason


def test_an_answer_that_never_ends_is_cut_off(http: VendorHttp, vendor: Echo) -> None:
    http.limits = IMPATIENT
    vendor.next(Drip())
    assert "in time" in failing(http, TryLater).reason


@pytest.mark.parametrize("trick", [DropAnswer(), HangUp()])
def test_a_lost_answer_is_asked_for_again(http: VendorHttp, vendor: Echo, trick: object) -> None:
    vendor.next(trick)
    assert "answer was lost" in failing(http, TryLater).reason
    assert http.call("POST", "/things").status == 200


def test_a_vendor_that_is_not_there_is_tried_later() -> None:
    with Echo() as vendor:
        http = client_of(vendor)
    assert "not reached" in failing(http, TryLater).reason
    http.close()


def test_an_endless_answer_is_refused(http: VendorHttp, vendor: Echo) -> None:
    http.limits = Limits(answer_bytes=10_000)
    vendor.next(Status(200, body="x" * 20_000))
    assert "more than 10000 bytes" in failing(http, PermanentFailure).reason


def test_an_answer_that_is_not_json_is_no_error_of_its_own(http: VendorHttp, vendor: Echo) -> None:
    vendor.next(Status(200, body=b"\xff<html>"))
    answer = http.call("POST", "/things")
    assert (answer.json(), answer.text) == (None, "\ufffd<html>")


# -- connections ---------------------------------------------------------------------------------------------


def test_calls_share_one_connection(http: VendorHttp, vendor: Echo) -> None:
    for _ in range(20):
        http.call("POST", "/things", json_body={"a": 1})
    assert vendor.connections == 1


def test_eight_threads_share_a_client(vendor: Echo) -> None:
    http = client_of(vendor)
    with ThreadPoolExecutor(8) as threads:
        heard = list(threads.map(lambda n: http.call("POST", f"/{n}", json_body=n).json(), range(200)))
    assert [one["heard"] for one in heard] == list(range(200))
    assert vendor.connections <= 8
    http.close()


def test_cookies_of_one_call_do_not_come_along_with_the_next(http: VendorHttp, vendor: Echo) -> None:
    vendor.next(Status(200, {"Set-Cookie": "who=somebody; Path=/"}))
    http.call("POST", "/things")
    http.call("POST", "/things")
    assert "Cookie" not in vendor.calls[1].headers


# -- credentials ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trick",
    [
        Status(401, body={"message": f"Bearer {TOKEN} is not known"}),
        Status(400, body=f"?api_secret=tok-en%2Bvery%2Fsecret%3D and {TOKEN}".encode()),
        Status(429, body=TOKEN),
        Status(500, body=TOKEN),
        Status(302, {"Location": f"/?api_secret={TOKEN}"}),
        Silence(),
        DropAnswer(),
        Drip(),
    ],
    ids=repr,
)
def test_a_credential_is_never_shown(
    http: VendorHttp, vendor: Echo, trick: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http.limits = IMPATIENT if isinstance(trick, Silence | Drip) else http.limits
    vendor.next(trick)
    failure = failing(http, DeliveryFailure)
    assert (failure.__cause__, failure.__context__) == (None, None)
    shown = "".join(traceback.format_exception(failure)) + failure.answer + repr(failure)
    shown += caplog.text + "".join(repr(record.__dict__) for record in caplog.records)
    assert "/things" in shown
    assert TOKEN not in shown
    assert "tok-en%2Bvery" not in shown


def test_a_credential_is_not_cut_in_two_at_the_end_of_an_excerpt(http: VendorHttp, vendor: Echo) -> None:
    vendor.next(Status(400, body=b"x" * 490 + TOKEN.encode()))
    answer = failing(http, PermanentFailure).answer
    assert answer == "x" * 490 + "***"


def test_an_excerpt_has_500_characters_at_most(http: VendorHttp, vendor: Echo) -> None:
    vendor.next(Status(400, body=b"x" * 5000))
    assert len(failing(http, PermanentFailure).answer) == 500


def test_a_header_that_cannot_be_sent_is_not_quoted(vendor: Echo) -> None:
    http = VendorHttp("acme", vendor.url, headers={"Authorization": f"Bearer {TOKEN}\nX: y"}, secrets=[TOKEN])
    failure = failing(http, PermanentFailure)
    assert failure.reason == "acme cannot be called like this: InvalidHeader"
    http.close()


def test_a_call_is_logged_as_one_event_with_fields(
    http: VendorHttp, vendor: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="webapp.vendors.http")
    vendor.next(HangUp())
    failing(http, TryLater)
    http.call("PATCH", "/things/7")
    events = [vars(record) for record in caplog.records if record.message == "vendor.called"]
    assert [(one["vendor"], one["method"], one["path"], one["status"]) for one in events] == [
        ("acme", "POST", "/things", "TryLater"),
        ("acme", "PATCH", "/things/7", 200),
    ]
    assert all(type(one["ms"]) is int for one in events)


def test_what_urllib3_says_of_an_address_ends_before_its_query(caplog: pytest.LogCaptureFixture) -> None:
    said = "Failed to parse headers (url=%s): %s"
    address = f"https://vendor.example:443/mp/collect?measurement_id=G-1&api_secret={TOKEN}"
    logging.getLogger("urllib3.connectionpool").warning(said, address, "odd")
    assert caplog.messages == ["Failed to parse headers (url=https://vendor.example:443/mp/collect?…): odd"]
