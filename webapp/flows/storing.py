"""Ways to pay that a customer adds without a payment, chooses and removes. No transaction stays open meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from webapp import formatting, transactions
from webapp.domain import asked, credential_setups, customers, lifecycle, network, payment_methods
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.flows import charging, offering
from webapp.flows.asking import fetch, keep_payer, payer_of
from webapp.flows.ordering import checked, payer_told
from webapp.flows.telling import tell
from webapp.gateways import beyond, gateways
from webapp.gateways.base import (
    Beginning,
    BrowserStep,
    Capability,
    Done,
    Gateway,
    Outcome,
    PaymentRequest,
    VendorPage,
    Verdict,
)
from webapp.models import CredentialSetup, Membership, Payment, Try, TryStatus
from webapp.money import Money
from webapp.settings import Settings
from webapp.transactions import unit_of_work

log = logging.getLogger(__name__)
Unit = Callable[[], AbstractContextManager[Session]]


def keeping() -> dict[str, Gateway]:
    """The gateways, of those that are offered, which can charge without the buyer."""
    return {
        name: one
        for name, one in offering.active_gateways().items()
        if Capability.STORED_CREDENTIAL in one.capabilities
    }


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the adding of a way to pay stands. `url`: the gateway's own page, where the customer goes on."""

    reference: str
    status: TryStatus
    url: str | None = None
    on_our_page: bool = False
    reason: str = ""
    gateway: str = ""

    @property
    def is_kept(self) -> bool:
        return self.status == TryStatus.SUCCEEDED


def where(setup: CredentialSetup) -> Standing:
    action = setup.action if setup.is_open else None
    url = str(action["url"]) if action and action.get("type") == "redirect" else None
    on_our_page = asked.waits_on_our_page(setup)
    return Standing(setup.reference, setup.status, url, on_our_page, setup.reason, setup.gateway)


# -- adding ----------------------------------------------------------------------------------------------------------
def begin(customer_id: int, gateway: str, memberships: Sequence[int], settings: Settings, unit: Unit) -> Standing:
    """Have a gateway keep a way to pay; `memberships` shall renew with it, once it works."""
    with unit() as session:
        customer = customers.find(customer_id)
        mine = {one.id: one for one in payment_methods.renewing(customer_id)}
        wanted = [one for one in memberships if one in mine]
        currency = mine[wanted[0]].currency if wanted else network.settings().currency
        setup = credential_setups.begin(customer, gateway, wanted, currency)
        session.flush()
        setup_id, request = setup.id, _request(setup, settings)
    return _record(setup_id, _ask(gateway, request))


def _ask(gateway: str, request: PaymentRequest) -> Beginning:
    try:
        return checked(gateways.get(gateway).begin(request))
    except Exception as error:
        log.exception("gateway.begin_failed", extra={"gateway": gateway, "set_up": request.reference})
        return Done(Outcome(Verdict.UNKNOWN, reason=type(error).__name__))


def _record(setup_id: int, beginning: Beginning) -> Standing:
    outcome = credential_setups.outcome_of(beginning)
    if outcome is None:
        with unit_of_work("account"):
            setup = credential_setups.locked(setup_id)
            keep_payer(setup.customer, setup.gateway, payer_told(beginning))
            credential_setups.record_beginning(setup, beginning)
    else:
        settle(setup_id, outcome, "account")
    return where(db.session.get_one(CredentialSetup, setup_id))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The button on our page was pressed. `step`: what the gateway's script needs; None when it is decided."""

    standing: Standing
    step: Mapping[str, Any] | None = field(default=None, repr=False)


def confirm(setup: CredentialSetup, settings: Settings) -> Confirmation:
    """Have the gateway ready to keep what the customer is about to confirm; safe to repeat.

    Raises VendorUnreachable.
    """
    setup_id, gateway, request = setup.id, setup.gateway, _request(setup, settings)
    transactions.end_read()
    beginning = checked(beyond(gateways.get(gateway)).confirm(request))
    step = beginning.data if isinstance(beginning, BrowserStep) else None
    if isinstance(beginning, BrowserStep):
        beginning = replace(beginning, data={})  # secrets of the vendor are for the browser alone
    return Confirmation(_record(setup_id, beginning), step)


def page_for(setup: CredentialSetup, settings: Settings) -> VendorPage | None:
    """What our page, in its language, needs to keep a way to pay; None for a gateway without a part on it."""
    return beyond(gateways.get(setup.gateway)).page(replace(_request(setup, settings), locale=formatting.spoken()))


def _request(setup: CredentialSetup, settings: Settings) -> PaymentRequest:
    """Nothing in it changes while it is repeated under its key."""
    back = f"{settings.base_url}/account/payment-methods/set-ups/{setup.reference}/return"
    return PaymentRequest(
        reference=setup.reference,
        order_number="",
        amount=Money(0, setup.currency),
        description=network.settings().network_name,
        payer=payer_of(setup.customer, setup.gateway),
        return_url=back,
        cancel_url=f"{back}?left=1",
        idempotency_key=setup.key,
        store_credential=True,
        locale=setup.customer.locale,
        metadata={"customer": setup.customer.reference},
    )


# -- what came of it -------------------------------------------------------------------------------------------------
def ask(setup_id: int) -> list[int]:
    """Ask the gateway how it went, and record that; the tries of what was due, which are made at once."""
    setup = db.session.get_one(CredentialSetup, setup_id)
    name, reference = setup.gateway, setup.gateway_reference
    transactions.end_read()
    nothing = Outcome(Verdict.UNKNOWN, reason="nothing to ask for")
    return settle(setup_id, nothing if reference is None else fetch(name, reference), name)[1]


def hear(gateway: str, setup_id: int, reference: str) -> str:
    """A notice names it: what is true now. Raises VendorUnreachable."""
    outcome = gateways.get(gateway).fetch(reference)
    return settle(setup_id, outcome, f"gateway:{gateway}")[0]


def settle(setup_id: int, outcome: Outcome, actor: str) -> tuple[str, list[int]]:
    """Record an answer; what is due of the memberships that it is for is charged at once. In words what was done, and
    the tries."""
    with unit_of_work(actor) as session:
        held = charging.lock(session.get_one(CredentialSetup, setup_id).membership_ids)
        setup = credential_setups.locked(setup_id)
        was_open = setup.is_open
        effect = credential_setups.record_answer(setup, outcome, [membership for membership, _payment in held])
        keep_payer(setup.customer, setup.gateway, outcome.payer)
        begun = _begin_charges(held) if was_open and setup.status == TryStatus.SUCCEEDED else []
        session.flush()
        charges = [charging.charge_of(one) for one in begun]
    return effect, _send(charges)


def _begin_charges(held: Sequence[tuple[Membership, Payment | None]]) -> list[Try]:
    found = (lifecycle.charge_due(membership, payment) for membership, payment in held)
    return [one for one in found if one is not None]


def _send(charges: Sequence[charging.Charge]) -> list[int]:
    if charges:
        charging.send(charges)
    return [one.try_id for one in charges]


def ask_due(limit: int = 100) -> int:
    """Ask about all whose time has come; how many that were."""
    due = credential_setups.due_to_ask(limit)
    for setup_id in due:
        try:
            ask(setup_id)
        except Exception:  # what the gateway said cannot be kept
            log.exception("gateway.answer_not_recorded", extra={"set_up": setup_id})
            with unit_of_work("clock"):
                asked.ask_again(credential_setups.locked(setup_id))
    return len(due)


# -- choosing and removing -------------------------------------------------------------------------------------------
def choose(membership_id: int, credential_id: int, *, customer_id: int, unit: Unit) -> list[int]:
    """A membership renews with another one of its customer's; what is due is charged at once: those tries.

    Raises NotFound for what is somebody else's, and Conflict.
    """
    with unit() as session:
        held = [one for one in charging.lock([membership_id]) if one[0].customer_id == customer_id]
        if not held:
            raise NotFound()
        credential = payment_methods.find(credential_id, customer_id=customer_id)
        for membership, _payment in held:
            payment_methods.choose(membership, credential)
        begun = _begin_charges(held)
        session.flush()
        charges = [charging.charge_of(one) for one in begun]
    return _send(charges)


def remove(credential_id: int, *, customer_id: int, unit: Unit) -> str:
    """What a person knew it by. Raises NotFound, and Conflict while it is being charged."""
    with unit():
        held = payment_methods.all_locked(customer_id)
        credential = payment_methods.find(credential_id, customer_id=customer_id)
        label = credential.label
        payment_methods.remove(credential, held)
    return label


def forget(gateway: str, reference: str) -> str:
    """A worker tells a gateway that it shall keep a way to pay no longer. Raises TryLater."""
    return tell(gateway, lambda one: one.forget(reference), "removed")


def pause(gateway: str, reference: str) -> str:
    """A worker tells a gateway that it shall take nothing by itself for now. Raises TryLater."""
    return tell(gateway, lambda one: one.pause(reference), "paused")


def resume(gateway: str, reference: str) -> str:
    """A worker tells a gateway that it shall go on taking by itself. Raises TryLater."""
    return tell(gateway, lambda one: one.resume(reference), "resumed")
