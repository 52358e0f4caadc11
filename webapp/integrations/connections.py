"""Does a vendor take the keys that hold now? Asked by an operator, answered within a few seconds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from enum import StrEnum
from typing import Protocol, TypeVar

from webapp.domain import network
from webapp.errors import ConfigurationError
from webapp.integrations.analytics import ga4
from webapp.integrations.crm import hubspot
from webapp.outgoing import DeliveryFailure, PermanentFailure, TryLater
from webapp.settings import Settings
from webapp.vendors.answers import Limits

QUICK = Limits(connect=3.0, read=4.0, total=5.0, answer_bytes=64 * 1024)


class Closable(Protocol):
    def close(self) -> None: ...


Client = TypeVar("Client", bound=Closable)


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    NO_KEYS = "no-keys"
    UNUSABLE = "unusable"  # half of the keys, or ones that cannot be read
    WRONG_KEY = "wrong-key"
    NO_RIGHT = "no-right"
    NOT_REACHED = "not-reached"
    REFUSED = "refused"


VERDICTS = {401: Verdict.WRONG_KEY, 403: Verdict.NO_RIGHT}


def effective(settings: Settings) -> Settings:
    """With what is saved, where the environment says nothing. Raises ConfigurationError."""
    return replace(settings, env=network.environment(settings.env))


def try_hubspot(settings: Settings) -> Verdict:
    """Reads one contact: it needs a right to the contacts, and changes nothing."""
    return _tried(hubspot.from_settings(settings, limits=QUICK), lambda client: client.look())


def try_ga4(settings: Settings) -> Verdict:
    """Asks Google's validation server, which counts nothing. It looks at the message, and not at the secret."""
    return _tried(ga4.from_settings(settings, limits=QUICK), lambda client: client.validate())


def _tried(client: Client | None, ask: Callable[[Client], object]) -> Verdict:
    if client is None:
        return Verdict.NO_KEYS
    with closing(client):
        ask(client)
    return Verdict.ACCEPTED


VENDORS: dict[str, Callable[[Settings], Verdict]] = {"hubspot": try_hubspot, "ga4": try_ga4}


def try_out(vendor: str, settings: Settings) -> tuple[Verdict, str]:
    """As `judged`. `settings`: the effective ones."""
    return judged(lambda: VENDORS[vendor](settings))


def judged(ask: Callable[[], Verdict]) -> tuple[Verdict, str]:
    """How it went, and the details for who has to mend it; no secret is in them."""
    try:
        return ask(), ""
    except ConfigurationError as problem:
        return Verdict.UNUSABLE, str(problem)
    except TryLater as problem:
        return Verdict.NOT_REACHED, problem.reason
    except PermanentFailure as problem:
        return verdict_of(problem), problem.reason


def verdict_of(problem: DeliveryFailure) -> Verdict:
    return VERDICTS.get(problem.http_status or 0, Verdict.REFUSED)
