"""What an order form's facts and states are called."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain import checkout_forms
from webapp.domain.form_definitions import Audience, Keep, Width
from webapp.domain.form_snippets import PLACEHOLDERS
from webapp.models import OrderForm

AUDIENCES = {
    str(Audience.EVERYBODY): _l("Everybody"),
    str(Audience.GUESTS): _l("Only visitors who are not signed in"),
    str(Audience.MEMBERS): _l("Only customers who are signed in"),
}
KEEPS = {
    str(Keep.CUSTOMER): _l("The customer"),
    str(Keep.MEMBERSHIP): _l("The membership"),
    str(Keep.SITE): _l("The site"),
    str(Keep.NOTHING): _l("Nothing; it is not kept"),
}
WIDTHS = {
    str(Width.FULL): _l("The whole line"),
    str(Width.HALF): _l("Half of it; two of these in a row stand side by side where there is room"),
}
NAMES = {
    "name": _l("Name"),
    "fields": _l("Fields"),
    "countries": _l("Countries"),
    "snippets": _l("Scripts"),
    "active": _l("Open"),
    "slug": _l("Address"),
    "of": _l("Copied from"),
}


def label(name: str) -> str:
    return str(NAMES.get(name, name))


def value(_name: str, fact: Any) -> str:
    if isinstance(fact, bool):
        return _("yes") if fact else _("no")
    return str(fact) or "–"


def standing(row: OrderForm) -> tuple[str, str]:
    """Word and tone, as the macro `badge` takes them."""
    if row.live is None:
        return _("not published"), "pending"
    if not row.active:
        return _("closed"), "paused"
    return (_("changed since"), "info") if checkout_forms.is_changed(row) else (_("published"), "success")


def placeholders() -> list[tuple[str, str]]:
    return [(name, str(words)) for name, words in PLACEHOLDERS.items()]
