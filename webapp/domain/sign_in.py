"""May this try be made? Strangers who guess wait longer and longer; the owner's own browser does not wait for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from webapp.domain import customers, sessions, throttles
from webapp.domain.sessions import Origin
from webapp.extensions import db
from webapp.models import Throttle


@dataclass(frozen=True, slots=True)
class Asker:
    """Who says to be `email`. `device` names a browser that this very account was signed in with before, else ''."""

    email: str
    address: str
    device: str = ""

    @property
    def account(self) -> str:
        return self.email.strip().lower()


def attempt(asker: Asker) -> timedelta:
    """Count the try, before the password is looked at; how long to wait when it may not be made.

    Counted by what was typed, whether there is such an account or not, so the answer tells nothing.
    """
    if asker.device:
        return throttles.attempt("device", asker.device)
    return throttles.attempt("address", asker.address) or throttles.attempt("account", asker.account)


def succeed(asker: Asker, user_id: int, where: Origin, *, counted: bool = True) -> None:
    """The person is in: forget the failures, and keep for their eyes that there were some.

    `counted` says whether an attempt() came before it; none does before a passkey, which nobody guesses.
    """
    key = throttles.key_of("account", asker.account)
    failures = db.session.scalar(select(Throttle.failures).where(Throttle.key == key)) or 0
    if failures > (0 if asker.device else 1):
        sessions.note(user_id, "failures", where)
    if asker.device:
        throttles.succeed("device", asker.device)
    elif counted:
        throttles.take_back("address", asker.address)
    throttles.succeed("account", asker.account)
    customers.note_sign_in(user_id)
    sessions.note(user_id, "sign_in", where)
