"""From the mails that are due to the mail server: one connection, one mail after the other, each marked on its own.

What was sent and could not be marked is sent again when its lease has run out, under the same Message-ID, by which a
mailbox knows that it is the same mail.
"""

from __future__ import annotations

import logging
from contextlib import closing
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from markupsafe import escape

from webapp.domain import mail_claims, mails, network
from webapp.domain.mail_claims import Held
from webapp.domain.mail_rendering import one_line
from webapp.flows.relaying import stopping
from webapp.integrations.mailing.smtp import Connection, NotSent, Refused, ServerAway, server
from webapp.models import MailStatus
from webapp.transactions import unit_of_work

log = logging.getLogger(__name__)


def work_off() -> int:
    """Send what is due until nothing is, or until the server is away; how many mails that were."""
    to = server.bound()
    if to is None:
        with unit_of_work("worker") as session:
            return mail_claims.keep_due(session)
    tried = 0
    with closing(Connection(to)) as connection:
        while not stopping.is_set():
            with unit_of_work("worker") as session:
                held = mail_claims.claim(session)
            if held is None:
                break
            tried += 1
            if not work_on(connection, held):
                break
    return tried


def work_on(connection: Connection, held: Held) -> bool:
    """Send one mail and note what became of it; False when the server is away, and the others may wait."""
    outcome, error, goes_on = MailStatus.SENT, "", True
    try:
        connection.send(message(held), ascii_domain(mails.sender()), ascii_domain(held.to_address))
    except NotSent as failure:
        outcome, error, goes_on = MailStatus.PENDING, str(failure), not isinstance(failure, ServerAway)
    except Refused as failure:
        outcome, error = MailStatus.FAILED, str(failure)
    with unit_of_work("worker") as session:
        status = mail_claims.settle(session, held, outcome, error)
    report = log.info if outcome is MailStatus.SENT else log.warning
    report("mail.tried", extra={"mail": held.id, "status": str(status or "lost"), "try": held.attempts_made})
    return goes_on


def message(held: Held) -> EmailMessage:
    """The same in every try, but for who it says it is from.

    Raises Refused when nobody can be written to like that, and ServerAway when nobody can be written to at all.
    """
    made, known = EmailMessage(policy=SMTP), network.settings()
    made["From"] = sender(one_line(known.mail_from_name or known.name), mails.sender())
    made["To"] = recipient(held.to_address)
    made["Reply-To"] = sender("", one_line(known.mail_reply_to or known.support_email))
    made["Subject"] = held.subject
    made["Date"] = held.created_at
    made["Message-ID"] = held.message_id
    made["Auto-Submitted"] = "auto-generated"
    text = mails.revealed(held.text, held.secrets)
    html = mails.revealed(held.html, held.secrets, lambda secret: str(escape(secret)))
    made.set_content(text, cte="quoted-printable")
    made.add_alternative(html, subtype="html", cte="quoted-printable")
    made["Content-Language"] = held.locale  # not before: headers about content move into the first part
    return made


def sender(name: str, address: str) -> Address:
    try:
        return Address(name, addr_spec=ascii_domain(address))
    except (ValueError, UnicodeError, IndexError):
        raise ServerAway(f"the network's own address {address} cannot be used") from None


def recipient(address: str) -> Address:
    try:
        return Address(addr_spec=ascii_domain(address))
    except (ValueError, UnicodeError, IndexError):
        raise Refused("this is not an address that mail can be sent to") from None


def ascii_domain(address: str) -> str:
    """`jana@müller.example` as servers know it. Raises UnicodeError, ValueError."""
    local, _at, domain = address.rpartition("@")
    if not local or not domain:
        raise ValueError("it has no @")
    return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
