"""Sites that another hosting system makes: it is told of each job by a signed request, and says what came of it.

The answer may hold the end of the job, or say that it takes its time; then it is asked until it is through, and sooner
when a signed notice comes. What goes over the wire, both ways: docs/provisioning.md.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from flask_babel import lazy_gettext as _l

from webapp import clock, standard_webhooks
from webapp.errors import ConfigurationError
from webapp.provisioners.base import (
    Answer,
    BadNotice,
    Base,
    Change,
    Config,
    Job,
    Notice,
    PermanentFailure,
    Progress,
    Standing,
    State,
    TryLater,
    Verb,
    compared,
)
from webapp.vendors.addresses import may_be_private, typed_address
from webapp.vendors.answers import Answer as Reply
from webapp.vendors.answers import Limits
from webapp.vendors.http import VendorHttp

URL, SECRET, PRIVATE = "PROVISIONER_URL", "PROVISIONER_SECRET", "OUTBOUND_ALLOW_PRIVATE"
WHO = "the hosting system"
LIMITS = Limits(connect=5.0, read=20.0, total=30.0, answer_bytes=64 * 1024)
QUICK = Limits(connect=3.0, read=4.0, total=5.0, answer_bytes=64 * 1024)  # while an operator waits
EXPLAINED = frozenset({400, 404, 409, 410, 422})  # answers in which it may say why in its own words
UNKNOWN_SITE, TAKEN = "unknown_site", 202
CHANGED = "site.changed"  # the type of a notice
TYPE_AT_MOST = 120


class WebhookProvisioner(Base):
    """Made with `value_of(env, variable)`, which says the address and the secret that hold now.

    `offers`: what the operator says that the other side can do beside making, showing and deleting.
    """

    id = "webhook"
    title = _l("Another hosting system, by webhook")
    description = _l("It is told of each site that is to be made, suspended, shown again or deleted.")

    def __init__(
        self,
        config: Config,
        *,
        value_of: Callable[[Mapping[str, str], str], str],
        offers: Callable[[], Collection[str]] = tuple,
    ) -> None:
        super().__init__(config)
        self._value_of, self._offers = value_of, offers

    @property
    def offers(self) -> Collection[Change]:
        return tuple(map(Change, self._offers()))

    # -- the verbs ---------------------------------------------------------------------------------------------------
    def create(self, job: Job) -> Answer:
        answer = self._tell(Verb.CREATE, job, {**facts(job), "customer": asdict(job.owner)})
        if answer.progress is Progress.DONE and not (answer.address or job.address):
            return Answer(Progress.FAILED, problem=f"{WHO} says that the site is there, and not where")
        return answer

    def suspend(self, job: Job) -> Answer:
        return self._tell(Verb.SUSPEND, job, names(job))

    def resume(self, job: Job) -> Answer:
        return self._tell(Verb.RESUME, job, names(job))

    def delete(self, job: Job) -> Answer:
        return self._tell(Verb.DELETE, job, names(job))

    def rename(self, job: Job) -> Answer:
        return self._change(Change.RENAME, job, names(job))

    def transfer(self, job: Job) -> Answer:
        about = {"membership": job.membership, "plan": job.plan, "customer": asdict(job.owner)}
        return self._change(Change.TRANSFER, job, {**names(job), **about})

    def fetch(self, job: Job) -> Standing:
        return self._client().ask(job.site)

    def open_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        try:
            _url, keys = self._settings()
        except ConfigurationError as problem:
            raise BadNotice(str(problem)) from None
        event_id = standard_webhooks.check(keys, body, headers)
        told = read_json(body)
        kind, data = told.get("type"), told.get("data")
        site = data.get("site") if isinstance(data, dict) else None
        if kind != CHANGED or not isinstance(site, str) or not site:
            raise BadNotice(f"not a {CHANGED} about a site")
        return Notice(event_id, kind, site, told)

    # -- the other side ----------------------------------------------------------------------------------------------
    @property
    def ready(self) -> bool:
        try:
            return bool(self._settings())
        except ConfigurationError:
            return False

    def look(self) -> None:
        """Whether it can be asked with what is set. Raises as `ask` does, and ConfigurationError."""
        url, keys = self._settings()
        with closing(Hosting(url, tuple(keys), self.config.env.get(PRIVATE, "0"), QUICK)) as hosting:
            hosting.ask("none")

    def _tell(self, verb: Verb, job: Job, data: dict[str, Any]) -> Answer:
        standing = self._client().tell(f"site.{verb}", job, data)
        answer = compared(verb, standing)
        return answer or Answer(Progress.FAILED, problem=f"{WHO} does not know the site that it is to make")

    def _change(self, change: Change, job: Job, data: dict[str, Any]) -> Answer:
        """Of a site that stays as it is otherwise: shown or suspended, either is the end."""
        now = self._client().tell(f"site.{change}", job, data, taken=State.WORKING)
        if now.state in (State.ACTIVE, State.SUSPENDED):
            return Answer(Progress.DONE, now.address, now.reference)
        if now.state is State.WORKING:
            return Answer(Progress.WAITING)
        return Answer(Progress.FAILED, problem=now.problem or f"{WHO}: the site is {now.state}", code=now.code)

    def _client(self) -> Hosting:
        """Raises TryLater while it is not set up: what waits goes on by itself once it is."""
        try:
            url, keys = self._settings()
        except ConfigurationError as problem:
            raise TryLater(str(problem)) from None
        return client(url, tuple(keys), self.config.env.get(PRIVATE, "0"))

    def _settings(self) -> tuple[str, list[bytes]]:
        """Raises ConfigurationError."""
        url, secret = (self._value_of(self.config.env, one) for one in (URL, SECRET))
        if not url or not secret:
            raise ConfigurationError(f"{WHO} is not set up: it takes an address and a secret")
        try:
            return typed_address(URL, url, self.config.env.get(PRIVATE, "0")), standard_webhooks.keys_of(secret)
        except ValueError as problem:
            raise ConfigurationError(str(problem)) from None


def names(job: Job) -> dict[str, Any]:
    """By these the other side finds the site: our name for it, its own, and the address that it gave."""
    return {"site": job.site, "id": job.reference, "address": job.address, "name": job.name}


def facts(job: Job) -> dict[str, Any]:
    about = {"title": job.title, "template": job.template, "language": job.language}
    return {**names(job), **about, "membership": job.membership, "plan": job.plan}


def read_json(body: bytes) -> dict[str, Any]:
    """An object, or an empty one."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


class Hosting:
    """The other system: where it is, and what both sides sign with."""

    def __init__(self, url: str, keys: tuple[bytes, ...], allowed: str, limits: Limits = LIMITS) -> None:
        origin, self._path = split(url)
        guarded = not may_be_private(url, allowed)
        self._keys, self._http = keys, VendorHttp(WHO, origin, limits=limits, guarded=guarded)

    def close(self) -> None:
        self._http.close()

    def tell(self, kind: str, job: Job, data: dict[str, Any], *, taken: State | None = None) -> Standing:
        """`taken`: what a 202 says, whatever else is said of the site.

        Raises TryLater when nobody knows what came of it, PermanentFailure for a refusal without a word.
        """
        body = json.dumps({"type": kind, "timestamp": clock.rfc3339(job.asked_at), "data": data}).encode()
        headers = standard_webhooks.sign(self._keys, job.key, clock.now(), body)
        answer = self._http.call("POST", self._path, body=body, headers=headers, expect=EXPLAINED)
        told = Told(answer)
        if told.is_refusal and not told.code:
            raise self._http.failure(answer, f"POST {self._path}")
        if answer.status == TAKEN and taken is not None:
            return Standing(taken)
        return told.standing(State.FAILED if told.is_refusal else State.WORKING)

    def ask(self, site: str) -> Standing:
        """How it stands there. Raises as `tell` does; an answer that does not say it is none."""
        headers = standard_webhooks.sign(self._keys, f"ask_{uuid.uuid4().hex}", clock.now(), b"")
        answer = self._http.call("GET", self._path, query={"site": site}, headers=headers, expect=EXPLAINED)
        told = Told(answer)
        if told.is_refusal and told.state is None:
            raise self._http.failure(answer, f"GET {self._path}")
        if told.state is None:
            raise TryLater(f"{WHO} gave an answer that cannot be read", http_status=answer.status)
        return told.standing(told.state)


class Told:
    """What stands in an answer. `state`: how the site stands, if it says so."""

    def __init__(self, answer: Reply) -> None:
        self._read, self._status = read_json(answer.body), answer.status
        self.is_refusal = answer.status >= 300
        self.code = self._text("code")
        state = self._text("state")
        self.state = State(state) if state in set(State) and not self.is_refusal else None
        if self.is_refusal and self.code == UNKNOWN_SITE:
            self.state = State.DELETED

    def standing(self, otherwise: State) -> Standing:
        """Raises PermanentFailure for an address that nobody can follow."""
        said = self._text("message") or self.code
        problem = f"{WHO}: {said}" if said else ""
        try:
            return Standing(self.state or otherwise, self._text("address"), self._text("id"), problem, self.code)
        except ValueError as fault:
            raise PermanentFailure(f"{WHO}: {fault}", http_status=self._status) from None

    def _text(self, name: str) -> str:
        value = self._read.get(name)
        return value.strip() if isinstance(value, str) else ""


@lru_cache(maxsize=4)
def client(url: str, keys: tuple[bytes, ...], allowed: str) -> Hosting:
    """One for an address and its secret, with its connections kept open."""
    return Hosting(url, keys, allowed)


def split(url: str) -> tuple[str, str]:
    """`https://hosting.example.com` and the rest, as it was typed."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}", slash + path
