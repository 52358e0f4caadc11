"""The language a person has chosen for good: their pages on every device, and all that is written to them."""

from __future__ import annotations

from flask_babel import gettext as _

from webapp.errors import Invalid
from webapp.languages import languages
from webapp.models import User


def choose(user: User, code: str) -> None:
    """Keep the choice where pages look (the user) and where messages look (the customer). Raises Invalid."""
    if code not in languages():
        raise Invalid(_("Choose one of the languages."), field="locale")
    user.locale = code
    if user.customer is not None:
        user.customer.locale = code
