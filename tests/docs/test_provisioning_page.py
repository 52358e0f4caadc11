"""The provisioner of the page is held to what the page says of all of them."""

from __future__ import annotations

from tests.docs import pages

with pages.loaded(pages.ROOT / "docs" / "provisioning.md") as _page:
    TestFolders = _page.TestFolders
