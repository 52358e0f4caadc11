"""A hosting system as docs/provisioning.md asks for one: strict, it remembers, and it takes its time when told to.

    with HostingFake() as hosting:
        hosting.slow = True          # says 202, and is through when `finish` is called
        hosting.taken.add("bakery")  # somebody else has this name there

What breaks the protocol is refused and noted in `problems`. A job is done once, however often its id comes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.vendor import Call, FakeVendor, Reply
from webapp import clock

SECRET = "whsec_" + base64.b64encode(b"a secret of both sides, no other").decode()
NAMES = {"site", "id", "address", "name"}
CREATE = {*NAMES, "title", "template", "language", "membership", "plan", "customer"}
OWNER = {"reference", "name", "email", "company", "language"}
FIELDS = {"site.create": CREATE, "site.suspend": NAMES, "site.resume": NAMES, "site.delete": NAMES}
CHANGES = {"site.rename": NAMES, "site.transfer": {*NAMES, "membership", "plan", "customer"}}
FIELDS |= CHANGES
AFTER = {"site.create": "active", "site.suspend": "suspended", "site.resume": "active", "site.delete": "deleted"}
LARGEST = 20_000


def signature(message_id: str, timestamp: str, body: bytes, secret: str = SECRET) -> str:
    """By the specification's own words, and nothing of ours."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


class HostingFake(FakeVendor):
    """`sites`: our name for each to what is there; `jobs`: (type, site) of all that was done, once each."""

    def __init__(self) -> None:
        super().__init__()
        self.sites: dict[str, dict[str, str]] = {}
        self.jobs: list[tuple[str, str]] = []
        self.problems: list[str] = []
        self.taken: set[str] = set()
        self.slow = False
        self.secrets = [SECRET]
        self._known: set[str] = set()
        self._unfinished: dict[str, str] = {}
        self.at_work: dict[str, tuple[str, dict[str, str]]] = {}  # changes of sites, by the id of the job

    # -- what its people do --------------------------------------------------------------------------------
    def finish(self) -> None:
        """All that it works on is through."""
        with self.lock:
            for site, state in self._unfinished.items():
                self.sites[site]["state"] = state
            self._unfinished.clear()
            for site, change in self.at_work.values():
                self.sites[site] |= change
            self.at_work.clear()

    def break_down(self, message: str) -> None:
        """What it works on has failed."""
        with self.lock:
            for site in self._unfinished:
                self.sites[site] |= {"state": "failed", "message": message}
            self._unfinished.clear()

    @property
    def states(self) -> dict[str, str]:
        """By the name that was ordered."""
        return {one["name"]: one["state"] for one in self.sites.values()}

    @property
    def told(self) -> list[str]:
        """What was done, in its order: `create`, `suspend`."""
        return [kind.removeprefix("site.") for kind, _site in self.jobs]

    def notice(
        self,
        site: str,
        event_id: str = "evt_1",
        *,
        at: datetime | None = None,
        secret: str = SECRET,
        kind: str = "site.changed",
    ) -> dict[str, Any]:
        """A signed notice, as the arguments of a client's `post`."""
        moment = at or clock.now()
        state = self.sites.get(site, {}).get("state", "deleted")
        told = {"type": kind, "timestamp": clock.rfc3339(moment), "data": {"site": site, "state": state}}
        body, timestamp = json.dumps(told).encode(), str(int(moment.timestamp()))
        headers = {"webhook-id": event_id, "webhook-timestamp": timestamp, "Content-Type": "application/json"}
        return {"data": body, "headers": {**headers, "webhook-signature": signature(event_id, timestamp, body, secret)}}

    # -- what it answers -----------------------------------------------------------------------------------
    def reply(self, call: Call) -> Reply:
        problem = self._problem(call)
        if problem:
            self.problems.append(problem)
            return refusal(401 if problem == "signature" else 400, problem)
        if call.method == "GET":
            return self._shown(call.query["site"][0])
        return self._do(call.headers["webhook-id"], call.json())

    def _problem(self, call: Call) -> str:
        headers = {name.lower(): value for name, value in call.headers.items()}
        message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not re.fullmatch("[A-Za-z0-9_-]{1,64}", message_id) or not timestamp.isdigit():
            return "headers"
        given = headers.get("webhook-signature", "").split(" ")
        if not any(signature(message_id, timestamp, call.body, one) in given for one in self.secrets):
            return "signature"
        if abs(clock.now() - datetime.fromtimestamp(int(timestamp), UTC)) > timedelta(minutes=5):
            return "time"
        if call.path != "/sites" or call.method not in ("GET", "POST"):
            return "address"
        if call.method == "GET":
            return "" if set(call.query) == {"site"} and not call.body else "question"
        return self._problem_of_body(call, headers)

    def _problem_of_body(self, call: Call, headers: dict[str, str]) -> str:
        told = call.json()
        if headers.get("content-type") != "application/json" or len(call.body) > LARGEST:
            return "content"
        if not isinstance(told, dict) or set(told) != {"type", "timestamp", "data"} or told["type"] not in FIELDS:
            return "envelope"
        clock.parse(told["timestamp"])
        data = told["data"]
        if set(data) != FIELDS[told["type"]] or not re.fullmatch("[A-Za-z0-9_-]{16,}", data["site"]):
            return "data"
        if not all(isinstance(value, str) for name, value in data.items() if name != "customer"):
            return "data"
        if "customer" in data and set(data["customer"]) != OWNER:
            return "customer"
        known = self.sites.get(data["site"])
        if known is not None and data["id"] not in ("", known["id"]):
            return "id"
        return ""

    def _do(self, message_id: str, told: dict[str, Any]) -> Reply:
        kind, data = told["type"], told["data"]
        site = data["site"]
        if kind in CHANGES:
            return self._change(message_id, kind, site, data)
        if message_id not in self._known:
            refused = self._refuse(kind, site, data["name"])
            if refused is not None:
                return refused
            self._known.add(message_id)
            self._begin(kind, site, data)
        return self._shown(site, working=202)

    def _change(self, message_id: str, kind: str, site: str, data: dict[str, Any]) -> Reply:
        """A job by itself: the site is shown or suspended meanwhile, and answered is what became of the job."""
        if message_id in self._known:
            return self._shown(site, always=202 if message_id in self.at_work else 0)
        others = {one["name"] for key, one in self.sites.items() if key != site}
        if site not in self.sites or self.sites[site]["state"] == "deleted":
            return refusal(404, "unknown_site")
        if data["name"] in self.taken | others:
            return refusal(409, "name_taken")
        self._known.add(message_id)
        self.jobs.append((kind, site))
        change = {"name": data["name"], "address": f"https://{data['name']}.hosting.example/"}
        change |= {"owner": data["customer"]["email"]} if "customer" in data else {}
        if self.slow:
            self.at_work[message_id] = (site, change)
        else:
            self.sites[site] |= change
        return self._shown(site, always=202 if self.slow else 0)

    def _refuse(self, kind: str, site: str, name: str) -> Reply | None:
        if kind != "site.create":
            there = site in self.sites or kind == "site.delete"
            return None if there else refusal(404, "unknown_site")
        others = {one["name"] for key, one in self.sites.items() if key != site and one["state"] != "deleted"}
        return refusal(409, "name_taken") if name in self.taken | others else None

    def _begin(self, kind: str, site: str, data: dict[str, str]) -> None:
        self.jobs.append((kind, site))
        name = self.sites.get(site, data)["name"]
        kept = self.sites.setdefault(
            site, {"name": name, "id": f"h-{len(self.sites) + 1}", "address": f"https://{name}.hosting.example/"}
        )
        kept["state"] = "working" if self.slow else AFTER[kind]
        kept.pop("message", None)
        if self.slow:
            self._unfinished[site] = AFTER[kind]

    def _shown(self, site: str, *, working: int = 200, always: int = 0) -> Reply:
        kept = self.sites.get(site)
        if kept is None or kept["state"] == "deleted":
            return Reply(200, {"state": "deleted"}) if kept is not None else refusal(404, "unknown_site")
        there = {name: kept[name] for name in ("state", "address", "id", "message") if name in kept}
        return Reply(always if always else working if kept["state"] == "working" else 200, there)


def refusal(status: int, code: str) -> Reply:
    return Reply(status, {"code": code, "message": f"{code} (said by the hosting system)"})
