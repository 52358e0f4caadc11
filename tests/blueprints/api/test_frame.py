"""What all of the API has in common: how it reads, refuses, repeats, and notices that somebody was quicker."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.blueprints.api.conftest import Caller, Callers, params
from tests.conftest import TurnedClock
from webapp.domain import kept_answers, network
from webapp.extensions import db
from webapp.jobs import schedule
from webapp.models import AuditEntry, KeptAnswer


@pytest.mark.parametrize("kind", ["text/plain", "", "application/xml", "application/x-www-form-urlencoded"])
def test_only_json_is_read(caller: Caller, kind: str) -> None:
    answer = caller.patch("/settings", b"{}", Content_Type=kind)
    assert answer.status_code == 415
    assert answer.json["data"]["status"] == 415


def test_only_utf8_is_read(caller: Caller) -> None:
    assert caller.patch("/settings", b"{}", Content_Type="application/json; charset=latin-1").status_code == 415
    assert caller.patch("/settings", b"{}", Content_Type="application/json; charset=UTF-8").status_code == 200
    assert caller.patch("/settings", b"{}", Content_Encoding="gzip").status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b'{"company_name": "\xe4"}',
        b"[]",
        b"null",
        b'"text"',
        b'{"withdrawal_days": NaN}',
        b'{"withdrawal_days": Infinity}',
        b'{"company_name": "a", "company_name": "b"}',
        b'{"company_name": "a\\u0000b"}',
        b'{"company_name": "\\ud800"}',
        b'{"withdrawal_days": ' + b"9" * 5000 + b"}",
        b'{"withdrawal_days": 1.' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_no_json_object_is_refused_in_one_shape(caller: Caller, body: bytes) -> None:
    answer = caller.patch("/settings", body)
    assert answer.status_code == 400
    assert answer.json["code"] == "bad_request"
    assert answer.json["message"]
    assert answer.json["data"] == {"status": 400, "params": {}}


def test_a_body_that_is_too_large_is_refused(caller: Caller) -> None:
    answer = caller.patch("/settings", b'{"company_name": "' + b"x" * 300_000 + b'"}')
    assert answer.status_code == 413
    assert answer.json["data"]["status"] == 413


def test_unknown_fields_are_named_all_of_them(caller: Caller) -> None:
    answer = caller.patch("/settings", {"colour": "red", "company_name": "Example", "constructor": {}})
    assert answer.status_code == 422
    assert set(params(answer)) == {"colour", "constructor"}
    assert network.settings().company_name != "Example"


@pytest.mark.parametrize("path", ["/nothing", "/settings/x", "/products/x/y/z"])
def test_what_is_not_there_is_told_as_json(caller: Caller, path: str) -> None:
    answer = caller.get(path)
    assert answer.status_code == 404
    assert answer.json["data"] == {"status": 404, "params": {}}


def test_a_method_that_an_address_does_not_take_is_told_as_json(caller: Caller) -> None:
    answer = caller.delete("/settings")
    assert answer.status_code == 405
    assert answer.json["data"]["status"] == 405


def test_messages_are_english_or_what_is_asked_for(caller: Caller) -> None:
    def said(**headers: str) -> str:
        return params(caller.patch("/settings", {"colour": 1}, **headers))["colour"]

    assert said() == "There is no such field, or it cannot be set."
    assert said(Accept_Language="fr") == said()
    german = said(Accept_Language="de-AT, de;q=0.9, en;q=0.5")
    assert german == "Dieses Feld gibt es nicht, oder es lässt sich nicht setzen."


def test_an_answer_may_be_kept_by_nobody_else(caller: Caller) -> None:
    answer = caller.get("/settings")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Content-Type"] == "application/json"


# -- only what changed, only if it did not change ------------------------------------------------------------------
def test_what_did_not_change_is_not_sent_again(caller: Caller) -> None:
    etag = caller.get("/settings").headers["ETag"]
    again = caller.get("/settings", If_None_Match=etag)
    assert (again.status_code, again.data) == (304, b"")
    caller.patch("/settings", {"company_name": "Example"})
    assert caller.get("/settings", If_None_Match=etag).status_code == 200


def test_who_saw_an_older_state_changes_nothing(caller: Caller) -> None:
    etag = caller.get("/settings").headers["ETag"]
    assert caller.patch("/settings", {"company_name": "First"}, If_Match=etag).status_code == 200
    late = caller.patch("/settings", {"company_name": "Second"}, If_Match=etag)
    assert (late.status_code, late.json["code"]) == (412, "precondition_failed")
    assert network.settings().company_name == "First"


def test_the_tag_of_a_compressed_answer_counts_as_well(caller: Caller) -> None:
    caller.patch("/settings", {"manual_instructions": "x" * 1000})
    answer = caller.get("/settings", Accept_Encoding="gzip")
    assert answer.headers["ETag"].startswith("W/")
    assert caller.patch("/settings", {"company_name": "X"}, If_Match=answer.headers["ETag"]).status_code == 200


@pytest.mark.parametrize(("tag", "status"), [("*", 200), ('"nothing"', 412), ("nonsense", 412), ('W/"a", "b"', 412)])
def test_other_tags(caller: Caller, tag: str, status: int) -> None:
    assert caller.patch("/settings", {"company_name": "X"}, If_Match=tag).status_code == status


# -- the same request twice ------------------------------------------------------------------------------------------
def changes() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def test_a_write_sent_twice_is_done_once_and_answered_the_same(caller: Caller) -> None:
    body = {"company_name": "Example"}
    first = caller.patch("/settings", body, Idempotency_Key="order-1")
    network_changed_meanwhile = caller.patch("/settings", {"company_name": "Other"})
    again = caller.patch("/settings", body, Idempotency_Key="order-1")
    assert network_changed_meanwhile.status_code == 200
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert changes() == 2
    assert network.settings().company_name == "Other"


def test_the_same_key_for_another_request_is_refused(caller: Caller) -> None:
    caller.patch("/settings", {"company_name": "Example"}, Idempotency_Key="order-1")
    other = caller.patch("/settings", {"company_name": "Other"}, Idempotency_Key="order-1")
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert network.settings().company_name == "Example"


def test_two_systems_may_use_the_same_name(callers: Callers) -> None:
    for name in ("One", "Two"):
        assert callers().patch("/settings", {"company_name": name}, Idempotency_Key="1").status_code == 200
    assert network.settings().company_name == "Two"


def test_a_write_that_was_refused_may_be_tried_again(caller: Caller) -> None:
    bad = {"withdrawal_days": 3}
    for _ in range(2):
        assert caller.patch("/settings", bad, Idempotency_Key="order-1").status_code == 422
    good = caller.patch("/settings", {"withdrawal_days": 30}, Idempotency_Key="order-1")
    assert good.status_code == 200
    assert "Idempotency-Replayed" not in good.headers


@pytest.mark.parametrize("name", ["", " ", "a b", "x" * 256, "ü"])
def test_a_name_that_is_none_is_refused(caller: Caller, name: str) -> None:
    assert caller.patch("/settings", {}, Idempotency_Key=name).status_code == 400


def test_after_a_day_it_is_forgotten(caller: Caller, clock: TurnedClock) -> None:
    caller.patch("/settings", {"company_name": "Example"}, Idempotency_Key="order-1")
    clock.tick(24 * 3600 - 1)
    caller.patch("/settings", {"company_name": "Other"})
    assert (
        "Idempotency-Replayed"
        in caller.patch("/settings", {"company_name": "Example"}, Idempotency_Key="order-1").headers
    )
    clock.tick(2)
    later = caller.patch("/settings", {"company_name": "Third"}, Idempotency_Key="order-1")
    assert later.json["company_name"] == "Third"
    clock.tick(24 * 3600 + 1)
    assert schedule.forget_answers() == 1
    assert db.session.scalars(select(KeptAnswer)).all() == []
    assert kept_answers.KEPT.total_seconds() == 24 * 3600


NAME = {"company_name": "Example"}


def at_once(app: Flask, caller: Caller, ask: Callable[[Caller, int], Any], number: int = 6) -> list[Any]:
    """What that many who ask in the same instant are answered."""
    answers: list[Any] = []
    begin = threading.Barrier(number)

    def run(place: int) -> None:
        with app.app_context():
            own = copy.copy(caller)
            own.client = app.test_client()
            begin.wait()
            answers.append(ask(own, place))

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_many_who_saw_the_same_state_one_is_let_through(app: Flask, caller: Caller) -> None:
    caller.post("/products", {"name": "Premium", "slug": "premium", "amount": 1})
    etag = caller.get("/products/premium").headers["ETag"]
    answers = at_once(
        app, caller, lambda own, place: own.patch("/products/premium", {"amount": 100 + place}, If_Match=etag)
    )
    assert sorted(one.status_code for one in answers) == [200] + [412] * 5
    [done] = [one for one in answers if one.status_code == 200]
    assert caller.get("/products/premium").json["amount"] == done.json["amount"]


def test_of_two_at_once_one_is_done_and_both_are_answered_the_same(app: Flask, caller: Caller) -> None:
    answers = at_once(app, caller, lambda own, _place: own.patch("/settings", NAME, Idempotency_Key="order-1"))
    assert {one.status_code for one in answers} == {200}
    assert len({one.data for one in answers}) == 1
    assert len([one for one in answers if "Idempotency-Replayed" in one.headers]) == 5
    assert changes() == 1
