"""The country of a network address, looked up in a file that the operator has: no call leaves for it.

The file is one in the MaxMind DB format with countries or cities, such as GeoLite2 or DB-IP's. A newer one that takes
its place is noticed; without one, or with one that cannot be read, nobody is anywhere, and all else goes on.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from typing import Any

import maxminddb

log = logging.getLogger(__name__)


class Countries:
    """One file, kept open, and opened again when it has changed."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._reader: maxminddb.Reader | None = None
        self._lock = threading.Lock()

    def of(self, address: str) -> str:
        """The ISO 3166 code; "" where the file does not say, or is not there."""
        try:
            reader = self._current()
            found: Any = reader.get(address) if reader is not None else None
        except (OSError, ValueError, maxminddb.InvalidDatabaseError):
            return ""
        country = found.get("country") if isinstance(found, Mapping) else None
        code = country.get("iso_code") if isinstance(country, Mapping) else None
        return code if isinstance(code, str) else ""

    def _current(self) -> maxminddb.Reader | None:
        try:
            status = os.stat(self.path)
            seen = (status.st_mtime_ns, status.st_size)
        except OSError:
            seen = (0, 0)
        if seen != self._seen:
            with self._lock:
                if seen != self._seen:
                    self._reader, self._seen = self._opened(), seen
        return self._reader

    def _opened(self) -> maxminddb.Reader | None:
        """In memory: whoever writes over the file must not pull it from under a reader."""
        try:
            return maxminddb.open_database(self.path, maxminddb.MODE_MEMORY)
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as problem:
            log.warning("geoip.unreadable", extra={"reason": type(problem).__name__})
            return None


_known: dict[str, Countries] = {}


def country(path: str, address: str | None) -> str:
    """Of an address, by the file at `path`; "" without either."""
    if not path or not address:
        return ""
    return _known.setdefault(path, Countries(path)).of(address)
