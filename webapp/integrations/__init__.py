"""Systems we tell or ask, a folder each."""

from webapp.settings import Settings


def register(settings: Settings) -> None:
    """Let every integration that is configured listen."""
