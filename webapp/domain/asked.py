"""What a gateway was asked to do, until it is decided: a try to take money, or to keep a way to pay.

Whoever hears first how it went records it; a late, doubled or backward answer changes nothing.
"""

from __future__ import annotations

from datetime import timedelta

from webapp import clock
from webapp.models import CredentialSetup, Try, TryStatus
from webapp.paying import PROCESSING, Outcome, Verdict

Asked = Try | CredentialSetup

# What has no answer within this time is asked about; by then the process that began it is gone.
LEASE = timedelta(minutes=2)
# How often a gateway is asked about what nobody told us about: soon, then less and less.
ASK_AFTER = tuple(timedelta(seconds=s) for s in (60, 120, 300, 900, 3600, 3 * 3600, 6 * 3600, 24 * 3600))


def await_buyer(attempt: Asked, reference: str | None, action: dict[str, object]) -> None:
    """The buyer goes on at the gateway's page, or on ours with its script."""
    if not attempt.is_open:
        return
    attempt.gateway_reference, attempt.action = reference or attempt.gateway_reference, action
    attempt.ask_at = clock.now() + ASK_AFTER[0]
    if attempt.status != TryStatus.NEEDS_ACTION:
        attempt.move_to(TryStatus.NEEDS_ACTION, reason="the buyer goes on at the gateway")


def waits_on_our_page(attempt: Asked) -> bool:
    """Whether the buyer still has to go on with the gateway's script; not once the gateway works on it."""
    action = attempt.action or {}
    return attempt.is_open and action.get("type") == "client" and attempt.reason != PROCESSING


def undecided(attempt: Asked, outcome: Outcome) -> str:
    """What came of it in words, as of all answers."""
    if not attempt.is_open:
        return "known already"
    target = TryStatus.NEEDS_ACTION if outcome.verdict == Verdict.NEEDS_ACTION else TryStatus.UNKNOWN
    if outcome.reference:
        attempt.gateway_reference = outcome.reference
    if attempt.status != target and target in attempt.MOVES[attempt.status]:
        attempt.move_to(target, reason=outcome.reason or "no decision yet")
    attempt.reason = outcome.reason[:300]
    ask_again(attempt)
    return "no decision yet"


def ask_again(attempt: Asked) -> None:
    """Put off the next question; after the last one it stays as it is, for a person to look at."""
    attempt.ask_at = clock.now() + ASK_AFTER[min(attempt.asked, len(ASK_AFTER) - 1)]
    attempt.asked += 1


def close(attempt: Asked, status: TryStatus, outcome: Outcome) -> None:
    """It is decided."""
    attempt.gateway_reference = outcome.reference or attempt.gateway_reference
    attempt.reason = outcome.reason[:300]
    attempt.settled_at, attempt.ask_at = clock.now(), None
    attempt.move_to(status, reason=outcome.reason or str(status))
