"""The contact is in HubSpot once, with what we know, whatever the vendor answers on the way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.fakes.hubspot import TOKEN, HubSpotFake, error
from tests.fakes.vendor import DropAnswer, HangUp, Silence, Status
from webapp.integrations.crm.base import Contact, ContactGone
from webapp.integrations.crm.hubspot import HubSpot, connect
from webapp.outgoing import PermanentFailure, TryLater
from webapp.vendors.answers import Limits
from webapp.vendors.http import VendorHttp

ADA = Contact("Ada@Example.org", "Ada King Lovelace", date(2026, 11, 23), "Premium", "active")
KNOWN = {
    "email": "ada@example.org",
    "firstname": "Ada King",
    "lastname": "Lovelace",
    "parzelle_plan": "Premium",
    "parzelle_status": "active",
    "parzelle_signup_date": "2026-11-23",
}


@pytest.fixture
def vendor() -> Iterator[HubSpotFake]:
    with HubSpotFake(made_properties=True) as vendor:
        yield vendor


@pytest.fixture
def http(vendor: HubSpotFake) -> Iterator[VendorHttp]:
    http = connect(vendor.url, TOKEN)
    yield http
    http.close()


@pytest.fixture
def hubspot(http: VendorHttp) -> HubSpot:
    return HubSpot(http)


def paths(vendor: HubSpotFake) -> list[tuple[str, str]]:
    return [(call.method, call.path) for call in vendor.calls]


def test_a_new_contact_has_everything_the_document_names(hubspot: HubSpot, vendor: HubSpotFake) -> None:
    contact_id = hubspot.upsert(ADA)
    assert vendor.contacts == {contact_id: KNOWN}
    assert paths(vendor) == [("POST", "/crm/v3/objects/contacts/batch/upsert")]


def test_a_contact_that_is_there_already_is_found(hubspot: HubSpot, vendor: HubSpotFake) -> None:
    known = vendor.add_contact(email="ada@example.org", phone="123")
    assert hubspot.upsert(ADA) == known
    assert vendor.contacts == {known: {**KNOWN, "phone": "123"}}


def test_a_lost_answer_makes_no_second_contact(hubspot: HubSpot, vendor: HubSpotFake) -> None:
    vendor.next(DropAnswer())
    with pytest.raises(TryLater):
        hubspot.upsert(ADA)
    assert len(vendor.contacts) == 1
    assert [hubspot.upsert(ADA)] == list(vendor.contacts)


def test_a_changed_address_stays_the_same_contact(hubspot: HubSpot, vendor: HubSpotFake) -> None:
    contact_id = hubspot.upsert(ADA)
    hubspot.update(contact_id, replace(ADA, email="countess@example.org", plan="Free", status="cancelled"))
    moved = {"email": "countess@example.org", "parzelle_plan": "Free", "parzelle_status": "cancelled"}
    assert vendor.contacts == {contact_id: KNOWN | moved}


def test_a_deleted_contact_is_told_apart(hubspot: HubSpot) -> None:
    with pytest.raises(ContactGone):
        hubspot.update("4711", ADA)


def test_an_address_of_another_contact_is_left_to_a_person(hubspot: HubSpot, vendor: HubSpotFake) -> None:
    other = vendor.add_contact(email="countess@example.org")
    contact_id = hubspot.upsert(ADA)
    reason = f"contact {other} has the e-mail address of {contact_id}"
    with pytest.raises(PermanentFailure, match=reason) as caught:
        hubspot.update(contact_id, replace(ADA, email="countess@example.org"))
    assert caught.value.http_status == 409


@pytest.mark.parametrize(
    ("name", "properties"),
    [
        ("Plato", {"firstname": "Plato", "lastname": ""}),
        ("  Ada Lovelace ", {"firstname": "Ada", "lastname": "Lovelace"}),
        ("", {}),
    ],
)
def test_a_name_is_split_at_its_last_space(
    hubspot: HubSpot, vendor: HubSpotFake, name: str, properties: dict[str, str]
) -> None:
    kept = vendor.contacts[hubspot.upsert(replace(ADA, name=name))]
    assert {key: value for key, value in kept.items() if key.endswith("name")} == properties


def test_the_dated_addresses_work_too() -> None:
    with HubSpotFake(version="2026-03") as vendor:
        http = connect(vendor.url, TOKEN)
        assert HubSpot(http, "2026-03").upsert(ADA) in vendor.contacts
        http.close()
    assert ("POST", "/crm/properties/2026-03/contacts") in paths(vendor)


# -- properties ---------------------------------------------------------------------------------------------


@pytest.fixture
def bare() -> Iterator[tuple[HubSpot, HubSpotFake]]:
    """An account that has never heard of us."""
    with HubSpotFake() as vendor:
        http = connect(vendor.url, TOKEN)
        yield HubSpot(http), vendor
        http.close()


def test_properties_of_ours_are_made_when_they_are_missing(bare: tuple[HubSpot, HubSpotFake]) -> None:
    hubspot, vendor = bare
    contact_id = hubspot.upsert(ADA)
    hubspot.update(contact_id, ADA)
    assert vendor.contacts == {contact_id: KNOWN}
    assert paths(vendor) == [
        ("POST", "/crm/v3/objects/contacts/batch/upsert"),
        *[("POST", "/crm/v3/properties/contacts")] * 3,
        ("POST", "/crm/v3/objects/contacts/batch/upsert"),
        ("PATCH", f"/crm/v3/objects/contacts/{contact_id}"),
    ]


def test_threads_that_all_miss_a_property_make_it_once(bare: tuple[HubSpot, HubSpotFake]) -> None:
    hubspot, vendor = bare
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: hubspot.upsert(replace(ADA, email=f"a{n}@example.org")), range(8)))
    assert len(vendor.contacts) == 8
    assert paths(vendor).count(("POST", "/crm/v3/properties/contacts")) == 3


def test_what_is_made_by_hand_is_not_made_again(bare: tuple[HubSpot, HubSpotFake]) -> None:
    hubspot, vendor = bare
    vendor.properties["parzelle_plan"] = {"type": "string"}
    assert hubspot.upsert(ADA) in vendor.contacts


def test_a_token_that_may_not_make_properties_stops(bare: tuple[HubSpot, HubSpotFake]) -> None:
    hubspot, vendor = bare
    vendor.missing_scopes.add("schemas")
    with pytest.raises(PermanentFailure, match="403 for POST /crm/v3/properties/contacts"):
        hubspot.upsert(ADA)


def test_properties_that_hubspot_has_not_taken_up_yet_are_waited_for(hubspot: HubSpot, vendor: HubSpotFake) -> None:
    missing = Status(400, body=error(400, "VALIDATION_ERROR", "Property parzelle_plan does not exist").body)
    del vendor.properties["parzelle_plan"]
    vendor.next(missing, None, None, None, missing)
    with pytest.raises(TryLater, match="new properties"):
        hubspot.upsert(ADA)


def test_a_value_that_is_refused_although_all_properties_exist_is_for_good(
    hubspot: HubSpot, vendor: HubSpotFake
) -> None:
    vendor.properties["parzelle_plan"] = {"type": "date"}  # somebody made it by hand, and of the wrong kind
    with pytest.raises(PermanentFailure, match="refuses this: 400") as caught:
        hubspot.upsert(ADA)
    assert "INVALID_DATE" in caught.value.answer


# -- bad days -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trick", "after"),
    [
        (Status(429, {"Retry-After": "3"}), 3.0),
        (Status(429, {"X-HubSpot-RateLimit-Interval-Milliseconds": "4000"}), 4.0),
        (Status(429, body={"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}), 10.0),
        (Status(429, body={"errorType": "RATE_LIMIT", "policyName": "DAILY"}), 3600.0),
        (Status(429), 10.0),
        (Status(423), None),
        (Status(502), None),
        (Status(503, {"Retry-After": "60"}), 60.0),
        (HangUp(), None),
    ],
    ids=repr,
)
def test_a_bad_day_passes(hubspot: HubSpot, vendor: HubSpotFake, trick: object, after: float | None) -> None:
    vendor.next(trick)
    with pytest.raises(TryLater) as caught:
        hubspot.upsert(ADA)
    assert caught.value.after == after
    assert vendor.contacts == {}


def test_a_silent_vendor_is_asked_later(hubspot: HubSpot, http: VendorHttp, vendor: HubSpotFake) -> None:
    http.limits = Limits(read=0.15)
    vendor.next(Silence())
    with pytest.raises(TryLater, match="in time"):
        hubspot.upsert(ADA)


def test_the_limit_of_calls_is_kept_after_the_first_refusal() -> None:
    with HubSpotFake(made_properties=True, calls_per_window=5) as vendor:
        http = connect(vendor.url, TOKEN)
        hubspot = HubSpot(http)
        for _ in range(5):
            hubspot.upsert(ADA)
        for _ in range(3):
            with pytest.raises(TryLater) as caught:
                hubspot.upsert(ADA)
            assert 9.0 < (caught.value.after or 0) <= 10.0
        http.close()
    assert len(vendor.calls) == 6


def test_a_wrong_token_stops_and_is_not_shown(vendor: HubSpotFake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    http = connect(vendor.url, "pat-wrong-proof")
    with pytest.raises(PermanentFailure) as caught:
        HubSpot(http).upsert(ADA)
    http.close()
    assert caught.value.http_status == 401
    assert "***" in caught.value.answer, "the vendor quotes it, and we do not"
    assert "pat-wrong-proof" not in caplog.text + str(caught.value) + caught.value.answer


def test_missing_rights_stop(hubspot: HubSpot, vendor: HubSpotFake) -> None:
    vendor.missing_scopes.add("contacts")
    with pytest.raises(PermanentFailure, match="does not permit") as caught:
        hubspot.upsert(ADA)
    assert caught.value.http_status == 403


def test_an_address_hubspot_finds_invalid_stops(hubspot: HubSpot) -> None:
    with pytest.raises(PermanentFailure, match="400"):
        hubspot.upsert(replace(ADA, email="ada@localhost"))


def partial(category: str, message: str) -> Status:
    problem = {"status": "error", "category": category, "message": message}
    return Status(207, body={"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [problem]})


@pytest.mark.parametrize(
    ("trick", "kind"),
    [
        (partial("INVALID_EMAIL", "Email address is invalid"), PermanentFailure),
        (partial("RATE_LIMITS", "slow down"), TryLater),
        (Status(200, body={"status": "COMPLETE", "results": []}), TryLater),
        (Status(200, body=["?"]), TryLater),
        (Status(200, body=b"<html>"), TryLater),
        (Status(409, body={"message": "being made"}), TryLater),
    ],
    ids=repr,
)
def test_an_answer_without_a_contact_is_no_success(
    hubspot: HubSpot, vendor: HubSpotFake, trick: object, kind: type[Exception]
) -> None:
    vendor.next(trick)
    with pytest.raises(kind):
        hubspot.upsert(ADA)


@pytest.mark.parametrize("status", [207, 409])
def test_a_conflict_that_names_the_contact_leads_to_it(hubspot: HubSpot, vendor: HubSpotFake, status: int) -> None:
    known = vendor.add_contact(email="ada@example.org")
    message: Any = error(409, "CONFLICT", f"Contact already exists. Existing ID: {known}").body
    vendor.next(Status(status, body=message if status == 409 else {"results": [], "errors": [message]}))
    assert hubspot.upsert(ADA) == known
    assert vendor.contacts[known] == KNOWN
