"""From a form of ours to a page of somebody else's: without a redirect, which Chromium would block."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.wrappers import Response

from tests.pages import Page
from webapp.blueprints.views import leave_for

BANK = "https://pay.bank.example/p/1?a=b&c=d"


def leave(app: Flask, url: str, **headers: str) -> Response:
    with app.test_request_context("/register", method="POST", headers=headers, base_url="http://localhost"):
        app.preprocess_request()
        return app.process_response(leave_for(url))


def test_a_form_leads_to_a_page_of_ours_that_goes_on_by_itself(app: Flask) -> None:
    answer = leave(app, BANK)
    assert answer.status_code == 200
    assert answer.headers["Refresh"] == f"0; url={BANK}"
    page = Page(answer.get_data(as_text=True))
    assert (BANK, "Continue to payment") in page.links
    assert "You pay at pay.bank.example and come back here afterwards." in page.text
    assert "form-action 'self' http://localhost;" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("url", ["/thank-you/abc", "http://localhost/sandbox/pay/abc", "thank-you"])
def test_within_the_network_it_is_a_plain_redirect(app: Flask, url: str) -> None:
    answer = leave(app, url)
    assert (answer.status_code, answer.headers["Location"]) == (303, url)
    assert "Refresh" not in answer.headers


def test_htmx_goes_by_itself(app: Flask) -> None:
    answer = leave(app, BANK, **{"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, BANK)


def test_an_address_with_signs_of_its_own_stays_one_address(app: Flask) -> None:
    answer = leave(app, 'https://bank.example/zahlung?für=Größe"><script>')
    assert answer.headers["Refresh"].isascii()
    assert "<script>" not in answer.get_data(as_text=True).partition("<main")[2]
