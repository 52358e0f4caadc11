"""A forgotten password: a link by mail for who has an account, and the same answer for who has none."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import factories
from tests.blueprints.auth.conftest import SignIn
from tests.conftest import Statements, TurnedClock
from tests.integrations.mailbox import kinds, mail_server, written
from webapp import clock
from webapp.domain import mails, throttles
from webapp.extensions import db
from webapp.flows import mailing
from webapp.jobs import chores, schedule
from webapp.models import EmailVerification, LinkPurpose, OneTimeLink, Passkey, ResetRequest, TotpSecret, User
from webapp.transactions import unit_of_work

NEW = "another long sentence"


def ask(client: FlaskClient, email: str = "ada@example.com", **headers: str) -> str:
    answer = client.post("/password", data={"email_address": email}, headers=headers)
    assert answer.status_code == 303
    return client.get(answer.headers["Location"], headers=headers).text


def link_in(number: int = -1) -> str:
    mail = written()[number]
    found = re.search(r"http://localhost(/password/\S+)", mails.revealed(mail.text, mail.secrets))
    assert found is not None
    return found[1]


def test_whoever_forgot_the_password_sets_a_new_one(client: FlaskClient, ada: User, sign_in: SignIn) -> None:
    assert "/password" in client.get("/login").text
    assert "We sent a link to ada@example.com. It works for 30 minutes." in ask(client)
    chores.resets()
    [mail] = written()
    assert (mail.kind, mail.to_address, mail.user_id) == ("password_reset", "ada@example.com", ada.id)
    assert client.post(link_in(), data={"new_password": NEW}).status_code == 303
    assert sign_in(client, password=NEW).status_code == 303
    assert kinds() == ["password_reset", "password_changed"]


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("verification", "since", "stays"),
    [
        (EmailVerification.NONE, None, False),
        (EmailVerification.PENDING, None, False),
        (EmailVerification.VERIFIED, DAY, False),  # by somebody else's mailbox, after it was set up
        (EmailVerification.VERIFIED, -DAY, True),
        (EmailVerification.VERIFIED, None, True),  # before it was kept when
    ],
)
def test_a_mailed_link_wins_over_what_was_set_up_before_the_address_was_confirmed(
    client: FlaskClient, sign_in: SignIn, verification: EmailVerification, since: timedelta | None, stays: bool
) -> None:
    """Whoever signed up with another's address must not lock its owner out by a second step."""
    set_up = clock.now()
    owner = factories.customer(
        user=factories.user(email="ada@example.com", two_step_at=set_up),
        email_verification=verification,
        email_verified_at=since and set_up + since,
    )
    key = {"name": "Phone", "credential_id": "abc", "public_key": "def", "sign_count": 0, "created_at": set_up}
    factories.save(lambda: Passkey(user_id=owner.user_id, **key))
    factories.save(lambda: TotpSecret(user_id=owner.user_id, secret="x", last_step=0))
    ask(client)
    chores.resets()
    client.post(link_in(), data={"new_password": NEW})
    asked_for_a_code = "/login/code" in sign_in(client, password=NEW).headers["Location"]
    left = [db.session.scalar(select(func.count()).select_from(one)) for one in (Passkey, TotpSecret)]
    assert (asked_for_a_code, left) == (stays, [stays, stays])
    told = [mail.text for mail in written() if mail.kind == "sign_in_changed"]
    assert ["Two-step sign-in turned off" in text for text in told] == ([] if stays else [False, True])


def test_what_is_set_up_after_a_reset_stays_at_the_next_one(client: FlaskClient, ada: User, clock: TurnedClock) -> None:
    for _ in range(2):
        ask(client)
        chores.resets()
        client.post(link_in(), data={"new_password": f"{NEW} {clock.now}"})
        clock.tick(minutes=1)
        with unit_of_work("test") as session:
            user = session.get_one(User, ada.id)
            user.two_step_at = user.two_step_at or clock.now
        clock.tick(minutes=1)
    db.session.rollback()
    assert db.session.get_one(User, ada.id).two_step_at == clock.now - timedelta(minutes=3)


def test_the_answer_and_the_work_are_the_same_for_who_has_no_account(
    client: FlaskClient, ada: User, statements: Statements
) -> None:
    known = ask(client)
    count = len(statements)
    unknown = ask(client, "nobody@example.com")
    assert len(statements) == count * 2
    assert unknown.replace("nobody@", "ada@") == known
    chores.resets()
    assert kinds() == ["password_reset"]
    assert db.session.scalar(select(func.count()).select_from(ResetRequest)) == 0


def test_the_address_is_shown_once(client: FlaskClient, ada: User) -> None:
    ask(client)
    assert "ada@example.com" not in client.get("/password").text


def test_the_mail_is_in_the_language_of_the_person_else_of_the_page(client: FlaskClient, ada: User) -> None:
    ask(client, **{"Accept-Language": "de"})
    chores.resets()
    with unit_of_work("test") as session:
        session.get_one(User, ada.id).locale = "en"
    ask(client, **{"Accept-Language": "de"})
    chores.resets()
    assert [mail.locale for mail in written()] == ["de", "en"]


def test_asking_twice_before_a_worker_looks_is_one_mail(client: FlaskClient, ada: User) -> None:
    ask(client)
    ask(client, "ADA@example.com")
    chores.resets()
    assert kinds() == ["password_reset"]
    assert client.get(link_in()).status_code == 200


def test_asking_again_and_again_gets_slow_for_everybody_alike(
    client: FlaskClient, ada: User, clock: TurnedClock
) -> None:
    for email in ("ada@example.com", "nobody@example.com"):
        for _ in range(throttles.FREE_TRIES["reset"]):
            assert client.post("/password", data={"email_address": email}).status_code == 303
        answer = client.post("/password", data={"email_address": email})
        assert answer.status_code == 429
        assert "Look into your mailbox" in answer.text
    clock.tick(minutes=61)
    assert client.post("/password", data={"email_address": "ada@example.com"}).status_code == 303


@pytest.mark.parametrize("email", ["", "ada", "a@b\nc"])
def test_what_is_no_address_is_refused(client: FlaskClient, ada: User, email: str) -> None:
    assert client.post("/password", data={"email_address": email}).status_code == 422


def test_a_lost_ring_is_found_by_the_clock(client: FlaskClient, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(client)
    rung: list[str] = []
    monkeypatch.setattr("webapp.extensions.queue.ring", lambda chore, arguments=(): rung.append(chore))
    assert schedule.sweep_resets() == 1
    assert rung == ["resets"]


def test_staff_get_a_link_too(client: FlaskClient, app: Flask) -> None:
    factories.operator(email="olga@example.com")
    ask(client, "olga@example.com")
    chores.resets()
    assert kinds() == ["password_reset"]
    assert db.session.scalars(select(OneTimeLink)).one().purpose == LinkPurpose.RESET


def test_the_link_that_arrives_is_the_one_that_works(client: FlaskClient, ada: User) -> None:
    with mail_server() as server:
        ask(client)
        chores.resets()
        mailing.work_off()
        found = re.search(r"http://localhost(/password/\S+)", server.mails[0].part("plain"))
        assert found is not None
        assert client.get(found[1]).status_code == 200
