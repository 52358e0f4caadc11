"""Forged notices in the log: a line a minute for each gateway and fault, which says how many it stands for.

Whoever sends a thousand a second must not fill the disk with them. Each process counts for itself.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from webapp import clock

EVERY = timedelta(minutes=1)
KINDS_AT_MOST = 100  # an add-on's gateway may word every refusal anew


class Refusals:
    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], tuple[datetime, int]] = {}  # when the last line was, and how many since
        self._one = threading.Lock()

    def count(self, gateway: str, problem: str) -> int:
        """One more: how many a line stands for now, or 0 while it is too early for another."""
        now, key = clock.now(), (gateway, problem)
        with self._one:
            if key not in self._lines and len(self._lines) >= KINDS_AT_MOST:
                key = (gateway, "")
            last, waiting = self._lines.get(key, (None, 0))
            if last is not None and last <= now < last + EVERY:
                self._lines[key] = last, waiting + 1
                return 0
            self._lines[key] = now, 0
            return waiting + 1
