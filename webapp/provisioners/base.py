"""What a provisioner has to offer, which makes the sites that are sold: plain values in, plain values out.

A provisioner knows one hosting system, and nothing of rows, requests or transactions. It is asked for one job after the
other of a site, each again under the same key until it says what came of it. A refusal is an answer (`failed`, with
words for the operator); an answer that never came is TryLater, and the job comes again.
Docs: docs/provisioning.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from webapp.outgoing import PermanentFailure, TryLater
from webapp.paying import BadNotice, Notice

__all__ = [
    "NAME_TAKEN",
    "Answer",
    "BadNotice",
    "Base",
    "Change",
    "Config",
    "Job",
    "Notice",
    "Owner",
    "PermanentFailure",
    "Progress",
    "Provisioner",
    "Standing",
    "State",
    "TryLater",
    "Verb",
    "compared",
    "offered",
]

ADDRESS_AT_MOST, REFERENCE_AT_MOST = 500, 200
NAME_TAKEN = "name_taken"  # the `code` of an answer: made under another name, it may go


class Verb(StrEnum):
    """What is asked for; each is a function of a provisioner."""

    CREATE = "create"
    SUSPEND = "suspend"
    RESUME = "resume"
    DELETE = "delete"


class Change(StrEnum):
    """What may be asked for beside, of a provisioner that `offers` it; each is a function of it, too."""

    RENAME = "rename"
    TRANSFER = "transfer"


class Progress(StrEnum):
    """What has come of it. WAITING: it was taken, and `fetch` will know its end."""

    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"


class State(StrEnum):
    """How a site stands over there. DELETED: also one that nobody there has heard of."""

    WORKING = "working"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who bought the site. `reference`: the customer's number here."""

    reference: str
    name: str
    email: str = field(repr=False)
    company: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do about one site. `key` and `asked_at` stay the same however often it is asked for.

    `site`: what we call the site to every provisioner; no other ever has it. `name`: the address that was ordered, like
    `my-shop`. `reference` and `address`: what the provisioner has said of it so far.
    """

    key: str
    asked_at: datetime
    site: str
    name: str
    title: str
    template: str
    language: str
    membership: str
    plan: str
    owner: Owner
    reference: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """`address`: where the site answers; empty: on its own host here. `problem`: words for the operator.

    Raises ValueError for an address that nobody can follow, and for names that are too long to keep.
    """

    progress: Progress
    address: str = ""
    reference: str = ""
    problem: str = ""
    code: str = ""

    def __post_init__(self) -> None:
        check_names(self.address, self.reference)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is true now; the rest as in `Answer`."""

    state: State
    address: str = ""
    reference: str = ""
    problem: str = ""
    code: str = ""

    def __post_init__(self) -> None:
        check_names(self.address, self.reference)


def check_names(address: str, reference: str) -> None:
    if address and not (len(address) <= ADDRESS_AT_MOST and is_web_address(address)):
        raise ValueError("the site's address is not one like https://my-shop.example.com/")
    if len(reference) > REFERENCE_AT_MOST or "\0" in reference:
        raise ValueError(f"the site's reference is a text of at most {REFERENCE_AT_MOST} characters")


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    plain = text.isprintable() and not set(text) & set(" <>\"'\\")
    return named and plain and parts.scheme in ("http", "https")


@dataclass(frozen=True)
class Config:
    """What a provisioner is made with: the environment's variables and the network's address."""

    env: Mapping[str, str]
    base_url: str


@runtime_checkable
class Provisioner(Protocol):
    """Registered through the filter `wu_site_provisioners` as `{id: class}`; made with a `Config`.

    Every verb may be asked for twice, and for a site that is as wanted already: then it is done. Raises TryLater when
    nobody knows what came of it, PermanentFailure when trying again would not help.
    """

    id: str
    title: Any
    description: Any

    def create(self, job: Job) -> Answer:
        """Make a site, and show it. One that is there is shown as it is."""
        ...

    def suspend(self, job: Job) -> Answer:
        """Show it to nobody, and keep what it holds."""
        ...

    def resume(self, job: Job) -> Answer:
        """Show it again, as it was."""
        ...

    def delete(self, job: Job) -> Answer:
        """Delete what it holds, for good."""
        ...

    def fetch(self, job: Job) -> Standing:
        """How the site stands now. Raises TryLater."""
        ...


class Base:
    """The answers of a provisioner that has nothing to do for a verb; inherit from it and write what yours does."""

    id = ""
    title: Any = ""
    description: Any = ""

    def __init__(self, config: Config) -> None:
        self.config = config

    @property
    def ready(self) -> bool:
        """Whether it has all it needs, as its keys; what is not ready cannot be chosen."""
        return True

    @property
    def offers(self) -> Collection[Change]:
        """What it can do beside the verbs that all have; the rest is offered to nobody."""
        return ()

    def rename(self, job: Job) -> Answer:
        """Give the site the address of `job.name`, and say the new `address`.

        Asked for again under its key until it is done or refused, as by `NAME_TAKEN`.
        """
        raise PermanentFailure(f"{self.id} cannot give a site another address")

    def transfer(self, job: Job) -> Answer:
        """It belongs to `job.owner` from now on, and to `job.membership`. Asked for again as `rename` is."""
        raise PermanentFailure(f"{self.id} cannot give a site another owner")

    def create(self, job: Job) -> Answer:
        return Answer(Progress.DONE)

    def suspend(self, job: Job) -> Answer:
        return Answer(Progress.DONE)

    def resume(self, job: Job) -> Answer:
        return Answer(Progress.DONE)

    def delete(self, job: Job) -> Answer:
        return Answer(Progress.DONE)

    def fetch(self, job: Job) -> Standing:
        raise TryLater(f"{self.id} cannot be asked")

    def open_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Check the signature of what came to `/webhooks/provisioner/<id>` on its raw body, and read it.

        Its `reference` is the `site` of the job; whatever it claims, `fetch` is asked. `headers`: by their names in
        lower case. Raises BadNotice.
        """
        raise BadNotice(f"{self.id} sends no notices")


def offered(provisioner: Provisioner) -> frozenset[str]:
    """What it can do beside; a class of somebody's own that does not say so can do nothing."""
    return frozenset(map(str, getattr(provisioner, "offers", ())))


WANTED = {
    Verb.CREATE: State.ACTIVE,
    Verb.RESUME: State.ACTIVE,
    Verb.SUSPEND: State.SUSPENDED,
    Verb.DELETE: State.DELETED,
}


def compared(verb: Verb, now: Standing) -> Answer | None:
    """What a site's standing says of a job; None: over there nobody has heard of the site that is to be made."""
    if now.state == WANTED[verb]:
        return Answer(Progress.DONE, now.address, now.reference)
    if now.state == State.FAILED:
        return Answer(Progress.FAILED, now.address, now.reference, now.problem or "it failed", now.code)
    if now.state != State.DELETED:
        return Answer(Progress.WAITING, now.address, now.reference)
    return None if verb is Verb.CREATE else Answer(Progress.FAILED, problem=now.problem or "the site is not there")
