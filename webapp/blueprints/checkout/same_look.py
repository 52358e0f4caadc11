"""The order form for one more visitor who is told what the last one was told.

`first_look` spares the writing of such a page, and reckons first what it says. Most often nothing has changed since:
then the rows that it was made of are the same, and with them the page. So a page is kept beside the statements that it
read and what they found, and those are sent again for each visitor. Whatever else it depends on is in its `key`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from flask import request, session
from flask_babel import get_locale
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from webapp import clock, rereading
from webapp.blueprints import visitors
from webapp.blueprints.checkout import drafts
from webapp.blueprints.checkout.forms import CheckoutForm
from webapp.blueprints.checkout.requests import new_token
from webapp.blueprints.cookies import choice as cookie_choice
from webapp.blueprints.views import is_fragment_request
from webapp.domain import network
from webapp.domain.network import Network
from webapp.gateways import gateways
from webapp.hooks import has_filter
from webapp.rereading import Statement

KEPT_AT_MOST = 64
LONGEST = 300  # of an address that is kept
# What an address may say of the order and not of the buyer. Not a code: one day it is used up or over, by the second.
ASKED = frozenset({"products", "addons", "period", "duration", "duration_unit", "currency", "billing_country"})
# A callback may say each time what it likes.
FILTERS = (
    *("wu_checkout_form_final_fields", "wu_payment_gateways", "wu_available_gateways"),
    *("wu_cart_line_items", "wu_cart_total", "wu_tax_rate"),
)
MAKE_TOKENS: dict[str, Callable[[], str]] = {"csrf_token": generate_csrf, "order_token": new_token}
SHOWN_DAYS_CHANGE = 15 * 60  # seconds: at a full quarter of an hour, wherever one is


class Made(NamedTuple):
    """A page with gaps for its tokens; without one, only what making it read."""

    settings: Network
    statements: Sequence[Statement]
    rows: Sequence[Sequence[tuple[Any, ...]]] = ()
    page: str = ""
    gaps: Sequence[str] = ()

    def holds(self) -> bool:
        """Whether it would be the same now. Settings are the same object for as long as their rows are the same."""
        same = bool(self.page) and self.settings is network.settings()
        return same and rereading.rows_of(self.statements) == self.rows

    def filled(self) -> str:
        page = self.page
        for name in self.gaps:
            page = page.replace(_gap(name), MAKE_TOKENS[name]())
        return page


class SameLooks:
    """The pages shown last."""

    def __init__(self, at_most: int = KEPT_AT_MOST) -> None:
        self.at_most = at_most
        self._kept: OrderedDict[Hashable, Made] = OrderedDict()
        self._lock = threading.Lock()

    def show(self, write: Callable[[], tuple[str, CheckoutForm]]) -> str:
        """The page that `write` would make."""
        key = key_here()
        if key is None:
            return write()[0]
        before = self._find(key)
        if before is not None and before.holds():
            return before.filled()
        page, made = make(write, before)
        if made is not None:
            self._keep(key, made)
        return page

    def _find(self, key: Hashable) -> Made | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def _keep(self, key: Hashable, made: Made) -> None:
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self.at_most:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


def make(write: Callable[[], tuple[str, CheckoutForm]], before: Made | None) -> tuple[str, Made | None]:
    """The page, and what is to be kept of it. The first time that is only the statements.

    From then on their rows are read before the page is made, and it is shown again only where they are the same. So a
    change that becomes visible between two statements of its making leaves a page that nobody is shown.
    """
    learned = before.statements if before is not None else None
    settings = network.settings()
    rows = rereading.rows_of(learned) if learned is not None else []
    with rereading.noting() as statements:
        page, form = write()
    if not rereading.is_reading(statements):
        return page, None
    if statements != learned:
        return page, Made(settings, statements)
    gaps = [name for name in MAKE_TOKENS if name in form]
    return page, Made(settings, statements, rows, _with_gaps(page, form, gaps), gaps)


def _with_gaps(page: str, form: CheckoutForm, names: Sequence[str]) -> str:
    for name in names:
        page = page.replace(str(form[name]._value()), _gap(name))
    return page


def _gap(name: str) -> str:
    return f"\0{name}\0"


def key_here() -> Hashable | None:
    """What the page depends on beside the database; None for one that is somebody's own, or may differ each time."""
    if current_user.is_authenticated or "_flashes" in session or is_fragment_request() or drafts.key():
        return None
    if not ASKED.issuperset(request.args) or len(request.full_path) > LONGEST or any(map(has_filter, FILTERS)):
        return None
    return (  # the gateways are one application's, and with them its settings from the environment
        request.full_path,
        str(get_locale()),
        visitors.first_country(),
        tuple(cookie_choice.state(cookie_choice.is_optional_used(network.settings())).items()),
        tuple(gateways.all().items()),
        clock.now().timestamp() // SHOWN_DAYS_CHANGE,
    )


same_looks = SameLooks()
