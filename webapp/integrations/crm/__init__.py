"""The customers' contacts in a CRM. Another vendor is one more file, and a line here."""

from webapp.integrations.binding import Offer
from webapp.integrations.choosing import stop_listening
from webapp.integrations.crm import hubspot, listeners
from webapp.integrations.crm.base import crm
from webapp.settings import Settings

VENDORS = {"HubSpot": hubspot.from_settings}
VARIABLES = ("HUBSPOT_ACCESS_TOKEN",)


def register(settings: Settings) -> None:
    """Listen; while no CRM is configured nothing is even noted for it."""
    crm.offer(Offer(VENDORS, VARIABLES, settings))
    stop_listening(listeners)
    listeners.listen()
