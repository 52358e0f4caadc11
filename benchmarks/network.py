"""A network of its own to measure: a scratch database and Redis, the demo plans, and customers who are signed in."""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from benchmarks import load
from benchmarks.servers import Server, plain_environment, served
from tests.fakes import valkey
from tests.pages import Page

PASSWORD = "a sentence for measuring"
CUSTOMERS = 40
PATH = "/register/free"
CHOICES = {
    "full_name": "Ada Lovelace",
    "billing_country": "DE",
    "billing_address_line_1": "Hauptstr. 1",
    "billing_zip_code": "10115",
    "billing_city": "Berlin",
    "site_title": "Ada's bakery",
    "early_start": "y",
    "terms": "y",
}


class Network:
    """The product as it would be installed, in a folder that is thrown away."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.folder, self.log = folder, folder / "log"
        self.env = {
            **plain_environment(),
            "INSTANCE_PATH": str(folder),
            "DATABASE_URL": f"sqlite:///{folder / 'network.sqlite'}",
            "REDIS_URL": redis_url,
            "PARZELLE_ENV": "production",
            "SECRET_KEY": secrets.token_urlsafe(32),
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "SANDBOX_GATEWAY": "1",
            "OUTBOUND_ALLOW_PRIVATE": "loopback",
            "TRUSTED_PROXIES": "1",  # each customer comes from an address of their own: the rate limit counts them
            "FLOOR_FOLDER": str(folder),
        }

    @cached_property
    def app(self) -> Flask:
        """The application in this process, with its tables, the demo plans and the customers."""
        from flask_migrate import upgrade

        from webapp import create_app
        from webapp.domain import demo
        from webapp.settings import Settings
        from webapp.transactions import unit_of_work

        app = create_app(Settings.from_environment(self.env))
        with app.app_context():
            upgrade()
            with unit_of_work("benchmark"):
                demo.load()
            with unit_of_work("benchmark"):
                create_customers()
        return app

    @contextmanager
    def serving(self) -> Iterator[Server]:
        assert self.app
        with served("wsgi:app", self.env, self.log, path="/healthz", config="gunicorn.conf.py") as server:
            yield server

    @contextmanager
    def floor(self, name: str) -> Iterator[Server]:
        with served(f"benchmarks.floors:{name}()", self.env, self.log) as server:
            yield server


@contextmanager
def scratch() -> Iterator[Network]:
    with tempfile.TemporaryDirectory(prefix="parzelle-bench-") as name:
        folder = Path(name)
        (folder / "redis").mkdir()
        with valkey.running(folder / "redis") as redis_url:
            yield Network(folder, redis_url)


@contextmanager
def on_the_given_server(network: Network) -> Iterator[None]:
    """A database of its own on the PostgreSQL of DATABASE_URL, where one is given; else SQLite."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield
        return
    url = make_url(given.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")
    name = f"parzelle_bench_{os.getpid()}_{id(network)}"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    network.env["DATABASE_URL"] = url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
    try:
        yield
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()


def email_of(number: int) -> str:
    return f"ada{number}@example.com"


def create_customers() -> None:
    from webapp.domain import customers, passwords
    from webapp.domain.customers import Profile

    hashed = passwords.hash_password(PASSWORD)
    for number in range(CUSTOMERS):
        user = customers.create_user(email_of(number), "", "Ada Lovelace", password_hash=hashed)
        customers.create(
            user, Profile(full_name="Ada Lovelace", billing_country="DE"), signup_form="main-form", locale="en"
        )


@dataclass(slots=True)
class Buyer:
    """A signed-in customer with the order form open: its fields as the page has them, and what was filled in."""

    headers: dict[str, str]
    fields: dict[str, Any]

    def order(self, number: int, **more: str) -> bytes:
        """A new checkout: an id of its own, and a site address that nobody has."""
        fresh = {"order_token": secrets.token_urlsafe(16), "site_url": f"site-{number}", **more}
        headers = {**self.headers, "Content-Type": "application/x-www-form-urlencoded"}
        return load.request("POST", PATH, headers, urlencode({**self.fields, **fresh}).encode())


def sign_in(server: Server, number: int) -> Buyer:
    """As a person does it: the sign-in page, its form, then the order form."""
    session = requests.Session()
    session.headers["X-Forwarded-For"] = address = f"10.0.{number // 250}.{number % 250 + 1}"
    credentials = {"email_address": email_of(number), "password": PASSWORD}
    form = form_of(session.get(f"{server.address}/login").text)
    session.post(f"{server.address}/login", {**form, **credentials}, allow_redirects=False).raise_for_status()
    fields = {**form_of(session.get(f"{server.address}{PATH}").text), **CHOICES}
    cookies = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
    return Buyer({"Cookie": cookies, "X-Forwarded-For": address}, fields)


def form_of(html: str) -> dict[str, Any]:
    """The fields of a page's main form, as a browser would send them."""
    fields: dict[str, Any] = max((form["fields"] for form in Page(html).forms), key=len)
    return fields


class NewCustomers:
    """Orders of people who are not signed in and have no account yet: each brings a password to be hashed."""

    def __init__(self, server: Server) -> None:
        session = requests.Session()
        fields = {**form_of(session.get(f"{server.address}{PATH}").text), **CHOICES, "password": PASSWORD}
        cookies = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
        self.buyer = Buyer({"Cookie": cookies}, fields)
        self.numbers = count(secrets.randbelow(10**6) * 10**6)

    def __call__(self) -> bytes:
        number = next(self.numbers)
        return self.buyer.order(number, email_address=f"new{number}@example.com")


class Orders:
    """One order after the other, from all customers in turn."""

    def __init__(self, server: Server) -> None:
        self.buyers = [sign_in(server, number) for number in range(CUSTOMERS)]
        self.numbers, self.lock = count(secrets.randbelow(10**6) * 10**6), threading.Lock()

    def __call__(self) -> bytes:
        with self.lock:
            number = next(self.numbers)
        return self.buyers[number % len(self.buyers)].order(number)
