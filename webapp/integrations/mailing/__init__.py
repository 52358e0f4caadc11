"""Mail: the server that takes it, and the moments at which we write."""

from __future__ import annotations

from webapp.integrations.choosing import stop_listening
from webapp.integrations.mailing import invoices, listeners, words
from webapp.integrations.mailing.smtp import Server, server
from webapp.settings import Settings


def register(settings: Settings) -> None:
    """Send through MAIL_URL, if it is set. Raises ConfigurationError when it cannot be one."""
    words.init(settings)
    for one in (listeners, invoices):
        stop_listening(one)
        one.listen()
    address = settings.env.get("MAIL_URL", "").strip()
    server.bind(Server.of(address, settings.base_url) if address else None)
