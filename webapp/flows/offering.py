"""Which ways to pay a buyer is offered."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import cast

from flask_babel import gettext as _

from webapp.domain import gateway_options, network
from webapp.domain.carts import Cart
from webapp.domain.checkout import FREE
from webapp.errors import Invalid
from webapp.gateways import beyond, gateways
from webapp.gateways.base import Gateway
from webapp.hooks import apply_filters, has_filter
from webapp.models import Payment

log = logging.getLogger(__name__)


def active_gateways() -> dict[str, Gateway]:
    """Those that the operator has switched on, in their order; all that are registered when none is named.

    One that lacks its keys is never among them.
    """
    registered = {name: one for name, one in gateways.all().items() if name != FREE and beyond(one).ready}
    active = network.settings().active_gateways
    return {name: registered[name] for name in active if name in registered} if active else registered


def available_gateways(cart: Cart) -> dict[str, Gateway]:
    """What a cart may be paid with. Nothing when nothing will ever be due."""
    if not cart.collects_payment:
        return {}
    country = cart.request.place.country
    active = {
        name: one
        for name, one in active_gateways().items()
        if beyond(one).takes(cart.due_today) and gateway_options.of(name).fits(cart.currency, country)
    }
    chosen = apply_filters("wu_available_gateways", active, cart)
    if has_filter("wu_available_gateways") and not _are_gateways(chosen):
        log.error("gateways.not_a_dict", extra={"filter": "wu_available_gateways"})  # a callback forgot to return them
        return active
    return cast(dict[str, Gateway], chosen)


def _are_gateways(chosen: object) -> bool:
    return isinstance(chosen, dict) and all(isinstance(one, Gateway) for one in chosen.values())


def payable_by(payment: Payment) -> dict[str, Gateway]:
    """What an order that was placed may be paid with."""
    country = payment.customer.billing_country
    return {
        name: one for name, one in active_gateways().items() if gateway_options.of(name).fits(payment.currency, country)
    }


def described(ways: Mapping[str, Gateway]) -> list[dict[str, str]]:
    """For a page: id, title and description of each, in the words of the operator or its own."""
    found = ((name, *gateway_options.words(name, one.title, one.description)) for name, one in ways.items())
    return [{"id": name, "title": title, "description": description} for name, title, description in found]


def choose_gateway(cart: Cart, wanted: str) -> str:
    """Raises Invalid when a way to pay is needed and `wanted` is none that is offered."""
    if not cart.collects_payment:
        return FREE
    if wanted not in available_gateways(cart):
        raise Invalid(_("Choose how you want to pay."), code="no-gateway", field="gateway")
    return wanted
