"""Pages of sites that were made before, so that the next visitor costs one statement.

A page is kept under its site's `content_version`, which every change of what the site shows replaces in the same
transaction: what is kept under another number is never shown again, whichever process made it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

BYTES_AT_MOST = 8_000_000


class Key(NamedTuple):
    site_id: int
    content_version: int
    slug: str


class KeptPages:
    """The ones that were asked for last; as many as fit into the memory that they may take."""

    def __init__(self, bytes_at_most: int = BYTES_AT_MOST) -> None:
        self.bytes_at_most, self.size = bytes_at_most, 0
        self._pages: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> bytes | None:
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def keep(self, key: Key, page: bytes) -> None:
        with self._lock:
            self.size += len(page) - len(self._pages.pop(key, b""))
            self._pages[key] = page
            while self.size > self.bytes_at_most and self._pages:
                self.size -= len(self._pages.popitem(last=False)[1])
