"""A call whose address somebody typed reaches public addresses only, whatever its name leads to when it is made."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.vendor import Call, FakeVendor, Reply
from webapp.errors import ConfigurationError
from webapp.outgoing import PermanentFailure, TryLater
from webapp.vendors import guarding
from webapp.vendors.addresses import typed_address
from webapp.vendors.http import VendorHttp


class Inside(FakeVendor):
    """Something that nobody outside shall reach."""

    def reply(self, call: Call) -> Reply:
        return Reply(200, {"secret": True})


@pytest.fixture
def inside() -> Iterator[Inside]:
    with Inside() as vendor:
        yield vendor


def call(url: str, **options: Any) -> Any:
    http = VendorHttp("acme", url, guarded=True, **options)
    try:
        return http.call("POST", "/", json_body={})
    finally:
        http.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "::1",
        "::",
        "fd00::1",
        "fe80::1%eth0",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_what_is_private_is_not_public(address: str) -> None:
    assert not guarding.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_what_is_public_is(address: str) -> None:
    assert guarding.is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1"])
def test_this_machine_is_not_called(inside: Inside, host: str) -> None:
    with pytest.raises(PermanentFailure, match="not public"):
        call(inside.url.replace("127.0.0.1", host))
    assert inside.connections == 0


def test_a_name_that_leads_inside_is_not_followed(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when only one of its addresses is inside."""
    port = int(inside.url.rpartition(":")[2])
    for found in (["127.0.0.1"], ["93.184.216.34", "127.0.0.1"]):
        answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]
        monkeypatch.setattr(guarding.socket, "getaddrinfo", lambda *_args, found=answers, **_more: found)
        with pytest.raises(PermanentFailure, match="not public"):
            call(f"http://innocent.example:{port}")
    assert inside.connections == 0


def test_the_address_that_was_looked_at_is_the_one_that_is_called(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers differently the second time gains nothing: it is asked once, and the others are tried."""
    asked: list[str] = []

    def looked_up(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["::1", "127.0.0.1"]  # nobody answers at the first

    monkeypatch.setattr(guarding, "addresses_of", looked_up)
    port = inside.url.rpartition(":")[2]
    answer = call(f"http://innocent.example:{port}")
    assert (answer.status, asked) == (200, ["innocent.example"])
    assert inside.calls[0].headers["Host"] == f"innocent.example:{port}"


def test_a_name_that_is_not_there_is_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: Any, **_more: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(guarding.socket, "getaddrinfo", unknown)
    with pytest.raises(TryLater, match="not reached"):
        call("https://nowhere.example")


@pytest.mark.parametrize(
    ("url", "allowed", "fine"),
    [
        ("https://hosting.example.com/sites", "0", True),
        ("http://hosting.example.com/sites", "0", False),
        ("http://127.0.0.1:9000/sites", "0", False),
        ("http://127.0.0.1:9000/sites", "loopback", True),
        ("http://10.0.0.1/sites", "loopback", False),
        ("http://10.0.0.1/sites", "1", True),
        ("https://user@hosting.example.com/", "1", False),
        ("https://hosting.example.com/?a=b", "1", False),
        ("https://[::1", "1", False),
        ("ftp://hosting.example.com/", "1", False),
        ("hosting", "1", False),
    ],
)
def test_what_may_be_typed(url: str, allowed: str, fine: bool) -> None:
    if fine:
        assert typed_address("X", url, allowed) == url
    else:
        with pytest.raises(ConfigurationError, match="X must be"):
            typed_address("X", url, allowed)
