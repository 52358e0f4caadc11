"""Refusals have a page of ours, whatever ails."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from webapp.domain import catalog, network


@pytest.mark.ux("M0")
def test_a_page_that_is_not_there_says_so_with_a_reference(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_without_a_database_there_is_still_a_page(
    answering_errors: None, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("the database is away"))

    monkeypatch.setattr(network, "settings", away)
    monkeypatch.setattr(catalog, "plans_on_offer", away)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something failed on our side." in answer.text
    assert "SELECT" not in answer.text


def test_machines_are_answered_in_json(client: FlaskClient) -> None:
    answer = client.post("/webhooks/nobody", data=b"{}")
    assert answer.status_code == 404
    assert answer.json["data"]["status"] == 404
