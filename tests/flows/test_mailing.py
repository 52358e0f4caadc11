"""Mail on its way: once where it can be, again where it must be, and never more than the server wants."""

from __future__ import annotations

import os
import signal
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.conftest import TurnedClock
from tests.fakes.smtp import DRIP, HANG_UP, SILENCE, MailServer
from tests.integrations.mailbox import mail_server, written
from webapp.domain import mail_claims, mails, network
from webapp.errors import ConfigurationError, Conflict
from webapp.extensions import db
from webapp.flows import mailing, relaying
from webapp.integrations.mailing import smtp
from webapp.integrations.mailing.smtp import Server
from webapp.jobs import schedule
from webapp.models import Mail, MailStatus
from webapp.transactions import unit_of_work


@pytest.fixture
def server(app: Flask) -> Iterator[MailServer]:
    with mail_server() as fake:
        yield fake


def write(to: str = "ada@example.com", **changes: Any) -> None:
    values = {"name": "Ada", "link": "https://localhost/password/abc"}
    with unit_of_work("test"):
        mails.send("password_reset", **{"to": to, "locale": "en", "values": values, **changes})


def fate() -> list[tuple[str, int, str]]:
    return [(str(mail.status), mail.attempts_made, mail.last_error) for mail in written()]


# -- a good day ------------------------------------------------------------------------------------------------------
def test_a_mail_arrives_as_it_was_worded(server: MailServer, clock: TurnedClock) -> None:
    with unit_of_work("test"):
        network.change({"network_name": "Grünfeld", "support_email": "help@grün.example"})
    write()
    assert mailing.work_off() == 1
    [taken], [mail] = server.mails, written()
    headers = taken.message
    assert taken.sender == "help@xn--grn-ioa.example"
    assert taken.recipients == ("ada@example.com",)
    assert headers["From"] == "Grünfeld <help@xn--grn-ioa.example>"
    assert headers["Subject"] == "Set a new password for Grünfeld"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Language"] == "en"
    assert headers["Reply-To"] == "help@xn--grn-ioa.example"
    assert headers["Message-ID"] == mail.message_id
    assert headers["Date"].datetime == clock.now
    assert "Set a new password:\nhttps://localhost/password/abc" in taken.part("plain")
    assert 'href="https://localhost/password/abc"' in taken.part("html")
    assert (mail.status, mail.sent_at) == (MailStatus.SENT, clock.now)


def test_what_was_sent_is_forgotten_where_it_was_secret(server: MailServer) -> None:
    write()
    mailing.work_off()
    [mail] = written()
    assert mail.secrets == ""
    assert "password/abc" not in mails.revealed(mail.text, mail.secrets)


def test_many_mails_go_over_one_connection(server: MailServer) -> None:
    for number in range(5):
        write(f"person{number}@example.com")
    assert mailing.work_off() == 5
    assert server.connections == 1
    assert [one.recipients[0] for one in server.mails] == [f"person{number}@example.com" for number in range(5)]


def test_the_operator_says_who_mail_is_from(server: MailServer) -> None:
    with unit_of_work("test"):
        network.change({"mail_from": "post@parzelle.example", "support_email": "help@parzelle.example"})
    write()
    mailing.work_off()
    assert server.mails[0].sender == "post@parzelle.example"
    assert server.mails[0].message["Reply-To"] == "help@parzelle.example"


def test_a_server_that_asks_is_told_who_we_are(app: Flask) -> None:
    with mail_server(user="me", password="p:w@d") as server:
        server_address = server.url.replace("p:w@d", "p%3Aw%40d")
        smtp.server.bind(Server.of(server_address, "http://localhost"))
        write()
        mailing.work_off()
        assert len(server.mails) == 1


@pytest.mark.parametrize("tls", ["smtps", "starttls"])
def test_a_password_goes_over_tls_where_the_server_has_it(app: Flask, tls: str) -> None:
    with mail_server(user="me", password="secret", tls=tls) as server:
        write()
        write()
        assert mailing.work_off() == 2
        assert (len(server.mails), server.connections) == (2, 1)
        before = server.commands.index("STARTTLS") if tls == "starttls" else 0
        assert not any(one.startswith(("AUTH", "MAIL")) for one in server.commands[:before])


def test_only_this_machine_needs_no_certificate_that_somebody_has_signed() -> None:
    far = Server.of("smtps://mail.example.com", "https://parzelle.example").context()
    near = Server.of("smtps://127.0.0.1", "https://parzelle.example").context()
    assert (far.verify_mode, far.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert near.verify_mode == ssl.CERT_NONE


def test_no_name_begins_a_header_of_its_own(server: MailServer) -> None:
    with unit_of_work("test"):
        network.change({"network_name": "Parzelle\r\nBcc: evil@example.com"})
    write("ada@example.com\r\nBcc: evil@example.com", values={"name": "A\r\nBcc: evil@example.com", "link": "x"})
    write()
    mailing.work_off()
    assert [one.recipients for one in server.mails] == [("ada@example.com",)]
    assert server.mails[0].message["Bcc"] is None
    assert written()[0].status == MailStatus.FAILED


# -- bad days --------------------------------------------------------------------------------------------------------
def test_a_mailbox_that_does_not_exist_is_asked_once(server: MailServer, clock: TurnedClock) -> None:
    server.refuse["rcpt"], server.times["rcpt"] = "550 5.1.1 no such mailbox", 1
    write("gone@example.com")
    write("there@example.com")
    mailing.work_off()
    clock.tick(days=3)
    mailing.work_off()
    assert fate() == [("failed", 1, "550 5.1.1 no such mailbox"), ("sent", 1, "")]
    assert server.connections == 1


def test_words_that_a_server_does_not_want_are_sent_once(server: MailServer) -> None:
    server.refuse["content"] = "554 looks like spam"
    write()
    mailing.work_off()
    assert fate() == [("failed", 1, "554 looks like spam")]


def test_a_mailbox_that_is_busy_is_tried_again_and_keeps_nobody_waiting(server: MailServer, clock: TurnedClock) -> None:
    server.refuse["rcpt"], server.times["rcpt"] = "450 try later", 1
    write("busy@example.com")
    write("there@example.com")
    mailing.work_off()
    assert fate() == [("pending", 1, "450 try later"), ("sent", 1, "")]
    assert mailing.work_off() == 0
    clock.tick(seconds=40)
    mailing.work_off()
    assert [status for status, *_ in fate()] == ["sent", "sent"]


def test_a_network_that_may_not_send_from_its_address_waits_for_its_operator(server: MailServer) -> None:
    server.refuse["mail"] = "550 not your address"
    write()
    mailing.work_off()
    assert fate() == [("pending", 1, "550 not your address")]


@pytest.mark.parametrize(
    ("command", "says"),
    [("connect", "hung up"), ("mail", "hung up"), ("data", "hung up"), ("content", "hung up")],
)
def test_a_connection_that_breaks_is_made_again_later(
    server: MailServer, clock: TurnedClock, command: str, says: str
) -> None:
    server.refuse[command], server.times[command] = HANG_UP, 1
    write()
    mailing.work_off()
    [(status, tries, error)] = fate()
    assert (status, tries) == ("pending", 1)
    assert says in error or "not reached" in error
    clock.tick(seconds=40)
    mailing.work_off()
    assert fate() == [("sent", 2, "")]


def test_a_mail_that_was_taken_and_not_confirmed_comes_again_under_the_same_name(
    server: MailServer, clock: TurnedClock
) -> None:
    server.refuse["content"], server.times["content"] = HANG_UP, 1
    write()
    mailing.work_off()
    clock.tick(seconds=40)
    mailing.work_off()
    first, second = server.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert first.message["Date"] == second.message["Date"]


def test_a_server_that_is_away_is_not_asked_for_each_mail(app: Flask, clock: TurnedClock) -> None:
    with mail_server() as server:
        address = server.url
    smtp.server.bind(Server.of(address, "http://localhost"))
    try:
        for _ in range(3):
            write()
        assert mailing.work_off() == 1
        assert [tries for _, tries, _ in fate()] == [1, 0, 0]
        assert "not reached" in fate()[0][2]
    finally:
        smtp.server.bind(None)


def test_a_wrong_password_is_said_and_waits(app: Flask) -> None:
    with mail_server(user="me", password="right") as server:
        smtp.server.bind(Server.of(server.url.replace("right", "wrong"), "http://localhost"))
        write()
        mailing.work_off()
        assert fate() == [("pending", 1, "535 wrong user or password")]


@pytest.mark.parametrize("trick", [SILENCE, DRIP])
def test_a_slow_server_is_given_up(server: MailServer, monkeypatch: pytest.MonkeyPatch, trick: str) -> None:
    monkeypatch.setattr(smtp, "STEP_SECONDS", 0.3)
    monkeypatch.setattr(smtp, "MAIL_SECONDS", 0.6)
    server.refuse["rcpt"] = trick
    write()
    mailing.work_off()
    [(status, tries, _error)] = fate()
    assert (status, tries) == ("pending", 1)


def test_nobody_tries_for_ever(server: MailServer, clock: TurnedClock) -> None:
    server.refuse["rcpt"] = "450 not now"
    write()
    for _ in range(30):
        mailing.work_off()
        clock.tick(days=2)
    assert fate() == [("dead", mail_claims.ATTEMPTS_AT_MOST, "450 not now")]


def test_an_address_that_is_none_is_not_tried(server: MailServer) -> None:
    write("not an address")
    write("tabea@")
    write("")
    mailing.work_off()
    assert [status for status, *_ in fate()] == ["failed"] * 3
    assert server.mails == []


def test_letters_that_the_server_cannot_write_to_are_a_refusal(server: MailServer) -> None:
    write("jörg@example.com")
    write("jorg@müller.example")
    mailing.work_off()
    assert [status for status, *_ in fate()] == ["failed", "sent"]
    assert server.mails[0].recipients == ("jorg@xn--mller-kva.example",)


# -- several workers -------------------------------------------------------------------------------------------------
def test_two_workers_send_each_mail_once(app: Flask, server: MailServer) -> None:
    for number in range(12):
        write(f"person{number}@example.com")

    def work() -> None:
        with app.app_context():
            mailing.work_off()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sorted(one.recipients[0] for one in server.mails) == sorted(f"person{n}@example.com" for n in range(12))
    assert {status for status, *_ in fate()} == {"sent"}


def test_who_was_too_slow_marks_nothing(server: MailServer, clock: TurnedClock) -> None:
    write()
    with unit_of_work("worker") as session:
        slow = mail_claims.claim(session)
    assert slow is not None
    assert mailing.work_off() == 0
    clock.tick(minutes=6)
    mailing.work_off()
    with unit_of_work("worker") as session:
        assert mail_claims.settle(session, slow, MailStatus.FAILED, "too late") is None
    assert fate() == [("sent", 2, "")]


def test_a_worker_that_is_killed_between_sending_and_marking_sends_again_under_the_same_name(
    app: Flask, server: MailServer, clock: TurnedClock
) -> None:
    write()
    db.session.rollback()
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            mail_claims.settle = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
            mailing.work_off()
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert len(server.mails) == 1
    assert mailing.work_off() == 0
    clock.tick(minutes=6)
    assert mailing.work_off() == 1
    assert len({one.message["Message-ID"] for one in server.mails}) == 1
    assert len(server.mails) == 2


def test_a_worker_that_is_told_to_stop_leaves_the_rest(server: MailServer) -> None:
    write()
    relaying.stopping.set()
    assert mailing.work_off() == 0
    assert fate() == [("pending", 0, "")]


# -- without a server ------------------------------------------------------------------------------------------------
def test_without_a_server_mail_is_kept_to_be_read(app: Flask) -> None:
    write()
    assert mailing.work_off() == 1
    [mail] = written()
    assert mail.status == MailStatus.KEPT
    assert "password/abc" in mails.revealed(mail.text, mail.secrets)


def test_a_lost_ring_costs_seconds(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr("webapp.extensions.queue.ring", lambda chore, arguments=(): rung.append(chore))
    assert schedule.sweep_mail() == 0
    write()
    rung.clear()
    assert schedule.sweep_mail() == 1
    assert rung == ["mail"]


# -- again -----------------------------------------------------------------------------------------------------------
def again() -> None:
    with unit_of_work("operator") as session:
        mails.retry(session.get_one(Mail, written_ids()[0]))


def written_ids() -> list[int]:
    return [mail.id for mail in written_here()]


def written_here() -> list[Mail]:
    return list(db.session.query(Mail).order_by(Mail.id))


def test_a_mail_that_failed_is_tried_again_when_asked(server: MailServer) -> None:
    server.refuse["rcpt"], server.times["rcpt"] = "550 no such mailbox", 1
    write()
    mailing.work_off()
    again()
    mailing.work_off()
    assert fate() == [("sent", 1, "")]


def test_a_link_that_is_forgotten_cannot_be_sent_again(server: MailServer) -> None:
    write()
    mailing.work_off()
    with pytest.raises(Conflict):
        again()


def test_a_mail_that_was_sent_is_written_anew(server: MailServer) -> None:
    with unit_of_work("test"):
        mails.send("test", to="ada@example.com", locale="en", values={"name": "Ada"}, once="test:1")
    mailing.work_off()
    again()
    mailing.work_off()
    assert [status for status, *_ in fate()] == ["sent", "sent"]
    assert len({one.message["Message-ID"] for one in server.mails}) == 2


def test_mails_are_forgotten_when_nobody_needs_them_any_more(app: Flask, clock: TurnedClock) -> None:
    write()
    clock.now += mails.KEPT - timedelta(days=1)
    write()
    clock.tick(days=2)
    assert schedule.forget_mail() == 1
    assert len(written()) == 1


# -- the address of the server ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("address", "host", "port", "secure", "user"),
    [
        ("smtp://mail.example.com", "mail.example.com", 25, False, ""),
        ("smtp://me:secret@mail.example.com", "mail.example.com", 587, False, "me"),
        ("smtps://me:secret@mail.example.com", "mail.example.com", 465, True, "me"),
        ("smtp://me%40x:se%2Fcret@[::1]:2525", "::1", 2525, False, "me@x"),
    ],
)
def test_the_address_says_where_and_how(address: str, host: str, port: int, secure: bool, user: str) -> None:
    server = Server.of(address, "https://parzelle.example")
    assert (server.host, server.port, server.secure, server.user) == (host, port, secure, user)
    assert server.own_name == "parzelle.example"


@pytest.mark.parametrize(
    "address", ["mail.example.com", "http://x", "smtp://", "smtp://me:secret@x:99999", "smtp://x/y"]
)
def test_an_address_that_is_none_stops_the_start_without_telling_the_password(address: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Server.of(address, "https://parzelle.example")
    assert "secret" not in str(refused.value)
    assert "secret" not in repr(refused.value)
