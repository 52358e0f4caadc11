"""Mail as tests see it: written, sent by hand, and read at the other end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from tests.fakes.smtp import MailServer
from webapp.extensions import db
from webapp.integrations.mailing.smtp import Server, server
from webapp.models import Mail


@contextmanager
def mail_server(**options: str) -> Iterator[MailServer]:
    """A server that this process sends through while it lasts."""
    with MailServer(**options) as fake:
        server.bind(Server.of(fake.url, "http://localhost"))
        try:
            yield fake
        finally:
            server.bind(None)


def written() -> list[Mail]:
    """Every mail that was recorded, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(Mail).order_by(Mail.id)))


def kinds() -> list[str]:
    return [mail.kind for mail in written()]
