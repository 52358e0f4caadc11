"""The registry's word on a VAT id, and what is no word."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.fakes.vendor import DropAnswer, HangUp, Silence, Status
from tests.fakes.vies import ViesFake
from webapp.integrations.vies import Found, Vies
from webapp.outgoing import PermanentFailure, TryLater
from webapp.vendors.answers import Limits
from webapp.vendors.http import VendorHttp

FRENCH, OURS = "FR40303265045", "DE136695976"


@pytest.fixture
def vendor() -> Iterator[ViesFake]:
    with ViesFake(FRENCH, OURS) as vendor:
        yield vendor


@pytest.fixture
def vies(vendor: ViesFake) -> Iterator[Vies]:
    vies = Vies(VendorHttp("vies", vendor.url, limits=Limits(read=0.3, total=0.5)))
    yield vies
    vies.close()


def test_a_number_is_given_to_somebody_or_nobody(vies: Vies) -> None:
    assert vies.check(FRENCH) == Found(True)
    assert vies.check("FR00000000000") == Found(False)


def test_who_says_who_asks_gets_a_consultation_number(vies: Vies) -> None:
    assert vies.check(FRENCH, OURS) == Found(True, "WAPIAAAAX1234567")


def test_an_own_number_that_the_registry_does_not_take_spoils_nothing(vies: Vies, vendor: ViesFake) -> None:
    assert vies.check(FRENCH, "DE999999999") == Found(True)
    assert vendor.asked == [FRENCH, FRENCH]


def test_what_is_no_number_for_the_registry_is_not_valid(vies: Vies) -> None:
    assert vies.check("FR1") == Found(False)


@pytest.mark.parametrize("status", [200, 400, 500, 503])
@pytest.mark.parametrize("word", ["MS_UNAVAILABLE", "TIMEOUT", "GLOBAL_MAX_CONCURRENT_REQ", "VAT_BLOCKED"])
def test_a_member_state_that_is_away_says_nothing_about_the_number(
    vies: Vies, vendor: ViesFake, word: str, status: int
) -> None:
    vendor.away, vendor.error_status = {"FR": word}, status
    with pytest.raises(TryLater, match=word):
        vies.check(FRENCH)


@pytest.mark.parametrize("trick", [Silence(), HangUp(), DropAnswer(), Status(502), Status(429)])
def test_no_answer_is_none(vies: Vies, vendor: ViesFake, trick: object) -> None:
    vendor.next(trick)
    with pytest.raises(TryLater):
        vies.check(FRENCH)


@pytest.mark.parametrize("body", [{}, {"valid": "true"}, {"valid": 1}, [], "valid", {"errorWrappers": "many"}])
def test_only_a_plain_yes_counts(vies: Vies, vendor: ViesFake, body: object) -> None:
    vendor.next(Status(200, body=body))
    with pytest.raises(PermanentFailure):
        vies.check(FRENCH)


def test_what_the_number_is_named_after_is_not_kept(vies: Vies, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        found = vies.check(FRENCH)
    assert "nobody's business" not in repr(found) + caplog.text
