"""The customers' contacts in a CRM. Another vendor is one more file, and a line here."""

from webapp.integrations.choosing import choose, stop_listening
from webapp.integrations.crm import hubspot, listeners
from webapp.integrations.crm.base import crm
from webapp.settings import Settings

VENDORS = {"HubSpot": hubspot.from_settings}


def register(settings: Settings) -> None:
    """Listen if a CRM is configured; else nothing is even noted for it."""
    client = choose(VENDORS, settings)
    crm.bind(client)
    stop_listening(listeners)
    if client is not None:
        listeners.listen()
