"""The things that need a person as a person reads them: what they are called, where they are, what can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from webapp.blueprints.access import may
from webapp.blueprints.admin import reasons
from webapp.blueprints.admin.declarations import HINDRANCES
from webapp.domain.attention import Item
from webapp.domain.attention_sources import UNCONFIRMED
from webapp.domain.staff import Capability
from webapp.models import TaxDoubt
from webapp.models.domain_name import in_letters


@dataclass(frozen=True, slots=True)
class Action:
    """What is done about it, by a page's own address. `asks`: it leads to a question, and writes nothing itself.

    `argument`: what the address calls the thing; empty where there is only one.
    """

    label: Callable[[], str]
    endpoint: str
    argument: str
    capability: Capability
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """`page`: (endpoint, argument) of the thing's own page; `why`: the reason, where none was noted."""

    name: Callable[[Item], str]
    page: tuple[str, str]
    why: Callable[[str], str]
    action: Action | None = None


def order(item: Item) -> str:
    return _("Order %(number)s of %(name)s", number=f"{item.object_id:06d}", name=item.about)


def delivery(item: Item) -> str:
    return _("Delivery %(number)s", number=item.object_id) + f": {item.about.rpartition(':')[2]}"


def tax_doubt(reason: str) -> str:
    if reason == TaxDoubt.REFUNDABLE:
        return _("The VAT ID turned out to be valid: no tax was due.")
    return _("The VAT ID could not be looked up, so tax was charged. The registry is asked again.")


def site_missing(reason: str) -> str:
    if reason == UNCONFIRMED:
        return _("Its owner has not confirmed their e-mail address, so it waits.")
    return reasons.told(reason) or _("It was asked for, and is not made yet.")


def or_else(otherwise: Callable[[], str]) -> Callable[[str], str]:
    return lambda reason: reasons.told(reason) or otherwise()


RETRY_SITE = Action(lambda: _("Set up now"), "create_provisioning", "site_id", Capability.SITES_PROVISION)
TELL_SITE = Action(lambda: _("Ask now"), "create_provisioning", "site_id", Capability.SITES_PROVISION)
CHECK_DOMAIN = Action(lambda: _("Check again"), "create_domain_check", "domain_id", Capability.SITES_PROVISION)
ASK = Action(lambda: _("Ask the gateway now"), "create_question", "payment_id", Capability.NOTICES_PROCESS)
CONFIRM = Action(
    lambda: _("Confirm the payment"), "confirm_confirmation", "payment_id", Capability.PAYMENTS_CONFIRM, asks=True
)
GIVE_BACK = Action(
    lambda: _("Give the tax back"), "confirm_refund", "payment_id", Capability.PAYMENTS_REFUND, asks=True
)
SEND = Action(lambda: _("Send again"), "create_retry", "delivery_id", Capability.DELIVERIES_RETRY)
LOOK_AGAIN = Action(lambda: _("Look at it again"), "create_processing", "inbound_event_id", Capability.NOTICES_PROCESS)
FETCH_RATES = Action(lambda: _("Fetch them now"), "create_rate_fetch", "", Capability.SETTINGS_EDIT)
COMPARE = Action(lambda: _("Compare again"), "create_reconciliation", "", Capability.NOTICES_PROCESS)
MAIL_AGAIN = Action(lambda: _("Send again"), "create_email_retry", "mail_id", Capability.EMAILS_SEND)

WORDS: Mapping[str, Words] = {
    "sites": Words(
        lambda item: item.about,
        ("show_site", "site_id"),
        site_missing,
        RETRY_SITE,
    ),
    "sites_elsewhere": Words(
        lambda item: item.about,
        ("show_site", "site_id"),
        reasons.told,
        TELL_SITE,
    ),
    "domains": Words(
        lambda item: in_letters(item.about),
        ("show_domain", "domain_id"),
        reasons.told,
        CHECK_DOMAIN,
    ),
    "tries": Words(
        order, ("show_payment", "payment_id"), or_else(lambda: _("The gateway did not say what came of it.")), ASK
    ),
    "puzzles": Words(order, ("show_payment", "payment_id"), reasons.told),
    "reconciliation": Words(
        lambda item: _("Comparison %(number)s", number=item.object_id),
        ("show_reconciliation", "reconciliation_id"),
        str,
        COMPARE,
    ),
    "refunds": Words(
        order, ("show_payment", "payment_id"), or_else(lambda: _("Send the money back, and confirm it there."))
    ),
    "disputes": Words(
        order, ("show_payment", "payment_id"), or_else(lambda: _("The payer’s bank wants the money back."))
    ),
    "taxes": Words(order, ("show_payment", "payment_id"), tax_doubt, GIVE_BACK),
    "overdue": Words(
        order, ("show_payment", "payment_id"), or_else(lambda: _("It was due then. Look at your account.")), CONFIRM
    ),
    "rates": Words(
        lambda _item: _("European Central Bank"),
        ("list_exchange_rates", ""),
        str,
        FETCH_RATES,
    ),
    "declarations": Words(
        lambda item: _("Declaration %(number)s of %(name)s", number=item.object_id, name=item.about),
        ("show_declaration", "declaration_id"),
        lambda reason: str(HINDRANCES.get(reason, "")),
    ),
    "deliveries": Words(
        delivery, ("show_delivery", "delivery_id"), or_else(lambda: _("The reason was not kept.")), SEND
    ),
    "notices": Words(
        lambda item: _("Notice %(number)s", number=item.object_id) + f": {item.about}",
        ("show_inbound_event", "inbound_event_id"),
        reasons.told,
        LOOK_AGAIN,
    ),
    "mails": Words(lambda item: item.about, ("show_email", "mail_id"), str, MAIL_AGAIN),
    "jobs": Words(
        lambda item: _("Job %(number)s", number=item.object_id),
        ("show_job", "job_id"),
        or_else(lambda: _("Some rows could not be done.")),
    ),
}


def address(endpoint: str, argument: str, item: Item) -> str:
    values: dict[str, Any] = {argument: item.object_id} if argument else {}
    return url_for(f"admin.{endpoint}", **values)


def action_of(item: Item) -> dict[str, object] | None:
    """What this person may do about it at once."""
    action = WORDS[item.source.name].action
    if action is None or not may(action.capability):
        return None
    url = address(action.endpoint, action.argument, item)
    return {"label": action.label(), "url": url, "asks": action.asks}


def row(item: Item) -> dict[str, object]:
    """As the page shows it."""
    words = WORDS[item.source.name]
    name = words.name(item)
    return {
        "item": item,
        "id": f"{item.source.name}-{item.object_id}",
        "name": name,
        "url": address(*words.page, item),
        "why": words.why(item.reason),
        "action": action_of(item),
    }
