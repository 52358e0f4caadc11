"""An operator at their desk: a network that has sold something, and pages of the admin, signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.blueprints.admin import rows
from webapp import clock
from webapp.models import Event, InboundEvent, InboundStatus, LineItem, LineType, Site, Try, TryStatus

Open = Callable[..., Page]
Office = dict[str, Any]

DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 320, "height": 640}}


@pytest.fixture
def office(site: Any) -> Office:
    """A network that has sold something, some of it with trouble."""
    factories.operator(email="olga@example.com", name="Olga Peters")
    plan = factories.product(name="Premium")
    ada = factories.customer(display_name="Ada Lovelace", company_name="Engines Ltd")
    ends = clock.now() + timedelta(days=20)
    membership = factories.active_membership(customer=ada, plan=plan, expires_at=ends)
    bakery = factories.save(lambda: Site(customer=ada, membership=membership, slug="ada", title="Ada's site"))
    told = {"data": {"slug": "ada"}, "object_type": "sites", "object_id": bakery.id, "customer_id": ada.id}
    event = factories.save(lambda: Event(type="site.created", **told))
    sent = {"gateway": "sandbox", "external_id": "evt_1", "type": "charge.succeeded", "payload": {"id": "evt_1"}}
    notice = factories.save(lambda: InboundEvent(status=InboundStatus.FAILED, effect="unreachable", **sent))
    payment = factories.payment(membership=membership, gateway="manual")
    line = {"type": LineType.PRODUCT, "title": "Premium", "unit_price_minor": 2999, "subtotal_minor": 2999}
    factories.save(lambda: LineItem(payment_id=payment.id, position=1, total_minor=2999, currency="EUR", **line))
    factories.save(lambda: Try(payment_id=payment.id, number=1, gateway="manual", status=TryStatus.NEEDS_ACTION))
    rows.many(60, lambda index: factories.customer(display_name=f"Guest {index:02d}"))
    dead = rows.dead(2, customer=ada)
    rows.attempt(dead[0], outcome="dead", http_status=401, answer='{"message": "no"}')
    return {
        "customer": ada,
        "membership": membership,
        "payment": payment,
        "delivery": dead[0],
        "site": bakery,
        "event": event,
        "notice": notice,
    }


@pytest.fixture
def enter(open_page: Open, office: Office) -> Open:
    return entering(open_page)


def entering(open_page: Open) -> Open:
    """An operator at a page of the admin, signed in on the way."""

    def go(path: str, **options: Any) -> Page:
        page = open_page(path, **{**DESK, **options})
        page.get_by_label("E-mail address").fill("olga@example.com")
        page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        expect(page).to_have_url(re.compile(re.escape(path) + "$"))
        page.wait_for_load_state()  # its scripts run by then
        return page

    return go
