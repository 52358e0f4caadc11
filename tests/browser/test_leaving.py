"""A gateway with a page on a host of its own: the browser gets there from our form, with script and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.test_buying import fill_in, order
from webapp import hooks
from webapp.gateways.base import Base, Beginning, PaymentRequest, Redirect


class FarBank(Base):
    """Its page is this very server, by another name: for a browser that is another host."""

    id = "far-bank"
    title = "Far Bank"
    description = "You pay on the next page, at the bank."

    def begin(self, request: PaymentRequest) -> Beginning:
        return Redirect(self.config.base_url.replace("localhost", "127.0.0.1") + "/healthz", request.idempotency_key)


@pytest.fixture
def bank(site: Any) -> Iterator[None]:
    before = hooks.registry.snapshot()
    hooks.add_filter("wu_payment_gateways", lambda gateways: {"far-bank": FarBank})
    factories.product("premium")
    yield
    hooks.registry.restore(before)


@pytest.mark.ux("P2", "P4")
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_buyer_gets_to_the_bank_and_back(open_page: Callable[..., Page], bank: None, script: bool) -> None:
    page = open_page("/register/premium", java_script_enabled=script)
    fill_in(page)
    order(page)
    expect(page).to_have_url(re.compile(r"^http://127\.0\.0\.1:\d+/healthz$"))
    page.go_back()
    expect(page).to_have_url(re.compile("/register/premium$"))
