#!/usr/bin/env python3
"""A hosting system in one file: takes the jobs of a Parzelle network, makes "sites", and says when they are there.

    export SECRET=whsec_…                                             # the same as in the network's settings
    export NETWORK=http://localhost:8000/webhooks/provisioner          # where it says that something has changed
    python receiver.py 9000 sites.sqlite

Standard library only. What it does to a site is `work`: replace that with what your own system needs. The rest is the
protocol of docs/provisioning.md: check the signature, do each job once, answer at once, and say how a site stands.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import sys
import threading
import time
import urllib.request
import uuid
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOLERANCE = 300  # seconds
AFTER = {"site.create": "active", "site.suspend": "suspended", "site.resume": "active", "site.delete": "deleted"}
TABLES = """
    CREATE TABLE IF NOT EXISTS sites (site TEXT PRIMARY KEY, name TEXT, state TEXT, wanted TEXT, owner TEXT);
    CREATE UNIQUE INDEX IF NOT EXISTS name ON sites (name) WHERE state != 'deleted';
    CREATE TABLE IF NOT EXISTS changes (id TEXT PRIMARY KEY, name TEXT, owner TEXT);
    CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, site TEXT);
"""


# -- signatures (https://www.standardwebhooks.com) -------------------------------------------------------------------
def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def is_genuine(secret: str, headers: Any, body: bytes) -> bool:
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    right = signature(secret, message_id, timestamp, body)
    return any(hmac.compare_digest(right, one) for one in headers.get("webhook-signature", "").split(" "))


class Hosting:
    """What there is, kept in a file. `base`: the address that sites get a name under."""

    def __init__(self, path: str, secret: str, network: str, base: str = "https://{}.sites.example/") -> None:
        self.path, self.secret, self.network, self.base = path, secret, network, base
        with closing(self.open()) as database:
            database.executescript(TABLES)

    def open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        database.row_factory = sqlite3.Row
        return database

    # -- what the network asks ---------------------------------------------------------------------------------------
    def take(self, job: str, told: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Note the job and begin; a job that came before is only answered."""
        kind, data = told["type"], told["data"]
        if kind in ("site.rename", "site.transfer"):
            return self.change(job, data)
        with closing(self.open()) as database, database:
            database.execute("BEGIN IMMEDIATE")
            if database.execute("INSERT OR IGNORE INTO jobs VALUES (?, ?)", (job, data["site"])).rowcount:
                refusal = self.begin(database, kind, data)
                if refusal:
                    database.execute("DELETE FROM jobs WHERE id = ?", (job,))  # it may be asked for again
                    return refusal
                threading.Thread(target=self.work, args=[data["site"]], daemon=True).start()
        return self.standing(data["site"])

    def change(self, job: str, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Another name or another owner, at once. One that takes longer is answered with 202 until it is done."""
        with closing(self.open()) as database, database:
            database.execute("BEGIN IMMEDIATE")
            known = database.execute("SELECT * FROM sites WHERE site = ?", (data["site"],)).fetchone()
            if known is None or known["state"] == "deleted":
                return 404, {"code": "unknown_site", "message": "We have no such site."}
            owner = data["customer"]["email"] if "customer" in data else known["owner"]
            new = (job, data["name"], owner)
            if database.execute("INSERT OR IGNORE INTO changes VALUES (?, ?, ?)", new).rowcount:
                taken = "SELECT 1 FROM sites WHERE name = ? AND site != ? AND state != 'deleted'"
                if database.execute(taken, (data["name"], data["site"])).fetchone():
                    database.execute("DELETE FROM changes WHERE id = ?", (job,))
                    return 409, {"code": "name_taken", "message": f"{data['name']} belongs to somebody else."}
                change = "UPDATE sites SET name = ?, owner = ? WHERE site = ?"
                database.execute(change, (data["name"], owner, data["site"]))
        status, told = self.standing(data["site"])
        return (200 if status == 202 else status), {**told, "state": "active" if status == 202 else told["state"]}

    def begin(self, database: sqlite3.Connection, kind: str, data: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        known = database.execute("SELECT * FROM sites WHERE site = ?", (data["site"],)).fetchone()
        if known is None and kind != "site.create":
            return 404, {"code": "unknown_site", "message": "We have no such site."}
        if known is None:
            taken = "SELECT 1 FROM sites WHERE name = ? AND state != 'deleted'"
            if database.execute(taken, (data["name"],)).fetchone():
                return 409, {"code": "name_taken", "message": f"{data['name']} belongs to somebody else."}
            new = (data["site"], data["name"], "working", AFTER[kind], data["customer"]["email"])
            database.execute("INSERT INTO sites VALUES (?, ?, ?, ?, ?)", new)
        else:
            change = "UPDATE sites SET state = 'working', wanted = ? WHERE site = ?"
            database.execute(change, (AFTER[kind], data["site"]))
        return None

    def standing(self, site: str) -> tuple[int, dict[str, Any]]:
        with closing(self.open()) as database:
            known = database.execute("SELECT * FROM sites WHERE site = ?", (site,)).fetchone()
        if known is None:
            return 404, {"code": "unknown_site", "message": "We have no such site."}
        there = {"state": known["state"], "id": known["name"], "address": self.base.format(known["name"])}
        return (202 if known["state"] == "working" else 200), there

    # -- what it does ------------------------------------------------------------------------------------------------
    def work(self, site: str) -> None:
        """Here your own system makes the site, blocks it or deletes it; then the network is told."""
        time.sleep(0.1)
        with closing(self.open()) as database:
            database.execute("UPDATE sites SET state = wanted WHERE site = ?", (site,))
        if self.network:
            self.tell(site)

    def tell(self, site: str) -> None:
        """If nobody listens, the network asks by itself a little later."""
        body = json.dumps({"type": "site.changed", "timestamp": now(), "data": {"site": site}}).encode()
        message_id, timestamp = f"evt_{uuid.uuid4().hex}", str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self.secret, message_id, timestamp, body),
        }
        try:
            request = urllib.request.Request(self.network, body, headers)  # noqa: S310 - as it was started with
            urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
        except OSError as problem:
            sys.stderr.write(f"not told: {problem}\n")


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def handler_of(hosting: Hosting) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site = parse_qs(urlsplit(self.path).query).get("site", [""])[0]
            self.answer(b"", lambda: hosting.standing(site))

        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 1_000_000))
            self.answer(body, lambda: hosting.take(self.headers["webhook-id"], json.loads(body)))

        def answer(self, body: bytes, act: Any) -> None:
            genuine = is_genuine(hosting.secret, self.headers, body)
            status, told = act() if genuine else (401, {"code": "bad_signature", "message": "Not from the network."})
            text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    return Handler


if __name__ == "__main__":
    port, path = int(sys.argv[1]), sys.argv[2]
    made = Hosting(path, os.environ["SECRET"], os.environ.get("NETWORK", ""))
    ThreadingHTTPServer(("127.0.0.1", port), handler_of(made)).serve_forever()
