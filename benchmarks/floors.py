"""What the benchmarks are compared with: the least that Flask can do of the same kind, on the same server."""

from __future__ import annotations

import hmac
import json
import os
from pathlib import Path

from flask import Flask, render_template, request
from jinja2 import DictLoader
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

# As webapp/transactions.py has them, which is not imported: nothing of the product is to be in a floor's process.
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "busy_timeout=30000",
    "foreign_keys=ON",
    "wal_autocheckpoint=4000",
)

TEMPLATES = {
    "base.html": """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{% block title %}{% endblock %}</title></head>
<body><main>{% block main %}{% endblock %}</main></body></html>""",
    "rows.html": """{% extends "base.html" %}
{% block title %}Rows{% endblock %}
{% block main %}<h1>Rows</h1>
<table><thead><tr><th>Number</th><th>Name</th><th>E-mail</th><th>Amount</th><th>Status</th></tr></thead><tbody>
{% for row in rows %}<tr class="{{ loop.cycle('odd', 'even') }}"><td>{{ row.number }}</td>
<td><a href="/rows/{{ row.number }}">{{ row.name }}</a></td><td>{{ row.email }}</td>
<td>{{ "%.2f"|format(row.amount) }}</td><td>{{ row.status }}</td></tr>
{% endfor %}</tbody></table>{% endblock %}""",
}

ROWS = [
    {
        "number": number,
        "name": f"Ada & Number {number}",
        "email": f"ada{number}@example.com",
        "amount": number * 29.99,
        "status": "active",
    }
    for number in range(1, 31)
]


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class Kept(Base):
    __tablename__ = "kept"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    body: Mapped[str]


def opened(name: str) -> Engine:
    """A SQLite set up as the product's is, with these tables."""
    engine = create_engine(f"sqlite:///{Path(os.environ['FLOOR_FOLDER']) / name}", pool_size=10)

    @event.listens_for(engine, "connect")
    def set_up(connection, _record):  # type: ignore[no-untyped-def]
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    Base.metadata.create_all(engine)
    return engine


def page() -> Flask:
    """One route that renders thirty rows with Jinja."""
    app = Flask("floor")
    app.jinja_loader = DictLoader(TEMPLATES)

    @app.get("/")
    def rows() -> str:
        return render_template("rows.html", rows=ROWS)

    return app


def insertion() -> Flask:
    """One route that inserts a row and commits, on a SQLite set up as the product's is."""
    app, engine = Flask("floor"), opened("floor.sqlite")

    @app.post("/")
    def note() -> tuple[str, int]:
        with Session(engine) as session, session.begin():
            session.add(Note(text=request.form["text"]))
        return "", 201

    return app


def verified_insertion() -> Flask:
    """One route that verifies a signature as Stripe makes it, inserts the notice once, and commits."""
    app, engine, secret = Flask("floor"), opened("inbox.sqlite"), os.environ["FLOOR_SECRET"].encode()

    @app.post("/")
    def take() -> tuple[str, int]:
        body = request.get_data()
        parts = dict(part.partition("=")[::2] for part in request.headers["Stripe-Signature"].split(","))
        right = hmac.digest(secret, parts["t"].encode() + b"." + body, "sha256").hex()
        if not hmac.compare_digest(right, parts["v1"]):
            return "", 400
        with Session(engine) as session, session.begin():
            session.add(Kept(name=json.loads(body)["id"], body=body.decode()))
        return "", 201

    return app


def receiver() -> Flask:
    """What is told: takes a small JSON body and says so."""
    app = Flask("receiver")

    @app.post("/")
    def take() -> tuple[str, int]:
        request.get_data()
        return "", 204

    return app
