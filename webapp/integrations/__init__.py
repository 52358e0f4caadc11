"""Systems we tell or ask, a folder each. They listen on the public hooks, as anybody's add-on does."""

from webapp.integrations import analytics, crm, mailing
from webapp.settings import Settings


def register(settings: Settings) -> None:
    """Let every integration listen for what it is to tell. Raises ConfigurationError for half a configuration."""
    crm.register(settings)
    analytics.register(settings)
    mailing.register(settings)
