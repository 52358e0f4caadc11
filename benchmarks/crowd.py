"""A network of so many memberships, written by SQL alone: each with a customer, a payment, a site, and their traces."""

from __future__ import annotations

import importlib
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.sql.schema import Column, ScalarElementColumnDefault

from benchmarks.network import Network
from webapp import clock

FIRST = 1_000_000  # ids below belong to the demo network
YEARS = 2
EMAIL, PASSWORD = "bench@example.com", "a sentence for measuring"
NOUGHT: dict[type, str] = {str: "''", int: "0", bool: "false"}
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})"
ID = f"{FIRST} + i"
ENDED = "i % 10 > 6"
CURRENCY = "CASE WHEN i % 7 = 0 THEN 'USD' ELSE 'EUR' END"
FIGURES = "webapp.migrations.versions.20261125_9e4d2b7c6f15_figures"
WORDS = "webapp.migrations.versions.20261125_f7d1b95e30a8_name_words"


def fill(network: Network, number: int) -> None:
    """Write it, have the days counted as the clock does, and make an operator who can sign in."""
    from webapp.domain import customers, exchange_rates
    from webapp.extensions import db, dialect_name
    from webapp.jobs import schedule
    from webapp.models import RateSource, Role
    from webapp.transactions import unit_of_work

    with network.app.app_context():
        with unit_of_work("benchmark"):
            customers.create_user(EMAIL, PASSWORD, "Olga Peters", Role.OWNER)
        for table, values in rows(dialect_name(), number).items():
            with db.engine.begin() as connection:
                write(connection, table, values, number)
        with db.engine.begin() as connection:
            for statement in importlib.import_module(FIGURES).BACKFILL:
                connection.execute(text(statement))
            connection.execute(text("DELETE FROM name_words"))
            importlib.import_module(WORDS).backfill(connection)
        with unit_of_work("benchmark") as session:
            exchange_rates.keep(session, rates(), RateSource.ECB)
        schedule.count_days()
        with db.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
        db.session.remove()


def rates() -> list[tuple[str, date, Decimal]]:
    """What a euro was worth in dollars on each of the days, a little different every time."""
    today = clock.now().date()
    days = [today - timedelta(days=number) for number in range(YEARS * 366)]
    return [("USD", day, Decimal("1.05") + Decimal(day.toordinal() % 100) / 1000) for day in days]


def rows(dialect: str, number: int) -> dict[str, dict[str, str]]:
    """The columns of each table that say something, as SQL of the number `i`; they came evenly over the years."""
    seconds = f"(CAST({number} - i AS BIGINT) * {YEARS * 365 * 86400} / {number})"
    if dialect == "sqlite":
        at = f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || {seconds} || ' seconds')"
        later = f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || ({seconds} / 2) || ' seconds')"
    else:
        at = f"now() - {seconds} * interval '1 second'"
        later = f"now() - {seconds} / 2 * interval '1 second'"
    plan = "(SELECT id FROM products WHERE slug = 'premium')"
    name, email = "'Given' || i % 1000 || ' Surname' || i", "'customer' || i || '@example.net'"
    times = {"created_at": at, "updated_at": at}
    owner = {"customer_id": ID}
    status = f"CASE WHEN {ENDED} THEN 'cancelled' ELSE 'active' END"
    move = {"object_type": "'memberships'", "object_id": ID, "reason": "'benchmark'", "actor": "'benchmark'"}
    return {
        "users": {"id": ID, "email": email, "email_key": email, "username": "'customer' || i", "name": name, **times},
        "customers": {
            "id": ID,
            "user_id": ID,
            "display_name": name,
            "email": email,
            "reference": "'c' || i",
            "registered_at": at,
            **times,
        },
        "memberships": {
            "id": ID,
            **owner,
            "plan_id": plan,
            "status": status,
            "currency": CURRENCY,
            "price_minor": "2999",
            "net_price_minor": "2999",
            "anchor": at,
            "activated_at": at,
            "cancelled_at": f"CASE WHEN {ENDED} THEN {later} END",
            "reference": "'m' || i",
            "gateway": "'sandbox'",
            "periods_paid": "1",
            **times,
        },
        "payments": {
            "id": ID,
            **owner,
            "membership_id": ID,
            "status": "'completed'",
            "currency": CURRENCY,
            "subtotal_minor": "2999",
            "total_minor": "2999",
            "gateway": "'sandbox'",
            "reference": "'p' || i",
            "completed_at": at,
            **times,
        },
        "sites": {
            "id": ID,
            **owner,
            "membership_id": ID,
            "slug": "'site-' || i",
            "title": "'Site ' || i",
            "status": "'published'",
            "published_at": at,
            **times,
        },
        "events": {
            "id": ID,
            "public_id": "'evt_' || i",
            "type": "'payment.completed'",
            "timestamp": at,
            "data": "'{}'",
            "object_type": "'payments'",
            "object_id": ID,
            **owner,
        },
        "deliveries": {
            "id": ID,
            "key": "'key-' || i",
            "handler": "'crm'",
            "callback": "'crm:sync'",
            "hook": "'wu_event'",
            "arguments": "'[]'",
            "next_at": at,
            "created_at": at,
            **owner,
            "status": "CASE WHEN i % 100 = 0 THEN 'dead' ELSE 'done' END",
        },
        "moves": {"id": f"2 * ({ID})", **move, "old": "'pending'", "new": "'active'", "at": at},
        "moves AS ended": {
            "id": f"2 * ({ID}) + 1",
            **move,
            "at": later,
            "old": f"CASE WHEN {ENDED} THEN 'active' ELSE 'pending' END",
            "new": status,
        },
    }


def write(connection: Connection, name: str, values: dict[str, str], number: int, *, beyond: int = 0) -> None:
    """The rows up to that number, without those that are there. What is not said has its default, or nothing in it."""
    from webapp.extensions import Base

    table = Base.metadata.tables[name.partition(" ")[0]]
    said = {**{one.name: nothing(one) for one in table.columns if not one.nullable}, **values}
    columns = ", ".join(f'"{one}"' for one in said)
    numbers = NUMBERS.format(number=number)
    asked = f"{numbers} SELECT {', '.join(said.values())} FROM n WHERE i > {beyond}"
    connection.execute(text(f"INSERT INTO {table.name} ({columns}) {asked}"))


def nothing(column: Column[Any]) -> str:
    default = column.default
    if isinstance(default, ScalarElementColumnDefault):
        value = default.arg
        return str(value).lower() if isinstance(value, bool) else f"{value}" if isinstance(value, int) else f"'{value}'"
    return "1" if column.name == "version" else NOUGHT.get(column.type.python_type, "''")
