"""The mail server that takes what we send: its address, a connection to it, and what its answers mean."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from webapp.errors import ConfigurationError
from webapp.integrations.binding import Binding
from webapp.vendors.addresses import is_this_machine

PORTS = {"smtp": 25, "smtps": 465}
SUBMISSION = 587  # where a server asks who one is
STEP_SECONDS = 15.0  # one answer
MAIL_SECONDS = 60.0  # one mail, however slowly the server speaks
PERMANENT = range(500, 600)


class NotSent(Exception):
    """The server did not take the mail; another try may help."""


class ServerAway(NotSent):
    """Nothing can be sent now, to nobody: it is not reached, hangs up, or does not let us in."""


class Refused(Exception):
    """The server will never take this mail: there is no such mailbox, or it does not want what it says."""


@dataclass(frozen=True, slots=True)
class Server:
    """Read from `smtp://user:pass@host:port`, or `smtps://` for one that begins with TLS."""

    host: str
    port: int
    secure: bool
    user: str = ""
    password: str = field(default="", repr=False)
    own_name: str = "localhost"

    @classmethod
    def of(cls, address: str, base_url: str) -> Server:
        """Raises ConfigurationError, which never quotes the address: it holds a password."""
        try:
            parts = urlsplit(address)
            port, host = parts.port, parts.hostname
        except ValueError:
            port, host, parts = None, None, urlsplit("")
        if parts.scheme not in PORTS or not host or parts.query or parts.path not in ("", "/"):
            raise ConfigurationError("MAIL_URL must be an address like smtp://user:password@mail.example.com:587.")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        usual = SUBMISSION if user and parts.scheme == "smtp" else PORTS[parts.scheme]
        own_name = urlsplit(base_url).hostname or "localhost"
        return cls(host, port or usual, parts.scheme == "smtps", user, password, own_name)

    @property
    def is_here(self) -> bool:
        return is_this_machine(f"smtp://[{self.host}]" if ":" in self.host else f"smtp://{self.host}")

    def context(self) -> ssl.SSLContext:
        """Certificates are looked at, but not those of this very machine: nobody is in between."""
        made = ssl.create_default_context()
        if self.is_here:
            made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        return made


server: Binding[Server] = Binding("A mail server (MAIL_URL)")


class Connection:
    """One connection for many mails, made when the first is sent and again when it was lost."""

    def __init__(self, to: Server) -> None:
        self._to = to
        self._client: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, sender: str, recipient: str) -> None:
        """Raises NotSent, ServerAway, or Refused when the server will never take it."""
        try:
            client = self._open()
            with _for_at_most(client, MAIL_SECONDS):
                client.send_message(message, sender, [recipient])
        except smtplib.SMTPRecipientsRefused as error:
            [(code, said)] = error.recipients.values()
            raise _failure(code, said) from None
        except smtplib.SMTPDataError as error:
            raise _failure(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPNotSupportedError:  # letters beyond ASCII before the @, which this server cannot do
            raise Refused("the mail server takes no such letters in an address") from None
        except smtplib.SMTPSenderRefused as error:  # for the operator to put right: it may be taken later
            raise NotSent(_words(error.smtp_code, error.smtp_error)) from None
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise ServerAway(_what_happened(error)) from None

    def _open(self) -> smtplib.SMTP:
        """Raises ServerAway."""
        if self._client is None or self._client.sock is None:
            try:
                client = self._connected()
                with _for_at_most(client, MAIL_SECONDS):
                    self._introduce(client)
            except (smtplib.SMTPException, OSError) as error:
                raise ServerAway(_what_happened(error)) from None
            self._client = client
        return self._client

    def _connected(self) -> smtplib.SMTP:
        to = self._to
        if to.secure:
            return smtplib.SMTP_SSL(to.host, to.port, to.own_name, timeout=STEP_SECONDS, context=to.context())
        return smtplib.SMTP(to.host, to.port, to.own_name, timeout=STEP_SECONDS)

    def _introduce(self, client: smtplib.SMTP) -> None:
        try:
            client.ehlo_or_helo_if_needed()
            if not self._to.secure and client.has_extn("starttls"):
                client.starttls(context=self._to.context())
                client.ehlo()
            if self._to.user:
                client.login(self._to.user, self._to.password)
        except BaseException:
            client.close()
            raise

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(smtplib.SMTPException, OSError), _for_at_most(client, STEP_SECONDS):
                client.quit()
            client.close()


@contextmanager
def _for_at_most(client: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """A server that answers one letter at a time is hung up on."""
    timer = threading.Timer(seconds, _hang_up, (client,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(client: smtplib.SMTP) -> None:
    if client.sock is not None:
        with suppress(OSError):
            client.sock.shutdown(socket.SHUT_RDWR)


def _failure(code: int, said: bytes | str) -> Exception:
    return (Refused if code in PERMANENT else NotSent)(_words(code, said))


def _words(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}".strip()


def _what_happened(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the mail server did not answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "the mail server hung up"
    if isinstance(error, smtplib.SMTPResponseException):
        return _words(error.smtp_code, error.smtp_error)
    reason = error.strerror or "" if isinstance(error, OSError) else str(error)
    return f"the mail server was not reached: {reason or type(error).__name__}"
