"""How quick memberships are renewed by a gateway that answers at once, in a small network and in a large one."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from statistics import median
from typing import Any

from sqlalchemy import text

from benchmarks import crowd
from benchmarks.measuring import Result, at_most, interleaved, ratio
from benchmarks.network import Network, on_the_given_server, scratch

GATEWAY = "at-once"
DUE, MANY = 1_000, 100_000
DUE_OF_A_MILLION, MILLION = 10_000, 1_000_000
AT_LEAST, RATIO_AT_MOST, GROWTH_AT_MOST = 100, 1.3, 40
CARD = f"""INSERT INTO stored_credentials (id, customer_id, gateway, reference, label, usable, created_at, updated_at)
    SELECT id, customer_id, '{GATEWAY}', 'card-' || id, '', true, created_at, created_at FROM memberships
    WHERE id > {crowd.FIRST} AND id <= :last"""
RENEWS = f"""UPDATE memberships SET status = 'active', credential_id = id, auto_renew = true, recurring = true,
    gateway = '{GATEWAY}', cancel_at = NULL WHERE id > {crowd.FIRST} AND id <= :last"""
REST = f"UPDATE memberships SET due_at = NULL, expires_at = NULL WHERE id <= {crowd.FIRST} OR id > :last"
MAKE_DUE = f"""UPDATE memberships SET expires_at = :now, due_at = :now, anchor = :began, periods_before = periods_paid,
    announced = periods_paid + 1 WHERE id > {crowd.FIRST} AND id <= :last"""


def run(network: Network, rounds: int) -> Iterator[Result]:
    yield from compared(network, rounds, DUE, MANY)


def run_million(network: Network, rounds: int) -> Iterator[Result]:
    yield from compared(network, rounds, DUE_OF_A_MILLION, MILLION)


def compared(small: Network, rounds: int, due: int, number: int) -> Iterator[Result]:
    with ExitStack() as stack:
        large = stack.enter_context(scratch())
        for one, count in ((small, due), (large, number)):
            stack.enter_context(on_the_given_server(one))
            prepare(one, count, due)
        for one in (small, large):
            renewed_a_second(one, due)  # everything is loaded by then
        before = megabytes()
        figures = interleaved(
            rounds, few=lambda: renewed_a_second(small, due), many=lambda: renewed_a_second(large, due)
        )
        grown = megabytes() - before
    few, many = median(figures["few"]), median(figures["many"])
    found = ratio(figures["few"], figures["many"])
    yield Result(
        "renewals",
        f"Renewals a second, one worker, {due:,} due",
        f"{few:.0f} /s",
        f"at least {AT_LEAST} /s",
        few >= AT_LEAST,
        rounds={"ours": figures["few"]},
    )
    yield Result(
        "renewals",
        f"The time of {due:,} renewals in a network of {number:,}",
        f"{due / many:.1f} s",
        f"at most {RATIO_AT_MOST}",
        found <= RATIO_AT_MOST,
        floor=f"{due / few:.1f} s (the same with {due:,})",
        ratio=found,
        rounds=figures,
    )
    what = f"What the worker grows by over {rounds * 2 * due:,} more renewals"
    yield at_most("renewals", what, grown, GROWTH_AT_MOST, "MB")


def prepare(network: Network, number: int, due: int) -> None:
    """So many memberships, of which the first `due` have a card that can be charged."""
    from webapp.extensions import db

    crowd.fill(network, number)
    with network.app.app_context(), db.engine.begin() as connection:
        for statement in (CARD, RENEWS, REST):
            connection.execute(text(statement), {"last": crowd.FIRST + due})


def renewed_a_second(network: Network, due: int) -> float:
    from webapp import clock, hooks
    from webapp.extensions import UTCDateTime, db
    from webapp.flows import charging

    with network.app.app_context():
        now = clock.now()
        values = {"now": now, "began": now - timedelta(days=30), "last": crowd.FIRST + due}
        statement = text(MAKE_DUE).bindparams(*(_instant(name, UTCDateTime()) for name in ("now", "began")))
        with db.engine.begin() as connection:
            connection.execute(statement, values)
        hooks.add_filter("wu_payment_gateways", _with_ours)
        try:
            begun = time.perf_counter()
            done = charging.work_off()
            took = time.perf_counter() - begun
        finally:
            hooks.remove_filter("wu_payment_gateways", _with_ours)
        with db.engine.connect() as connection:
            left = connection.execute(text(f"SELECT count(*) FROM memberships WHERE {NOT_RENEWED}"), values).scalar()
        db.session.remove()
    if done < due or left:
        raise RuntimeError(f"{done} of {due} were looked at, {left} not renewed")
    return due / took


NOT_RENEWED = f"id > {crowd.FIRST} AND id <= :last AND periods_paid = periods_before"


def _instant(name: str, kind: Any) -> Any:
    from sqlalchemy import bindparam

    return bindparam(name, type_=kind)


def _with_ours(ways: dict[str, Any]) -> dict[str, Any]:
    return {**ways, GATEWAY: _make}


def _make(config: Any) -> Any:
    """A gateway that takes whatever it is asked for, and says so at once."""
    from webapp.gateways.base import Base, Capability, ChargeRequest, Outcome, Verdict

    class AtOnce(Base):
        id, title, description = GATEWAY, GATEWAY, GATEWAY
        capabilities = Capability.STORED_CREDENTIAL

        def charge(self, request: ChargeRequest) -> Outcome:
            return Outcome(Verdict.SUCCEEDED, reference=request.idempotency_key, amount=request.amount)

    return AtOnce(config)


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
