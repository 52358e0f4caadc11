"""What we tell an analytics service, whoever runs it. Nothing in here says who a person is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from webapp.integrations.binding import Binding
from webapp.money import Money


@dataclass(frozen=True, slots=True)
class Visitor:
    """The random number the visitor's browser was given, and the visit; "" when it is not known."""

    client_id: str
    session_id: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A product of a sale. `total` is what it costs with tax, all of its quantity together."""

    id: str
    name: str
    category: str
    quantity: int
    total: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Purchase:
    """A settled sale. `reference` is the same however often it is told, so that it counts once."""

    visitor: Visitor
    happened_at: datetime
    reference: str
    total: Money
    tax: Money
    items: tuple[Item, ...]
    coupon: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something else that is counted. `id` is the same however often it is told."""

    name: str
    id: str
    visitor: Visitor
    happened_at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)
    value: Money | None = None


class Analytics(Protocol):
    """Both return what was left out for the vendor's limits, and raise TryLater or PermanentFailure."""

    def purchase(self, purchase: Purchase) -> list[str]: ...

    def event(self, event: Event) -> list[str]: ...


analytics: Binding[Analytics] = Binding("an analytics service")
