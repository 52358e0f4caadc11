"""What another system tells an add-on is believed by its signature, acted on once, and answered."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import io
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests import factories
from webapp import endpoints, hooks, unit
from webapp.domain import customers
from webapp.domain.customers import Profile
from webapp.endpoints import Endpoint, register_endpoint
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db as database
from webapp.models import Customer, Delivery, InboundEvent, InboundStatus

SECRET = "shared with the other system"
MEGABYTE = 1024 * 1024
Register = Callable[..., Endpoint]
Event = dict[str, Any]


@pytest.fixture
def register(app: Flask) -> Iterator[Register]:
    """Register an endpoint for this test only; by default `/hooks/acme/crm`."""
    before = endpoints.snapshot(app)

    def register(handler: Callable[[Event], object] = lambda event: None, **options: Any) -> Endpoint:
        facts = {"addon": "acme", "path": "crm", "secret": SECRET, "handlers": {"customer.updated": handler}}
        return register_endpoint(app, **{**facts, **options})

    yield register
    endpoints.restore(app, before)


def signature(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def tell(client: FlaskClient, event: Any, path: str = "/hooks/acme/crm", **headers: str) -> TestResponse:
    """Post an event, or bytes as they are, as the other system signs it."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, data=body, headers={"X-Webhook-Signature": signature(body), **given})


UPDATED = {"type": "customer.updated", "id": "evt-1", "data": {"name": "Ada"}}


def refused(answer: TestResponse, status: int, code: str) -> None:
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["message"]
    assert answer.json["data"] == {"status": status, "params": {}}


# -- what is taken -----------------------------------------------------------------------------------------
def test_a_signed_event_reaches_its_handler(client: FlaskClient, register: Register) -> None:
    seen: list[Event] = []
    register(seen.append)
    answer = tell(client, UPDATED)
    assert (answer.status_code, answer.json) == (200, {"handled": True})
    assert seen == [UPDATED]


def test_the_type_may_be_named_event_type(client: FlaskClient, register: Register) -> None:
    seen: list[Event] = []
    register(seen.append)
    assert tell(client, {"event_type": "customer.updated"}).json == {"handled": True}
    assert len(seen) == 1


@pytest.mark.parametrize("event", [{"type": "customer.deleted"}, {}, {"type": None}, {"type": ["customer.updated"]}])
def test_an_event_that_nobody_handles_is_answered_and_does_nothing(
    client: FlaskClient, register: Register, statements: list[str], event: Event
) -> None:
    register(pytest.fail)
    answer = tell(client, event)
    assert (answer.status_code, answer.json) == (200, {"handled": False})
    assert statements == []


def test_one_handler_may_take_whatever_has_none_of_its_own(client: FlaskClient, register: Register) -> None:
    rest: list[Event] = []
    register(handlers={"customer.updated": pytest.fail, "*": rest.append})
    assert tell(client, {"type": "customer.deleted"}).json == {"handled": True}
    assert rest == [{"type": "customer.deleted"}]


@pytest.mark.parametrize("form", ["{}", "sha256={}", " {} "])
def test_the_signature_may_name_its_algorithm(client: FlaskClient, register: Register, form: str) -> None:
    register()
    body = json.dumps(UPDATED).encode()
    for digest in (signature(body), signature(body).upper()):
        assert tell(client, body, X_Webhook_Signature=form.format(digest)).status_code == 200


def test_the_signature_may_come_in_a_header_of_the_vendors_own(client: FlaskClient, register: Register) -> None:
    register(signature_header="X-Acme-Signature")
    refused(tell(client, UPDATED), 401, "bad_signature")
    body = json.dumps(UPDATED).encode()
    assert client.post("/hooks/acme/crm", data=body, headers={"x-acme-signature": signature(body)}).status_code == 200


def test_while_a_secret_is_changed_both_are_good(client: FlaskClient, register: Register) -> None:
    register(secret=["the new one", "the old one"])
    body = json.dumps(UPDATED).encode()
    for secret in ("the new one", "the old one"):
        assert tell(client, body, X_Webhook_Signature=signature(body, secret)).status_code == 200
    refused(tell(client, body, X_Webhook_Signature=signature(body, "another")), 401, "bad_signature")


def test_no_token_is_needed_and_no_cookie_given(
    app: Flask, client: FlaskClient, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    register()
    answer = tell(client, UPDATED)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "%%"]
)
def test_the_bytes_count_whatever_they_are_called(client: FlaskClient, register: Register, content_type: str) -> None:
    register()
    assert tell(client, UPDATED, Content_Type=content_type).status_code == 200


def test_an_event_of_a_megabyte_is_taken(client: FlaskClient, register: Register) -> None:
    register()
    start, end = b'{"type": "customer.updated", "filler": "', b'"}'
    assert tell(client, start + b"x" * (MEGABYTE - len(start) - len(end)) + end).status_code == 200


# -- what a handler does -----------------------------------------------------------------------------------
def test_a_handler_writes_and_fires_hooks_in_one_unit_of_work(client: FlaskClient, register: Register) -> None:
    who = factories.customer().id
    fired: list[str] = []
    hooks.add_action("wu_customer_post_update", lambda customer: fired.append(customer.display_name))
    actors: list[str] = []

    def rename(event: Event) -> None:
        actors.append(unit.current().actor)
        customers.update(customers.find(who), Profile(full_name=event["data"]["name"]))

    register(rename)
    assert tell(client, {"type": "customer.updated", "data": {"name": "Grace"}}).status_code == 200
    assert database.session.get_one(Customer, who).display_name == "Grace"
    assert (fired, actors) == (["Grace"], ["addon:acme"])


def rename_then(error: Exception | bool, who: int) -> Callable[[Event], object]:
    def handler(event: Event) -> object:
        customers.find(who).display_name = "Half done"
        if isinstance(error, Exception):
            raise error
        return error

    return handler


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound(), 404, "not_found"),
        (Conflict(code="already_ended"), 409, "already_ended"),
        (Invalid("No name was given."), 422, "invalid"),
        (hooks.Reject("Not today."), 422, "rejected"),
    ],
)
def test_a_refusal_is_answered_in_the_shape_of_the_api_and_nothing_is_kept(
    client: FlaskClient, register: Register, error: Exception, status: int, code: str
) -> None:
    who = factories.customer().id
    register(rename_then(error, who), id_field="id")
    refused(tell(client, UPDATED), status, code)
    assert database.session.get_one(Customer, who).display_name == "Ada Person"
    assert marks() == []


def test_a_bug_in_a_handler_is_a_500_without_a_trace(
    answering_errors: None, client: FlaskClient, register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    who = factories.customer().id
    register(rename_then(ZeroDivisionError("of the add-on's own"), who), id_field="id")
    answer = tell(client, UPDATED)
    refused(answer, 500, "internal_error")
    assert "ZeroDivisionError" not in answer.text
    assert "own" not in answer.text
    assert [one.exc_info is not None for one in caplog.records if one.msg == "request.failed"] == [True]
    assert database.session.get_one(Customer, who).display_name == "Ada Person"
    assert marks() == []


def test_false_means_not_for_us_and_leaves_nothing_behind(client: FlaskClient, register: Register) -> None:
    who = factories.customer().id
    register(rename_then(False, who), id_field="id")
    answer = tell(client, UPDATED)
    assert (answer.status_code, answer.json) == (200, {"handled": False})
    assert database.session.get_one(Customer, who).display_name == "Ada Person"
    assert marks() == []


@pytest.mark.parametrize("result", [None, True, 0, "", {}])
def test_anything_else_that_is_returned_means_handled(client: FlaskClient, register: Register, result: object) -> None:
    register(lambda event: result)
    assert tell(client, UPDATED).json == {"handled": True}


# -- twice is once -----------------------------------------------------------------------------------------
def marks() -> list[tuple[str, str, str, InboundStatus]]:
    database.session.rollback()
    rows = database.session.scalars(select(InboundEvent).order_by(InboundEvent.id))
    return [(one.gateway, one.external_id, one.type, one.status) for one in rows]


def test_an_event_with_an_id_is_handled_once(client: FlaskClient, register: Register) -> None:
    seen: list[Event] = []
    register(seen.append, id_field="id")
    for _ in range(3):
        answer = tell(client, UPDATED)
        assert (answer.status_code, answer.json) == (200, {"handled": True})
    assert len(seen) == 1
    assert marks() == [("addon:acme", "crm:evt-1", "customer.updated", InboundStatus.DONE)]


def test_after_a_failure_the_same_event_is_handled_when_it_is_sent_again(
    client: FlaskClient, register: Register
) -> None:
    answers = iter([Conflict(), None])
    seen: list[Event] = []

    def handler(event: Event) -> None:
        problem = next(answers)
        if problem is not None:
            raise problem
        seen.append(event)

    register(handler, id_field="id")
    assert [tell(client, UPDATED).status_code for _ in range(3)] == [409, 200, 200]
    assert len(seen) == 1


def test_without_a_field_for_it_no_id_is_looked_for(client: FlaskClient, register: Register) -> None:
    """In some vendors' events `id` is the object's: its second change is not the first one again."""
    seen: list[Event] = []
    register(seen.append)
    for _ in range(2):
        tell(client, UPDATED)
    assert len(seen) == 2
    assert marks() == []


@pytest.mark.parametrize("name", [None, "", True, 1.5, ["evt"], {"a": 1}])
def test_an_event_without_a_usable_id_is_handled_each_time(
    client: FlaskClient, register: Register, name: object
) -> None:
    seen: list[Event] = []
    register(seen.append, id_field="id")
    for _ in range(2):
        assert tell(client, {**UPDATED, "id": name}).status_code == 200
    assert len(seen) == 2


@pytest.mark.parametrize("name", [7, "x" * 5000, "ä🎉", "a:b", "x" * 196, "x" * 197])
def test_any_other_id_can_be_kept(client: FlaskClient, register: Register, name: object) -> None:
    seen: list[Event] = []
    register(seen.append, id_field="id")
    for _ in range(2):
        assert tell(client, {**UPDATED, "id": name}).json == {"handled": True}
    assert len(seen) == len(marks()) == 1


def test_the_same_id_at_two_endpoints_is_two_events(client: FlaskClient, register: Register) -> None:
    seen: list[str] = []
    for path in ("crm", "shop"):
        register(lambda event, path=path: seen.append(path), path=path, id_field="id")  # type: ignore[misc]
    for path in ("crm", "shop", "crm"):
        tell(client, UPDATED, path=f"/hooks/acme/{path}")
    assert seen == ["crm", "shop"]


def test_the_same_event_in_the_same_instant_is_handled_once(app: Flask, register: Register) -> None:
    who = factories.customer().id
    start, answers = threading.Barrier(4), []

    def count(event: Event) -> None:
        meta = customers.find(who).meta
        meta["heard"] = meta.get("heard", 0) + 1

    def post() -> None:
        with app.app_context():
            start.wait()
            answers.append(tell(app.test_client(), UPDATED).json)

    register(count, id_field="id")
    threads = [threading.Thread(target=post) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    database.session.rollback()
    assert answers == [{"handled": True}] * 4
    assert database.session.get_one(Customer, who).meta["heard"] == 1


def test_workers_and_sweeps_leave_the_marks_alone(client: FlaskClient, register: Register) -> None:
    from webapp.flows import inbound

    register(id_field="id")
    tell(client, UPDATED)
    assert inbound.work_off() == 0
    assert database.session.scalar(select(func.count()).select_from(Delivery)) == 0


# -- what is refused ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "given",
    ["", "sha256=", "sha1=abc", "0" * 64, "ä", "\u00ff" * 64, "x" * 10_000, signature(b"another body")],
)
def test_a_wrong_signature_is_a_401(client: FlaskClient, register: Register, given: str) -> None:
    register(pytest.fail)
    refused(tell(client, UPDATED, X_Webhook_Signature=given), 401, "bad_signature")


def test_a_missing_signature_is_a_401(client: FlaskClient, register: Register) -> None:
    register(pytest.fail)
    refused(client.post("/hooks/acme/crm", json=UPDATED), 401, "bad_signature")


@pytest.mark.parametrize("changed", [b"", b"{}", b' {"type":"customer.updated"}', b'{"type":"customer.updateD"}'])
def test_a_body_that_was_changed_on_its_way_is_a_401(client: FlaskClient, register: Register, changed: bytes) -> None:
    register(pytest.fail)
    right = signature(b'{"type":"customer.updated"}')
    refused(tell(client, changed, X_Webhook_Signature=right), 401, "bad_signature")


def test_whoever_does_not_sign_learns_nothing_about_the_body(client: FlaskClient, register: Register) -> None:
    register(pytest.fail)
    refused(tell(client, b"not json", X_Webhook_Signature="wrong"), 401, "bad_signature")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"customer.updated"',
        b"42",
        b"a=b&c=d",
        b'{"type": "customer.updated",}',
        b'{"type": NaN}',
        b'{"n": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b"\xff\xfe{}",
        b'{"type": "\xe4"}',
        b"\xef\xbb\xbf{}",
        b'{"name": "a\\u0000b"}',
        b'{"a\\u0000": 1}',
        b'{"names": [{"name": "\\ud83c"}]}',
        '{"type": "customer.updated"}'.encode("utf-16"),
    ],
)
def test_a_signed_body_that_is_no_usable_json_object_is_a_400(
    client: FlaskClient, register: Register, body: bytes
) -> None:
    register(handlers={"*": pytest.fail})
    refused(tell(client, body), 400, "bad_event")


def test_text_in_any_script_is_taken(client: FlaskClient, register: Register) -> None:
    seen: list[Event] = []
    register(seen.append)
    names = ["日本語", "🎉", "Größe", "\\u0000", "x" * 10_000]
    for ascii_only in (True, False):
        body = json.dumps({"type": "customer.updated", "names": names}, ensure_ascii=ascii_only).encode()
        assert tell(client, body).status_code == 200
    assert [one["names"] for one in seen] == [names, names]


def test_an_address_that_nobody_registered_is_not_found(client: FlaskClient, register: Register) -> None:
    register()
    for path in (
        "/hooks/acme/other",
        "/hooks/other/crm",
        "/hooks/acme/crm/more",
        "/hooks/ACME/crm",
    ):
        refused(tell(client, UPDATED, path=path), 404, "unknown_endpoint")
    assert tell(client, UPDATED, path="/hooks/acme/%00").status_code == 404
    assert tell(client, UPDATED, path="/hooks/acme").status_code == 404


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_events_are_posted(client: FlaskClient, register: Register, method: str) -> None:
    register()
    refused(getattr(client, method)("/hooks/acme/crm"), 405, "method_not_allowed")


def test_more_than_a_megabyte_is_too_much(client: FlaskClient, register: Register) -> None:
    register(handlers={"*": pytest.fail})
    refused(tell(client, b"x" * (MEGABYTE + 1)), 413, "request_entity_too_large")


def test_a_body_without_a_length_is_read_no_further_than_a_megabyte(client: FlaskClient, register: Register) -> None:
    register(handlers={"*": pytest.fail})
    stream = io.BytesIO(b"x" * (3 * MEGABYTE))
    answer = client.post(
        "/hooks/acme/crm",
        input_stream=stream,
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    refused(answer, 413, "request_entity_too_large")
    assert stream.tell() <= MEGABYTE + 128 * 1024


def test_packed_bytes_are_not_unpacked(client: FlaskClient, register: Register) -> None:
    register(pytest.fail)
    refused(tell(client, gzip.compress(b"{}"), Content_Encoding="gzip"), 415, "unsupported_media_type")


# -- registering -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "wrong",
    [
        {"addon": ""},
        {"addon": "Acme"},
        {"addon": "a/b"},
        {"addon": "a" * 31},
        {"path": ""},
        {"path": "/crm"},
        {"path": "../crm"},
        {"path": "crm?x"},
        {"path": "x" * 101},
        {"secret": ""},
        {"secret": []},
        {"secret": ["good", ""]},
    ],
)
def test_what_cannot_be_an_endpoint_is_refused_at_registration(register: Register, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        register(**wrong)


def test_two_handlers_for_one_address_are_refused(register: Register) -> None:
    register()
    with pytest.raises(ValueError, match="registered already"):
        register()


def test_a_path_may_have_several_parts(client: FlaskClient, register: Register) -> None:
    register(path="v2/crm.events")
    assert tell(client, UPDATED, path="/hooks/acme/v2/crm.events").status_code == 200


def test_a_secret_is_not_shown(register: Register) -> None:
    assert SECRET not in repr(register())
