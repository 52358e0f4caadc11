"""Google Analytics 4, Measurement Protocol.

https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
Its limits are `ga4_limits.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from webapp import clock
from webapp.errors import ConfigurationError
from webapp.integrations.analytics import ga4_limits as limits
from webapp.integrations.analytics.base import Event, Item, Purchase, Visitor
from webapp.money import Money, round_half_away
from webapp.outgoing import PermanentFailure
from webapp.settings import Settings, boolean
from webapp.vendors.addresses import base_url, credential
from webapp.vendors.answers import Limits
from webapp.vendors.http import VendorHttp

# With it an event counts in sessions and in Realtime; how long somebody looked, nobody measured.
ENGAGEMENT = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The box in the checkout asks for statistics, not for advertising.
CONSENT = {"ad_user_data": "DENIED", "ad_personalization": "DENIED"}


def from_settings(settings: Settings, **options: Any) -> GoogleAnalytics | None:
    """None when neither GA4_MEASUREMENT_ID nor GA4_API_SECRET is set. `options`: of its connection."""
    measurement_id = credential(settings.env, "GA4_MEASUREMENT_ID")
    secret = credential(settings.env, "GA4_API_SECRET")
    if not measurement_id and not secret:
        return None
    if not measurement_id or not secret:
        raise ConfigurationError("GA4_MEASUREMENT_ID and GA4_API_SECRET go together: set both, or neither.")
    base = base_url(settings, "GA4_API_BASE", "https://www.google-analytics.com")
    name = "GA4_VALUE_WITHOUT_TAX"
    without_tax = boolean(name, settings.env.get(name), False)
    return GoogleAnalytics(connect(base, secret, **options), measurement_id, secret, without_tax=without_tax)


def connect(base: str, secret: str, **options: Any) -> VendorHttp:
    return VendorHttp("ga4", base, secrets=[secret], **{"limits": Limits(read=5.0, total=6.0), **options})


class GoogleAnalytics:
    """`without_tax`: values are sent net, as the vendor advises; otherwise as the buyer paid them."""

    def __init__(self, http: VendorHttp, measurement_id: str, secret: str, without_tax: bool = False) -> None:
        self._http, self._without_tax = http, without_tax
        self._query = {"measurement_id": measurement_id, "api_secret": secret}

    def close(self) -> None:
        self._http.close()

    def validate(self) -> None:
        """Have a message looked at that counts nowhere. Raises PermanentFailure with what Google says of it."""
        event = {"name": "connection_test", "params": {"engagement_time_msec": ENGAGEMENT}}
        message = {"client_id": "1.1", "consent": CONSENT, "events": [event]}
        answer = self._http.call("POST", "/debug/mp/collect", query=self._query, json_body=message)
        said = answer.json()
        found = said.get("validationMessages") if isinstance(said, dict) else None
        if not isinstance(found, list):
            raise PermanentFailure("ga4 did not answer as its validation server does", http_status=answer.status)
        if found:
            raise PermanentFailure("ga4 does not take the message", answer=self._http.excerpt(answer))

    def purchase(self, purchase: Purchase) -> list[str]:
        """Google counts a `transaction_id` once, so a repeated one does no harm."""
        facts: dict[str, limits.Value] = {
            "transaction_id": purchase.reference,
            "currency": purchase.total.currency,
            "value": self._value(purchase.total, purchase.tax),
            "tax": purchase.tax.decimal,
            "coupon": purchase.coupon,
        }
        items = [self._item(one) for one in purchase.items]
        return self._send("purchase", purchase.visitor, purchase.happened_at, facts, items)

    def event(self, event: Event) -> list[str]:
        """`event_id` lets reports count one once that had to be sent twice: Google itself does not."""
        facts: dict[str, limits.Value] = {"event_id": event.id, **event.facts}
        if event.value is not None:
            facts |= {"currency": event.value.currency, "value": event.value.decimal}
        return self._send(event.name, event.visitor, event.happened_at, facts, [])

    def _value(self, total: Money, tax: Money) -> Decimal:
        return (total - tax if self._without_tax else total).decimal

    def _item(self, item: Item) -> dict[str, limits.Value]:
        whole = item.total - item.tax if self._without_tax else item.total
        price = Money(round_half_away(Decimal(whole.minor) / item.quantity), whole.currency)
        return {
            "item_id": item.id,
            "item_name": item.name,
            "item_category": item.category,
            "quantity": item.quantity,
            "price": price.decimal,
        }

    def _send(
        self,
        name: str,
        visitor: Visitor,
        at: datetime,
        facts: Mapping[str, limits.Value],
        items: Sequence[Mapping[str, limits.Value]],
    ) -> list[str]:
        if not limits.is_event_name(name):
            raise PermanentFailure(f"{name!r} is not a name that Google Analytics takes for an event")
        left_out: list[str] = []
        wanted = {"session_id": visitor.session_id, "engagement_time_msec": ENGAGEMENT, **facts}
        params: dict[str, Any] = dict(limits.fitting(wanted, left_out, limits.PARAMS_AT_MOST - bool(items)))
        if items:
            params["items"] = limits.fitting_items(items, left_out)
        message = {
            "client_id": visitor.client_id,
            "timestamp_micros": micros(at),
            "consent": CONSENT,
            "events": [{"name": name, "params": params}],
        }
        body = limits.body_of(message, left_out)
        self._http.call("POST", "/mp/collect", query=self._query, body=body)
        return left_out


def micros(at: datetime) -> int:
    """The moment in microseconds, never ahead of now. Raises PermanentFailure when that is too long ago."""
    age = clock.now() - at
    if age >= limits.OLDEST:
        hours = int(age.total_seconds() // 3600)
        raise PermanentFailure(f"it happened {hours} hours ago: Google Analytics takes nothing older than 72")
    return (min(at, clock.now()) - EPOCH) // timedelta(microseconds=1)
