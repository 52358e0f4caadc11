"""Sales and losses, told to an analytics service. Another vendor is one more file, and a line here."""

from webapp.integrations.analytics import ga4, listeners
from webapp.integrations.analytics.base import analytics
from webapp.integrations.choosing import choose, stop_listening
from webapp.settings import Settings

VENDORS = {"Google Analytics 4": ga4.from_settings}


def register(settings: Settings) -> None:
    """Listen if an analytics service is configured; else nothing is even noted for it."""
    client = choose(VENDORS, settings)
    analytics.bind(client)
    stop_listening(listeners)
    if client is not None:
        listeners.listen()
