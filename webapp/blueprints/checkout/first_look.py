"""The order form as a visitor first sees it. It says the same to all who ask for the same, so it is rendered once.

What a page says is decided from what is true now; only its writing is spared. So a change of
a price, a setting or an add-on's filter shows at once: it makes another key.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, cast

from flask import request, session
from flask_babel import get_locale
from flask_login import current_user
from wtforms import Field

from webapp.blueprints.checkout import drafts, named_prices
from webapp.blueprints.checkout.forms import CheckoutForm
from webapp.blueprints.cookies import choice as cookie_choice
from webapp.blueprints.views import is_fragment_request
from webapp.domain import network
from webapp.domain.carts import Cart

KEPT_AT_MOST = 64
TOKENS = ("csrf_token", "order_token")
CHOICES = (
    *("products", "addons", "period", "currency", "customer_type"),
    *("billing_country", "discount_code", "gateway", "quoted", "template_id"),
)


class Pages:
    """The pages shown last, each with gaps where the tokens of its reader go."""

    def __init__(self, at_most: int = KEPT_AT_MOST) -> None:
        self.at_most = at_most
        self._kept: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()

    def show(self, key: Hashable | None, tokens: Iterable[str], render: Callable[[], str]) -> str:
        """The page of this key, written now if it was not before; without a key, always now."""
        if key is None:
            return render()
        gaps = [(f"\0{number}\0", token) for number, token in enumerate(tokens)]
        with self._lock:
            page = self._kept.get(key)
            if page is not None:
                self._kept.move_to_end(key)
        if page is None:
            page = render()
            for gap, token in gaps:
                page = page.replace(token, gap)
            self._keep(key, page)
        for gap, token in gaps:
            page = page.replace(gap, token)
        return page

    def _keep(self, key: Hashable, page: str) -> None:
        with self._lock:
            self._kept[key] = page
            while len(self._kept) > self.at_most:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


pages = Pages()


def tokens_of(form: CheckoutForm) -> list[str]:
    """What differs from one reader to the next: random, so that nothing else on the page reads the same."""
    return [str(form[name]._value()) for name in TOKENS if name in form]


def key_of(form: CheckoutForm, cart: Cart, shown: Mapping[str, object]) -> Hashable | None:
    """Everything that the page depends on; None for one that is somebody's own.

    `shown`: the rest of its context, in plain values: what their repr leaves out must not be on the page.
    """
    somebody = request.method != "GET" or current_user.is_authenticated or "_flashes" in session
    if somebody or is_fragment_request() or is_filled_in(form) or drafts.key():
        return None
    fields = [field.name for field in form]
    chosen = [(name, field.data) for name, field in fields_of(form).items() if is_choice(name)]
    refused = [(field.name, field.errors) for field in form if field.errors]
    cookies = cookie_choice.state(cookie_choice.is_optional_used(network.settings()))
    return repr((str(get_locale()), network.in_words(), cookies, fields, chosen, refused, reckoned(cart), shown))


def is_filled_in(form: CheckoutForm) -> bool:
    """What a person typed, or an address typed for them, is not kept."""
    return any(field.data for name, field in fields_of(form).items() if not is_choice(name) and name not in TOKENS)


def fields_of(form: CheckoutForm) -> dict[str, Field]:
    """By their own names: what is ticked beside a plan is sent by the plan's."""
    return cast(dict[str, Field], cast(Any, form)._fields)


def is_choice(name: str) -> bool:
    """The amounts that buyers name are a few: first the one that is suggested stands there."""
    return name in CHOICES or name.startswith((named_prices.AMOUNT, named_prices.AGAIN))


def reckoned(cart: Cart) -> tuple[object, ...]:
    """What the summary shows of a cart; its instants by their day, as they are shown."""
    plan = (cart.plan.name, cart.plan.feature_list) if cart.plan is not None else None
    days = [at.date() if at is not None else None for at in (cart.trial_ends_at, cart.next_charge_at)]
    sums = (cart.total, cart.due_today, cart.recurring_total, cart.recurring_after_discount, cart.collects_payment)
    return (cart.currency, plan, cart.period, cart.line_items, sums, days)
