"""The page of components in a browser: what it shows opens, and nothing is wrong with any of it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.office import PHONE, Open


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_component_has_anything_wrong_with_it(enter: Open, violations: Any, scheme: str) -> None:
    page = enter("/admin/components", color_scheme=scheme, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(page) == []
    page.get_by_role("link", name="Delete …").click()
    expect(page.get_by_role("dialog", name="Delete this product?")).to_be_visible()
    assert violations(page) == []
