"""Sales and losses, told to an analytics service. Another vendor is one more file, and a line here."""

from webapp.integrations.analytics import ga4, listeners
from webapp.integrations.analytics.base import analytics
from webapp.integrations.binding import Offer
from webapp.integrations.choosing import stop_listening
from webapp.settings import Settings

VENDORS = {"Google Analytics 4": ga4.from_settings}
VARIABLES = ("GA4_MEASUREMENT_ID", "GA4_API_SECRET")


def register(settings: Settings) -> None:
    """Listen; while no analytics service is configured nothing is even noted for it."""
    analytics.offer(Offer(VENDORS, VARIABLES, settings))
    stop_listening(listeners)
    listeners.listen()
