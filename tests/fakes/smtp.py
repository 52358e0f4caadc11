"""A strict mail server on the loopback: it knows the order of commands, and has bad days when told to.

    with MailServer() as server:
        server.refuse["rcpt"] = "550 5.1.1 no such mailbox"
        server.url, server.mails, server.commands

It takes no bare line feed, no line over 998 letters, and no letters beyond ASCII before BODY=8BITMIME was said.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import tempfile
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.fakes.serving import FakeServer

HANG_UP, SILENCE, DRIP = "hang up", "silence", "drip"


@dataclass(frozen=True)
class Taken:
    """One mail as it was taken."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return cast(EmailMessage, message_from_bytes(self.raw, policy=default))

    def part(self, kind: str) -> str:
        """`plain` or `html`."""
        found = self.message.get_body((kind,))
        assert found is not None
        return str(found.get_content()).replace("\r\n", "\n")


class MailServer(FakeServer):
    """`refuse` holds, by command (connect, auth, mail, rcpt, data, content, quit), what is answered, or HANG_UP,
    SILENCE, DRIP. With `times` in it a bad day lasts for so many commands."""

    def __init__(self, *, user: str = "", password: str = "", tls: str = "") -> None:
        """`tls`: "" for none, `smtps` from the first byte, `starttls` when it is asked for, and before signing in."""
        self.tls, self.context = tls, server_context() if tls else None
        self.user, self.password = user, password
        self.refuse: dict[str, str] = {}
        self.times: dict[str, int] = {}
        self.mails: list[Taken] = []
        self.commands: list[str] = []
        self.connections = 0
        self.taken = threading.Event()
        fake = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, HungUp):
                    Talk(fake, self).go_on()
                self.rfile.close()
                self.connection.close()

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        super().__init__(server)

    @property
    def url(self) -> str:
        who = f"{self.user}:{self.password}@" if self.user else ""
        scheme = "smtps" if self.tls == "smtps" else "smtp"
        return f"{scheme}://{who}{self.address}"

    def bad_day(self, command: str) -> str | None:
        if command not in self.refuse:
            return None
        if command in self.times:
            if self.times[command] == 0:
                return None
            self.times[command] -= 1
        return self.refuse[command]


def server_context() -> ssl.SSLContext:
    """A certificate of our own making, which nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fake")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(start).not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with tempfile.NamedTemporaryFile() as file:
        file.write(private + made.sign(key, SHA256()).public_bytes(Encoding.PEM))
        file.flush()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file.name)
    return context


class HungUp(Exception):
    pass


class Talk:
    """One connection."""

    def __init__(self, server: MailServer, handler: Any) -> None:
        self.server, self.handler = server, handler
        self.greeted, self.signed_in = False, not server.user
        self.secured = False
        if server.tls == "smtps":
            self.secure()
        self.sender: str | None = None
        self.recipients: list[str] = []

    def go_on(self) -> None:
        self.server.connections += 1
        self.answer("connect", "220 fake ESMTP")
        while line := self.handler.rfile.readline():
            if not line.endswith(b"\r\n"):
                self.say("500 bare line feed")
                return
            text = line.rstrip(b"\r\n").decode("ascii", "replace")
            self.server.commands.append(text)
            self.obey(text)

    def obey(self, text: str) -> None:
        verb = text.split(" ")[0].upper()
        if verb == "EHLO":
            self.greeted = True
            offers = ["fake", "8BITMIME"]
            if self.server.tls == "starttls" and not self.secured:
                offers.append("STARTTLS")
            elif self.server.user:
                offers.append("AUTH PLAIN")
            self.say("".join(f"250-{one}\r\n" for one in offers) + "250 SIZE")
        elif verb == "STARTTLS" and self.server.tls == "starttls" and not self.secured:
            self.say("220 go on")
            self.secure()
            self.greeted = False
        elif verb == "AUTH":
            self.sign_in(text)
        elif verb == "MAIL" and self.greeted and self.signed_in and self.sender is None:
            if self.answer("mail", "250 ok"):
                self.sender = text[len("MAIL FROM:") :].split(">")[0].strip(" <")
        elif verb == "RCPT" and self.sender is not None:
            if self.answer("rcpt", "250 ok"):
                self.recipients.append(text[len("RCPT TO:") :].split(">")[0].strip(" <"))
        elif verb == "DATA" and self.recipients:
            if self.answer("data", "354 go on"):
                self.read_mail()
        elif verb in ("RSET", "NOOP"):
            self.sender, self.recipients = None, []
            self.say("250 ok")
        elif verb == "QUIT":
            self.answer("quit", "221 bye")
            raise HungUp
        else:
            self.say("503 bad sequence of commands")

    def secure(self) -> None:
        assert self.server.context is not None
        handler = self.handler
        handler.connection = self.server.context.wrap_socket(handler.connection, server_side=True)
        handler.rfile, handler.wfile = handler.connection.makefile("rb"), handler.connection.makefile("wb", buffering=0)
        self.secured = True

    def sign_in(self, text: str) -> None:
        from base64 import b64decode

        given = b64decode(text.split(" ")[2]).decode().split("\0")[1:]
        self.signed_in = given == [self.server.user, self.server.password]
        self.answer("auth", "235 ok" if self.signed_in else "535 wrong user or password")

    def read_mail(self) -> None:
        lines: list[bytes] = []
        while (line := self.handler.rfile.readline()) != b".\r\n":
            if not line.endswith(b"\r\n") or len(line) > 1000 or not line.isascii():
                self.say("554 this is not how mail is written")
                raise HungUp
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        assert self.sender is not None
        taken = Taken(self.sender, tuple(self.recipients), b"".join(lines))
        self.sender, self.recipients = None, []
        refused = self.server.refuse.get("content", "250")
        if refused[0] == "2" or refused == HANG_UP:  # a server may take a mail and fail to say so
            self.server.mails.append(taken)
            self.server.taken.set()
        self.answer("content", "250 taken")

    def answer(self, command: str, usual: str) -> bool:
        """Whether it was a yes."""
        said = self.server.bad_day(command) or usual
        if said == HANG_UP:
            self.handler.connection.shutdown(socket.SHUT_RDWR)
            raise HungUp
        if said == SILENCE:
            self.server.closing.wait(30)
            raise HungUp
        while said == DRIP and not self.server.closing.wait(0.02):
            self.handler.wfile.write(b"2")
        self.say(said)
        return said[0] in "23"

    def say(self, text: str) -> None:
        self.handler.wfile.write(text.encode() + b"\r\n")
