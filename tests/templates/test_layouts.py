"""The two layouts and the pages of refusal: landmarks, live regions, legal links, a way on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Render = Callable[..., Any]
ROOT = Path(__file__).parents[2] / "webapp"
CODES = ["400", "403", "404", "409", "410", "422", "429", "500", "503"]

VISITOR = {
    "network": {"name": "Parzelle", "consumer_law": "eu"},
    "nav": [{"label": "Sign in", "url": "/login", "current": False}],
    "contract_links": [
        ("Cancel contracts here", "/cancel"),
        ("Withdraw from contract here", "/withdraw"),
    ],
    "legal_links": [("Impressum", "/legal/imprint"), ("Privacy", "/legal/privacy")],
    "help_url": "/help",
}
OPERATOR = {
    "network": {"name": "Parzelle"},
    "admin_nav": [
        {
            "label": "Customers",
            "url": "/admin/customers",
            "current": True,
            "count": None,
        },
        {
            "label": "Deliveries",
            "url": "/admin/deliveries",
            "current": False,
            "count": 3,
        },
    ],
    "sign_out_url": "/logout",
}
PAGE = "{% extends layout %}{% block title %}Plans{% endblock %}{% block main %}<h1>Plans</h1>{% endblock %}"


@pytest.mark.ux("W23", "H7")
@pytest.mark.parametrize(("layout", "context"), [("base.html", VISITOR), ("base_admin.html", OPERATOR)])
def test_a_page_has_its_landmarks_live_regions_and_one_heading(
    snippet: Render, faults_of_page: Render, layout: str, context: dict[str, Any]
) -> None:
    root = snippet(PAGE, layout=layout, lang="de", **context)

    assert faults_of_page(root) == []
    assert root.one("html").attrs["lang"] == "de"
    assert root.one("title").text == "Plans – Parzelle"


def test_a_page_works_with_nothing_in_its_context(snippet: Render, faults_of_page: Render) -> None:
    root = snippet(PAGE, layout="base.html")
    assert faults_of_page(root) == []
    assert root.one("title").text == "Plans"


@pytest.mark.ux("C4", "W13")
def test_a_refused_form_says_so_in_the_title(snippet: Render) -> None:
    root = snippet(PAGE, layout="base.html", errors=[("email_address", "Enter it.")], **VISITOR)
    assert root.one("title").text == "Error: Plans – Parzelle"


@pytest.mark.ux("X1", "L21")
def test_the_legal_links_are_in_the_footer_and_not_behind_anything(
    snippet: Render,
) -> None:
    footer = snippet(PAGE, layout="base.html", **VISITOR).one("footer")

    links = [link.text for link in footer.all("a")]
    assert links == [
        "Cancel contracts here",
        "Withdraw from contract here",
        "Help",
        "Impressum",
        "Privacy",
    ]
    assert not footer.all("details")


@pytest.mark.ux("N13")
def test_acting_as_a_customer_is_shown_on_every_page(snippet: Render, faults_of_page: Render) -> None:
    root = snippet(
        PAGE,
        layout="base.html",
        acting_as={"name": "Ada", "end_url": "/end"},
        **VISITOR,
    )

    assert root.one("aside").text == "You are acting as Ada. End"
    assert root.one("aside").one("form").attrs == {"method": "post", "action": "/end"}
    assert faults_of_page(root) == []


@pytest.mark.ux("H2", "H3", "H10")
def test_htmx_is_told_to_keep_nothing_run_nothing_and_swap_refused_forms(
    snippet: Render,
) -> None:
    config = json.loads(snippet(PAGE, layout="base.html").one("meta", name="htmx-config").attrs["content"])

    assert config["allowEval"] is config["includeIndicatorStyles"] is False
    assert (
        config["historyCacheSize"],
        config["timeout"],
        config["selfRequestsOnly"],
    ) == (0, 15000, True)
    swapped = {code: swaps(config["responseHandling"], code) for code in (200, 204, 404, 409, 422, 500)}
    assert swapped == {
        200: True,
        204: False,
        404: False,
        409: True,
        422: True,
        500: False,
    }


def swaps(handling: list[dict[str, Any]], status: int) -> bool:
    """What htmx does: the first entry whose pattern is found in the status decides."""
    return bool(next(entry["swap"] for entry in handling if re.search(entry["code"], str(status))))


def test_texts_of_the_script_come_from_the_page(snippet: Render) -> None:
    alert = snippet(PAGE, layout="base.html").one(role="alert")

    assert alert.text == ""
    assert alert.attrs["data-offline"].startswith("You are offline. Your entries stay on this page")
    assert "{id}" in alert.attrs["data-failed"]
    assert alert.attrs["data-timeout"]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(("layout", "context"), [("base.html", VISITOR), ("base_admin.html", OPERATOR)])
def test_a_refusal_has_words_a_way_on_and_a_reference(
    page: Render,
    faults_of_page: Render,
    code: str,
    layout: str,
    context: dict[str, Any],
) -> None:
    root = page(
        f"errors/{code}.html",
        layout=layout,
        reference="req-81",
        back_url="/back",
        retry_after=30,
        **context,
    )

    main = root.one("main")
    assert faults_of_page(root) == []
    assert main.one("h1").text == root.one("title").text.removesuffix(" – Parzelle")
    assert len(main.one("div", class_="stack stack--tight lead").text) > 20
    assert main.all("a")[0].attrs["href"] in ("/", "/back")
    assert main.one("button").attrs["data-copy"] == "req-81"
    assert root.one("meta", name="robots").attrs["content"] == "noindex"
    assert "oops" not in main.text.lower()


@pytest.mark.parametrize("code", CODES)
def test_a_refusal_can_be_shown_when_nothing_else_works(page: Render, faults_of_page: Render, code: str) -> None:
    assert faults_of_page(page(f"errors/{code}.html")) == []


def test_a_refusal_says_what_the_rule_said(page: Render) -> None:
    assert "The order was settled." in page("errors/409.html", message="The order was settled.").one("main").text


@pytest.mark.ux("M4")
def test_no_access_names_whom_to_ask(page: Render) -> None:
    text = "You do not have access to this page. Ask an administrator of Parzelle."
    assert text in page("errors/403.html", **VISITOR).one("main").text


@pytest.mark.ux("H1")
def test_the_vendored_script_is_the_pinned_one_with_its_licence() -> None:
    assert 'version:"2.0.11"' in (ROOT / "static" / "htmx.min.js").read_text()
    assert (ROOT / "static" / "htmx.LICENSE.txt").read_text().startswith("Zero-Clause BSD")


def test_our_own_script_evaluates_no_text_and_writes_no_markup() -> None:
    script = (ROOT / "static" / "app.js").read_text()
    assert not re.findall(
        r"\beval\(|new Function|innerHTML\s*=[^=]|insertAdjacentHTML|document\.write|\.style\b",
        script,
    )
