"""The gateways of the page are held to what the page says of all gateways."""

from __future__ import annotations

import inspect
import runpy
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.addons import installed
from tests.docs import pages
from tests.pages import Browser
from webapp.gateways.base import Base, Config, RefundRequest, VendorUnreachable, Verdict
from webapp.money import Money

PAGE = pages.ROOT / "docs" / "custom-gateway.md"
GERMAN = pages.ROOT / "docs" / "de" / "eigenes-gateway.md"
TEMPLATE = pages.ROOT / "examples" / "gateway_template" / "your_gateway.py"
WORDS = {"id", "title", "description", "capabilities", "account", "variables"}
VERBS = sorted(name for name in vars(Base) if not name.startswith("_") and name not in WORDS)

with pages.loaded(PAGE) as _page:
    TestInvoice, TestYourBank = _page.TestInvoice, _page.TestYourBank
    YourBank, your_bank, ENV = _page.YourBank, _page.your_bank, _page.ENV


@pytest.fixture(autouse=True)
def nothing_has_happened_at_the_bank() -> None:
    your_bank.BOOKS.clear()


def test_both_are_offered_in_the_checkout(app: Flask, browser: Browser) -> None:
    factories.product("premium")
    with pages.loaded(PAGE) as page, installed(app, page.__name__, env=ENV):
        shown = browser.get("/register/premium").text
    assert "You get an invoice by post, and pay within 30 days." in shown
    assert "You pay on the next page, at your bank." in shown


def test_without_its_variables_the_bank_is_left_out_and_the_invoice_is_not(app: Flask, browser: Browser) -> None:
    factories.product("premium")
    with pages.loaded(PAGE) as page, installed(app, page.__name__):
        shown = browser.get("/register/premium").text
    assert "by post" in shown
    assert "at your bank" not in shown


def test_a_lost_answer_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway: Any = YourBank(Config(ENV, "http://localhost"))

    def lost(*_args: Any, **_more: Any) -> None:
        raise your_bank.Unreachable("timed out")

    for verb in ("open_page", "find", "refund"):
        monkeypatch.setattr(your_bank.Bank, verb, lost)
    with pytest.raises(VendorUnreachable, match="timed out"):
        gateway.begin(TestYourBank().request())
    with pytest.raises(VendorUnreachable, match="timed out"):
        gateway.fetch("1")
    assert gateway.refund(RefundRequest("1", Money(1, "EUR"), "", "r1")).verdict == Verdict.UNKNOWN


@pytest.mark.parametrize("verb", VERBS)
def test_the_template_has_every_verb_and_says_what_to_answer(verb: str) -> None:
    written = vars(runpy.run_path(str(TEMPLATE))["YourGateway"])[verb]
    ours = vars(Base)[verb]
    if isinstance(ours, property):
        written, ours = written.fget, ours.fget
    assert inspect.signature(written) == inspect.signature(ours)
    assert len(inspect.getdoc(written) or "") > 40


@pytest.mark.parametrize("page", [PAGE, GERMAN], ids=["en", "de"])
def test_the_page_goes_through_every_verb(page: Path) -> None:
    table = page.read_text().partition("| Hafenbank |")[2].partition("\n\n")[0]
    assert [verb for verb in VERBS if f"`{verb}`" not in table and f"`{verb}(" not in table] == []
