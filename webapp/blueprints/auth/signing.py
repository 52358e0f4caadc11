"""Beginning and ending a session, for every way in."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import Response, after_this_request, current_app, g, request, session
from flask_login import current_user, login_user
from itsdangerous import BadSignature, URLSafeSerializer

from webapp import clock
from webapp.blueprints.language import choice
from webapp.domain import customers, one_time_links, sessions, sign_in, throttles, two_step
from webapp.domain.sessions import Origin
from webapp.domain.sign_in import Asker
from webapp.domain.two_step import Factor
from webapp.models import User, UserSession
from webapp.settings import Settings
from webapp.transactions import unit_of_work

DEVICE_LASTS = timedelta(days=180)


def here() -> Origin:
    """Where this request comes from."""
    return sessions.origin(request.remote_addr, request.user_agent.string)


def begin_session(user: User) -> None:
    """A new session for this person; what an earlier one held is gone, but for the language."""
    locale = choice.of_session(user)
    user_id, email_key = user.id, user.email_key
    with unit_of_work(f"user:{user_id}"):
        token = sessions.begin(user_id, here())
    session.clear()
    if locale is not None:
        choice.use(locale)
    login_user(customers.find_user(user_id))
    session["_user_id"] = token
    session.permanent = True
    remember_device(email_key)


def load_user(token: str) -> User | None:
    """The person of a session, with the customer they may be: nearly every page asks for both."""
    found = sessions.find_by_token(token)
    g.user_session = found
    g.session_to_mark = found.id if found is not None and sessions.needs_mark(found) else None
    return found.user if found is not None else None


def this_session() -> UserSession:
    """The signed-in person's own."""
    assert current_user.is_authenticated
    found: UserSession | None = g.get("user_session")
    if found is None:  # begun in this very request
        found = sessions.find_by_token(session["_user_id"])
        g.user_session = found
    assert found is not None
    return found


def mark_seen() -> None:
    """Once in a few minutes, when the answer is made."""
    session_id: int | None = g.pop("session_to_mark", None)
    if session_id is not None:
        with unit_of_work("session"):
            sessions.mark_seen(session_id)


# --- The browser that an account was signed in with before


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def device_cookie() -> str:
    return f"{'__Host-' if settings().secure else ''}device"


def signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="device of an earlier sign-in")


def known_device(email: str) -> str:
    """Its name when this browser has been signed in with this account before, else ''."""
    try:
        account, device = signer().loads(request.cookies.get(device_cookie(), ""))
    except (BadSignature, ValueError, TypeError):
        return ""
    return str(device) if account == throttles.key_of("account", email.strip().lower()) else ""


def remember_device(email_key: str) -> None:
    if known_device(email_key):
        return
    value = signer().dumps([throttles.key_of("account", email_key), secrets.token_urlsafe(12)])

    @after_this_request
    def set_cookie(response: Response) -> Response:
        options: dict[str, Any] = {"secure": settings().secure, "httponly": True, "samesite": "Lax"}
        response.set_cookie(device_cookie(), str(value), max_age=DEVICE_LASTS, **options)
        return response


# --- Passwords


def asker(email: str) -> Asker:
    return Asker(email, request.remote_addr or "", known_device(email))


def try_password(email: str, password: str) -> tuple[User | None, timedelta]:
    """The person, if it is their password; and how long to wait when no try may be made now.

    One hash for each try, known address or not; none when it has to wait.
    """
    who = asker(email)
    with unit_of_work("sign-in"):
        wait = sign_in.attempt(who)
    if wait:
        return None, wait
    return customers.sign_in(email, password), wait


# --- The second step

WAITING = "second_step"
WAITS = timedelta(minutes=10)


def wait_for_code(user: User, onward: str) -> None:
    """The password was right; what is missing is a code, within ten minutes."""
    asked = {"user": user.id, "at": clock.now().timestamp(), "next": onward, "for": one_time_links.fingerprint(user)}
    session[WAITING] = asked


def waiting() -> tuple[User, str] | None:
    """Who is expected to enter a code here, and where they want to go."""
    asked = session.get(WAITING)
    if not asked or clock.now().timestamp() - asked["at"] > WAITS.total_seconds():
        return None
    user = customers.find_user(asked["user"])
    same = asked["for"] == one_time_links.fingerprint(user) and user.disabled_at is None
    return (user, asked["next"]) if same else None


def try_code(user: User, code: str) -> timedelta | None:
    """None: it was right, and the person is in. Else how long to wait, nothing for a code that is just wrong."""
    user_id, where = user.id, here()
    name = f"{user_id}:{known_device(user.email)}"
    with unit_of_work(f"user:{user_id}"):
        wait = throttles.attempt("second", name)
        factor = two_step.accept(user_id, code) if not wait else None
        if factor is None:
            return wait
        throttles.succeed("second", name)
        if factor is Factor.RECOVERY:
            sessions.note(user_id, "recovery_code", where)
    enter(customers.find_user(user_id))
    return None


def enter(user: User, *, counted: bool = True) -> None:
    """The proof is complete: note it, and begin the session."""
    user_id, who, where = user.id, asker(user.email), here()
    with unit_of_work(f"user:{user_id}"):
        sign_in.succeed(who, user_id, where, counted=counted)
    begin_session(customers.find_user(user_id))
