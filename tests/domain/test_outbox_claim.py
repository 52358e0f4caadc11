"""A claim takes what fits into one worker's hand, and leaves the rest to the others."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from webapp.domain import outbox
from webapp.transactions import unit_of_work

LEASE = timedelta(minutes=1)


def claimed(limit: int) -> list[int]:
    with unit_of_work("worker") as session:
        return [one.arguments[0] for one in outbox.claim(session, "somewhere", limit, LEASE)]


def test_a_claim_takes_no_more_than_its_limit(app: Flask) -> None:
    with unit_of_work("test"):
        for number in range(5):
            outbox.add("moment", "somewhere:tell", "somewhere", [number])
    assert [claimed(2), claimed(2), claimed(2), claimed(2)] == [[0, 1], [2, 3], [4], []]
