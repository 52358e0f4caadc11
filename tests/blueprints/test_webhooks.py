"""What gateways tell us is checked, kept once and answered quickly; what others tell us is kept nowhere."""

from __future__ import annotations

import gzip
import io
import json
import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from webapp import clock as wall
from webapp.blueprints.webhooks.refusals import KINDS_AT_MOST, Refusals
from webapp.extensions import db as database
from webapp.extensions import queue
from webapp.flows import sandbox_bank
from webapp.gateways.sandbox_notices import sign
from webapp.models import InboundEvent, InboundStatus

BODY = b'{"id":"sbe_1","type":"charge.succeeded","timestamp":"2027-01-31T10:00:00Z","data":{"reference":"sb_1"}}'
MEGABYTE = 1024 * 1024

pytestmark = pytest.mark.usefixtures("app")


def headers(body: bytes = BODY, event_id: str = "sbe_1") -> dict[str, str]:
    """As the bank signs it now."""
    signed = sign(sandbox_bank.notice_key(), event_id, wall.now(), body)
    return {"Content-Type": "application/json", **signed}


def kept() -> list[InboundEvent]:
    database.session.rollback()
    return list(database.session.scalars(select(InboundEvent).order_by(InboundEvent.id)))


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the workers are rung for."""
    chores: list[str] = []
    monkeypatch.setattr(queue, "ring_soon", lambda chore, arguments=(): chores.append(chore))
    return chores


# -- what is taken -------------------------------------------------------------------------------------------
def test_a_signed_notice_is_kept_answered_and_rung_for(client: FlaskClient, rung: list[str]) -> None:
    answer = client.post("/webhooks/sandbox", data=BODY, headers=headers())
    assert (answer.status_code, answer.json) == (200, {"received": True})
    [row] = kept()
    assert (row.gateway, row.external_id, row.type, row.object_reference) == (
        "sandbox",
        "sbe_1",
        "charge.succeeded",
        "sb_1",
    )
    assert (row.status, row.payload) == (InboundStatus.RECEIVED, json.loads(BODY))
    assert rung == ["inbound"]


def test_the_same_notice_again_is_answered_and_does_nothing(client: FlaskClient, rung: list[str]) -> None:
    for _ in range(3):
        answer = client.post("/webhooks/sandbox", data=BODY, headers=headers())
        assert (answer.status_code, answer.json) == (200, {"received": True})
    assert len(kept()) == 1
    assert rung == ["inbound"]


def test_the_same_notice_in_the_same_instant_is_kept_once(app: Flask) -> None:
    start = threading.Barrier(4)
    answers: list[int] = []

    def post() -> None:
        with app.app_context():
            start.wait()
            answer = app.test_client().post("/webhooks/sandbox", data=BODY, headers=headers_now)
            answers.append(answer.status_code)

    headers_now = headers()
    threads = [threading.Thread(target=post) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert answers == [200] * 4
    assert len(kept()) == 1


def test_a_notice_needs_no_token_and_gets_no_cookie(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    answer = client.post("/webhooks/sandbox", data=BODY, headers=headers())
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_one_of_several_signatures_is_enough(client: FlaskClient) -> None:
    """As while a vendor's secret is being changed."""
    signed = headers()
    signed["webhook-signature"] = f"v1,b3RoZXI= {signed['webhook-signature']} v2,c29tZXRoaW5n"
    assert client.post("/webhooks/sandbox", data=BODY, headers=signed).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "",
        "%%",
    ],
)
def test_the_bytes_count_whatever_they_are_called(client: FlaskClient, content_type: str) -> None:
    called = {**headers(), "Content-Type": content_type}
    assert client.post("/webhooks/sandbox", data=BODY, headers=called).status_code == 200
    assert client.post("/webhooks/sandbox", data=BODY, headers={"Content-Type": content_type}).status_code == 400
    assert len(kept()) == 1


def test_keeping_a_notice_takes_three_statements_at_most(client: FlaskClient, statements: list[str]) -> None:
    for _ in range(2):  # a new one, and one that we have
        statements.clear()
        client.post("/webhooks/sandbox", data=BODY, headers=headers())
        assert 1 <= len(statements) <= 3, statements


# -- what is refused -----------------------------------------------------------------------------------------
def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["message"]
    assert answer.json["data"]["status"] == status
    assert kept() == []


def test_a_notice_replayed_an_hour_later_is_refused(client: FlaskClient, clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    recorded = headers()
    clock.tick(3600)
    refused(client.post("/webhooks/sandbox", data=BODY, headers=recorded), 400, "bad_notice")


@pytest.mark.parametrize(("seconds", "status"), [(-301, 400), (-300, 200), (300, 200), (301, 400)])
def test_five_minutes_are_tolerated_either_way(client: FlaskClient, clock: Any, seconds: int, status: int) -> None:
    clock.use("2027-01-31T10:00:00Z")
    recorded = headers()
    clock.tick(seconds)
    assert client.post("/webhooks/sandbox", data=BODY, headers=recorded).status_code == status


def test_a_replay_under_a_new_time_is_refused(client: FlaskClient, clock: Any) -> None:
    clock.use("2027-01-31T10:00:00Z")
    recorded = headers()
    clock.tick(3600)
    fresh = {**recorded, "webhook-timestamp": headers()["webhook-timestamp"]}
    refused(client.post("/webhooks/sandbox", data=BODY, headers=fresh), 400, "bad_notice")


def test_a_notice_under_another_id_is_refused(client: FlaskClient) -> None:
    refused(
        client.post("/webhooks/sandbox", data=BODY, headers={**headers(), "webhook-id": "sbe_2"}),
        400,
        "bad_notice",
    )


def test_another_key_signs_nothing(client: FlaskClient) -> None:
    forged = sign(b"not the bank's key", "sbe_1", wall.now(), BODY)
    refused(client.post("/webhooks/sandbox", data=BODY, headers=forged), 400, "bad_notice")


@pytest.mark.parametrize(
    "changed",
    [b"", b"{}", b"null", b"\xff\xfe\xfd", BODY.replace(b"sb_1", b"sb_2"), BODY[:-1], b"\x00" + BODY],
)
def test_a_changed_body_is_refused(client: FlaskClient, changed: bytes) -> None:
    refused(client.post("/webhooks/sandbox", data=changed, headers=headers()), 400, "bad_notice")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"{",
        b'{"data": 1, "type": "x"}',
        b'{"type": "x", "data": {}}',
        b"[" * 5000,
    ],
)
def test_a_signed_notice_that_says_nothing_is_refused(client: FlaskClient, body: bytes) -> None:
    refused(client.post("/webhooks/sandbox", data=body, headers=headers(body)), 400, "bad_notice")


@pytest.mark.parametrize("event_id", ["x" * 201, ""])
def test_a_name_that_cannot_be_kept_is_refused(client: FlaskClient, event_id: str) -> None:
    refused(client.post("/webhooks/sandbox", data=BODY, headers=headers(event_id=event_id)), 400, "bad_notice")


@pytest.mark.parametrize("reference", ["x" * 256, "a\\u0000b"])
def test_an_object_that_cannot_be_kept_is_refused(client: FlaskClient, reference: str) -> None:
    body = b'{"type":"charge.succeeded","data":{"reference":"%s"}}' % reference.encode()
    refused(client.post("/webhooks/sandbox", data=body, headers=headers(body)), 400, "bad_notice")


@pytest.mark.parametrize("gateway", ["nobody", "SANDBOX", "sandbox%2F..", "%00", "%F0%9F%8E%89"])
def test_a_gateway_that_is_not_there_is_not_found(client: FlaskClient, gateway: str) -> None:
    answer = client.post(f"/webhooks/{gateway}", data=BODY, headers=headers())
    assert answer.status_code == 404
    assert answer.json is not None
    assert kept() == []


@pytest.mark.parametrize("gateway", ["free", "manual"])
def test_a_gateway_that_sends_no_notices_accepts_none(client: FlaskClient, gateway: str) -> None:
    refused(client.post(f"/webhooks/{gateway}", data=BODY, headers=headers()), 400, "bad_notice")


@pytest.mark.parametrize("coding", ["gzip", "deflate, gzip", "br", "GZIP"])
def test_packed_bytes_are_not_unpacked(client: FlaskClient, coding: str) -> None:
    body = gzip.compress(BODY)
    packed = {**headers(), "Content-Encoding": coding}
    refused(client.post("/webhooks/sandbox", data=body, headers=packed), 415, "unsupported_media_type")


def test_a_body_of_more_than_a_megabyte_is_too_much(client: FlaskClient) -> None:
    answer = client.post("/webhooks/sandbox", data=b"x" * (MEGABYTE + 1), headers=headers())
    refused(answer, 413, "request_entity_too_large")


def test_a_body_without_a_length_is_read_no_further_than_a_megabyte(client: FlaskClient) -> None:
    stream = io.BytesIO(b"x" * (3 * MEGABYTE))
    answer = client.post(
        "/webhooks/sandbox",
        input_stream=stream,
        headers={**headers(), "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    refused(answer, 413, "request_entity_too_large")
    assert stream.tell() <= MEGABYTE + 128 * 1024


def test_a_signed_body_of_a_megabyte_is_taken(client: FlaskClient) -> None:
    start, end = b'{"type":"charge.succeeded","filler":"', b'","data":{"reference":"sb_1"}}'
    body = start + b"x" * (MEGABYTE - len(start) - len(end)) + end
    assert client.post("/webhooks/sandbox", data=body, headers=headers(body)).status_code == 200


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_notices_are_posted(client: FlaskClient, method: str) -> None:
    assert getattr(client, method)("/webhooks/sandbox").status_code == 405


def test_a_flood_of_forged_notices_is_a_line_a_minute_and_no_row(
    app: Flask, client: FlaskClient, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app.extensions.pop("refusals", None)

    def forged(number: int) -> list[int]:
        caplog.clear()
        for _ in range(number):
            assert client.post("/webhooks/sandbox", data=BODY).status_code == 400
        return [vars(one)["times"] for one in caplog.records if one.message == "notice.refused"]

    assert forged(200) == [1]
    clock.tick(59)
    assert forged(1) == []
    clock.tick(1)
    assert forged(2) == [201]
    assert kept() == []


def test_faults_that_are_worded_anew_each_time_fill_no_memory(clock: Any) -> None:
    refusals = Refusals()
    lines = sum(refusals.count("bank", f"fault {number}") > 0 for number in range(10_000))
    assert lines == KINDS_AT_MOST + 1
