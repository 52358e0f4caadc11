"""How many notices of gateways are taken in, whether a burst of them is kept whole, and how soon it is worked off."""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from sqlalchemy import text

from benchmarks import counting, crowd, load
from benchmarks.measuring import Result, at_least, at_most, interleaved
from benchmarks.network import Network, scratch
from benchmarks.renewals import megabytes

SECRET = "whsec_measured"
KEYS = {"STRIPE_SECRET_KEY": "sk_test_x", "STRIPE_PUBLISHABLE_KEY": "pk_test_x", "STRIPE_WEBHOOK_SECRET": SECRET}
PATH = "/webhooks/stripe"
SECONDS, BURST, SALES = 2.0, 10_000, 500
EVENTS_OF_A_SALE = 6  # one that settles it, two about what is known by then, three about things that are not ours
A_SECOND, GROWTH_AT_MOST = 150, 40
GATEWAY = "at-once"
UNPAID = f"""UPDATE payments SET status = 'pending', completed_at = NULL, kind = 'first', gateway = '{GATEWAY}'
    WHERE id > {crowd.FIRST}"""
NOT_BEGUN = f"""UPDATE memberships SET status = 'pending', periods_paid = 0, anchor = NULL, activated_at = NULL,
    recurring = true, gateway = '{GATEWAY}', cancelled_at = NULL WHERE id > {crowd.FIRST}"""
ASKED = f"""INSERT INTO tries
    (payment_id, number, status, gateway, gateway_reference, reason, asked, created_at, updated_at)
    SELECT id, 1, 'needs-action', '{GATEWAY}', 'n-' || id, '', 0, created_at, created_at FROM payments
    WHERE id > {crowd.FIRST}"""


def run(network: Network, rounds: int) -> Iterator[Result]:
    network.env |= {**KEYS, "FLOOR_SECRET": SECRET}
    with network.serving() as ours, network.floor("verified_insertion") as floor:
        told, noted = Notices(PATH), Notices("/")
        notices = load.Load(ours.port, told, expect=200)
        notes = load.Load(floor.port, noted, expect=201)
        for warming_up in (notices, notes):
            warming_up.rate(1.0)
        figures = interleaved(rounds, ours=lambda: notices.rate(SECONDS), floor=lambda: notes.rate(SECONDS))
        before = kept(network)
        sent = told.made
        notices.send(BURST)
        lost = (told.made - sent) - (kept(network) - before)
    yield at_least(
        "inbox",
        "Notices taken in, a second",
        "/s",
        figures["ours"],
        figures["floor"],
        share=1 / 2,
        of="a bare route that verifies the same HMAC and inserts a row",
        target="at least 1/2",
    )
    yield at_most("inbox", "Its SQL statements", statements(network), 3)
    yield at_most("inbox", f"Lost of a burst of {BURST:,}", lost, 0)
    yield from worked_off(rounds)


class Notices:
    """Signed events as Stripe sends them, each with an id of its own."""

    def __init__(self, path: str) -> None:
        self.path, self.numbers, self.run = path, count(1), secrets.token_hex(6)
        self.made = 0

    def __call__(self) -> bytes:
        self.made += 1
        body = event(f"evt_{self.run}_{next(self.numbers)}")
        at = str(int(time.time()))
        signature = hmac.digest(SECRET.encode(), f"{at}.".encode() + body, "sha256").hex()
        headers = {"Content-Type": "application/json", "Stripe-Signature": f"t={at},v1={signature}"}
        return load.request("POST", self.path, headers, body)


def event(name: str) -> bytes:
    """Of a size as they are: a charge of another system on the same account."""
    thing = {
        "id": f"ch_{name}",
        "object": "charge",
        "amount": 2999,
        "currency": "eur",
        "metadata": {},
        "more": "x" * 1500,
    }
    told = {"id": name, "object": "event", "type": "charge.succeeded", "created": 1, "data": {"object": thing}}
    return json.dumps(told).encode()


def kept(network: Network) -> int:
    from sqlalchemy import func, select

    from webapp.extensions import db
    from webapp.models import InboundEvent

    with network.app.app_context():
        found = db.session.scalar(select(func.count()).select_from(InboundEvent)) or 0
        db.session.remove()
    return found


def statements(network: Network) -> int:
    """Of the second notice, so that nothing is counted that happens once in a process."""
    client, notices = network.app.test_client(), Notices(PATH)
    for _ in range(2):
        head, _blank, body = notices().partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        with counting.watching(network) as seen:
            counting.answered(client.post(PATH, data=body, headers=headers), 200)
    return seen.statements


# -- worked off ------------------------------------------------------------------------------------------------------
def worked_off(rounds: int) -> Iterator[Result]:
    """By one worker, with a gateway that answers at once."""
    figures: list[float] = []
    grown = 0.0
    with scratch() as network:
        for number in range(rounds + 1):
            first = number * SALES
            prepare(network, first + SALES, first)
            before = megabytes()
            figures.append(events_a_second(network, first))
            grown = megabytes() - before if number else 0.0  # the first round loads what is loaded once
    figures = sorted(figures[1:])
    middle = figures[len(figures) // 2]
    what = "Notices worked off, a second, one worker (one in six settles a sale)"
    target = f"at least {A_SECOND} /s"
    yield Result("inbox", what, f"{middle:.0f} /s", target, middle >= A_SECOND, rounds={"ours": figures})
    yield at_most("inbox", f"What the worker grows by over {SALES * EVENTS_OF_A_SALE:,}", grown, GROWTH_AT_MOST, "MB")


def prepare(network: Network, number: int, beyond: int) -> None:
    """So many sales that wait for the gateway's word, without those that are there."""
    from webapp.extensions import db, dialect_name

    with network.app.app_context():
        names = ("users", "customers", "memberships", "payments")
        rows = crowd.rows(dialect_name(), number)
        with db.engine.begin() as connection:
            for name in names:
                crowd.write(connection, name, rows[name], number, beyond=beyond)
            for statement in (UNPAID, NOT_BEGUN, ASKED):
                connection.execute(text(f"{statement} AND id > {crowd.FIRST + beyond}"))
        db.session.remove()


def events_a_second(network: Network, first: int) -> float:
    from webapp.flows import inbound
    from webapp.gateways.base import Notice

    run = secrets.token_hex(4)
    with network.app.app_context(), answering_at_once():
        for number in range(first + 1, first + SALES + 1):
            name = f"n-{crowd.FIRST + number}"
            for part, about in enumerate((name, name, name, "", "", "")):
                told = about or f"other-{number}-{part}"
                inbound.receive(GATEWAY, Notice(f"{run}-{number}-{part}", "paid", told, {"data": {"id": told}}))
        begun, done = time.perf_counter(), 0
        while found := inbound.work_off(500):
            done += found
        took = time.perf_counter() - begun
    if done != SALES * EVENTS_OF_A_SALE or unpaid(network):
        raise RuntimeError(f"{done} notices were handled, {unpaid(network)} sales are unpaid")
    return done / took


def unpaid(network: Network) -> int:
    from webapp.extensions import db

    with network.app.app_context(), db.engine.connect() as connection:
        query = f"SELECT count(*) FROM payments WHERE id > {crowd.FIRST} AND status = 'pending'"
        return int(connection.execute(text(query)).scalar_one())


@contextmanager
def answering_at_once() -> Iterator[None]:
    from webapp import hooks

    hooks.add_filter("wu_payment_gateways", _with_ours)
    try:
        yield
    finally:
        hooks.remove_filter("wu_payment_gateways", _with_ours)


def _with_ours(ways: dict[str, Any]) -> dict[str, Any]:
    return {**ways, GATEWAY: _make}


def _make(config: Any) -> Any:
    """A gateway that says of all that it took it, at once."""
    from webapp.gateways.base import Base, Outcome, Verdict

    class AtOnce(Base):
        id, title, description = GATEWAY, GATEWAY, GATEWAY

        def fetch(self, reference: str) -> Outcome:
            return Outcome(Verdict.SUCCEEDED, reference=reference)

    return AtOnce(config)
