"""A code after the password: from an authenticator app, or one of ten kept for the day it is lost."""

from __future__ import annotations

import re
import secrets
from enum import StrEnum

import pyotp
from sqlalchemy import delete, func, select, update

from webapp import clock, encryption
from webapp.domain import sessions
from webapp.domain.sessions import Origin, hashed
from webapp.extensions import db
from webapp.models import RecoveryCode, TotpSecret, User

STEP_SECONDS = 30
STEPS_AROUND = (0, -1, 1)  # clocks differ
CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
CODE_LENGTH = 16


class Factor(StrEnum):
    APP = "app"
    RECOVERY = "recovery"


def new_secret() -> str:
    return pyotp.random_base32()


def provisioning_address(secret: str, *, account: str, network: str) -> str:
    """What the picture says to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=network)


def plain(code: str) -> str:
    """As it is compared: people type spaces and dashes, and capitals."""
    return re.sub(r"[\s-]+", "", code).lower()


def step_of(secret: str, code: str) -> int | None:
    """The step of time that this code belongs to, now or one step around it."""
    now, totp = int(clock.now().timestamp()) // STEP_SECONDS, pyotp.TOTP(secret)
    for step in (now + around for around in STEPS_AROUND):
        if secrets.compare_digest(totp.generate_otp(step).encode(), plain(code).encode()):
            return step
    return None


def turn_on(user: User, secret: str, code: str, where: Origin) -> list[str] | None:
    """From now on a code is asked for. The recovery codes, shown this once; None when `code` is not the app's."""
    step = step_of(secret, code)
    if step is None:
        return None
    forget(user.id)
    db.session.add(TotpSecret(user_id=user.id, secret=encryption.encrypt(secret), last_step=step))
    user.two_step_at = clock.now()
    sessions.note(user.id, "two_step_on", where)
    return new_recovery_codes(user.id)


def turn_off(user: User, where: Origin) -> None:
    forget(user.id)
    user.two_step_at = None
    sessions.note(user.id, "two_step_off", where)


def forget(user_id: int) -> None:
    db.session.execute(delete(TotpSecret).where(TotpSecret.user_id == user_id))
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def new_recovery_codes(user_id: int) -> list[str]:
    """Ten new ones; earlier ones are worth nothing."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = ["".join(secrets.choice(ALPHABET) for _sign in range(CODE_LENGTH)) for _code in range(CODES)]
    db.session.add_all(RecoveryCode(user_id=user_id, code_hash=hashed(code)) for code in codes)
    return ["-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4)) for code in codes]


def codes_left(user_id: int) -> int:
    query = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(query) or 0


def accept(user_id: int, code: str) -> Factor | None:
    """Which factor this code proves. Using it uses it up: neither kind is accepted twice, even at the same instant."""
    if _accept_app(user_id, code):
        return Factor.APP
    return Factor.RECOVERY if _accept_recovery(user_id, code) else None


def _accept_app(user_id: int, code: str) -> bool:
    row = db.session.scalars(select(TotpSecret).where(TotpSecret.user_id == user_id)).one_or_none()
    secret = encryption.decrypt(row.secret) if row is not None else None
    step = step_of(secret, code) if secret is not None else None
    if step is None:
        return False
    newer = update(TotpSecret).where(TotpSecret.user_id == user_id, TotpSecret.last_step < step)
    return db.session.execute(newer.values(last_step=step).returning(TotpSecret.id)).scalar_one_or_none() is not None


def _accept_recovery(user_id: int, code: str) -> bool:
    unused = (RecoveryCode.user_id == user_id, RecoveryCode.code_hash == hashed(plain(code)))
    mark = update(RecoveryCode).where(*unused, RecoveryCode.used_at.is_(None)).values(used_at=clock.now())
    return db.session.execute(mark.returning(RecoveryCode.id)).scalar_one_or_none() is not None
