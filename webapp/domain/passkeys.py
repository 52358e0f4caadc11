"""Passkeys: registered by who is signed in, shown by who wants to be. What a browser says is checked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.domain import sessions
from webapp.domain.sessions import Origin
from webapp.errors import Invalid, NotFound
from webapp.extensions import db
from webapp.models import Passkey, SpentChallenge, User
from webapp.models.inserts import insert_once

AT_MOST = 20
CHALLENGE_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Party:
    """Who we are to the browser: a passkey is bound to it, and worth nothing on a page that only looks like ours."""

    host: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """What was asked to be signed, and when. The browser holds it in its session until it answers."""

    value: str
    asked_at: float

    @property
    def is_fresh(self) -> bool:
        return clock.now().timestamp() - self.asked_at <= CHALLENGE_LASTS.total_seconds()


def of(user_id: int) -> list[Passkey]:
    return list(db.session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)))


def handle_of(user: User, party: Party) -> bytes:
    """How a device names the account: stays the same, and tells nothing."""
    return hashlib.sha256(f"{party.host} {user.id} {user.created_at.timestamp()}".encode()).digest()


def registration_options(user: User, party: Party) -> dict[str, Any]:
    """For navigator.credentials.create."""
    from webapp.domain import passkey_ceremony

    return passkey_ceremony.registration_options(
        handle=handle_of(user, party),
        user_name=user.email,
        display_name=user.name or user.email,
        host=party.host,
        network=party.name,
        known=ids_of(user.id),
    )


def sign_in_options(party: Party, user_id: int | None = None) -> dict[str, Any]:
    """For navigator.credentials.get; `user_id` when the password was right already and this is the second step."""
    from webapp.domain import passkey_ceremony

    allowed = ids_of(user_id) if user_id is not None else None
    return passkey_ceremony.sign_in_options(host=party.host, allowed=allowed)


def ids_of(user_id: int) -> list[str]:
    return [one.credential_id for one in of(user_id)]


def refused() -> Invalid:
    return Invalid(code="passkey_refused")


def spend(challenge: Challenge) -> None:
    """It is answered once. Raises Invalid when it is stale, or was answered before."""
    hashed, now = sessions.hashed(challenge.value), clock.now()
    new = insert_once(db.session(), SpentChallenge, {"challenge_hash": hashed, "at": now}, ["challenge_hash"])
    if not challenge.is_fresh or not new:
        raise refused()


def add(user: User, answer: str, challenge: Challenge, party: Party, *, name: str, where: Origin) -> Passkey:
    """Keep a new one. Raises Invalid when what the browser says does not hold."""
    from webapp.domain import passkey_ceremony

    spend(challenge)
    try:
        made = passkey_ceremony.registered(answer, passkey_ceremony.Asked(challenge.value, party.host, party.origin))
    except passkey_ceremony.Refused:
        raise refused() from None
    known = db.session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id))
    count = db.session.scalar(select(func.count()).where(Passkey.user_id == user.id)) or 0
    if known is not None or count >= AT_MOST:
        raise refused()
    passkey = Passkey(user_id=user.id, name=name, **made._asdict())
    db.session.add(passkey)
    sessions.note(user.id, "passkey_added", where)
    return passkey


def accept(answer: str, challenge: Challenge, party: Party, *, user_id: int | None = None) -> User:
    """Whose passkey has answered; with `user_id` only theirs is taken. Raises Invalid for anything else."""
    from webapp.domain import passkey_ceremony

    spend(challenge)
    passkey = named_by(answer)
    if passkey is None or (user_id is not None and passkey.user_id != user_id):
        raise refused()
    asked = passkey_ceremony.Asked(challenge.value, party.host, party.origin)
    try:
        signed = passkey_ceremony.answered(answer, asked, public_key=passkey.public_key, sign_count=passkey.sign_count)
    except passkey_ceremony.Refused:
        raise refused() from None
    seen = update(Passkey).where(Passkey.id == passkey.id)
    db.session.execute(seen.values(sign_count=signed, used_at=clock.now()))
    if passkey.user.disabled_at is not None:
        raise refused()
    return passkey.user


def named_by(answer: str) -> Passkey | None:
    try:
        credential_id = json.loads(answer)["id"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(credential_id, str):
        return None
    query = select(Passkey).where(Passkey.credential_id == credential_id).options(joinedload(Passkey.user))
    return db.session.scalars(query).one_or_none()


def remove(passkey_id: int, user_id: int, where: Origin) -> None:
    """Somebody else's is not found."""
    passkey = db.session.get(Passkey, passkey_id)
    if passkey is None or passkey.user_id != user_id:
        raise NotFound()
    db.session.delete(passkey)
    sessions.note(user_id, "passkey_removed", where)


def sweep() -> int:
    """Drop spent challenges that are too old to be accepted anyway; how many."""
    over = delete(SpentChallenge).where(SpentChallenge.at < clock.now() - 2 * CHALLENGE_LASTS)
    return int(getattr(db.session.execute(over), "rowcount", 0))
