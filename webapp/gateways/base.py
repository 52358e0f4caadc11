"""What a way to be paid has to offer: plain values in, plain values out.

A gateway knows one vendor and nothing of rows, requests or transactions. A declined card is an answer, not an
exception; an answer that never came is UNKNOWN, and is settled by asking (`fetch`), never by guessing.
Docs: docs/custom-gateway.md, with the verbs that integrators of Ultimate Multisite know beside ours.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from webapp.bank_transfers import BankAccount
from webapp.errors import ConfigurationError
from webapp.money import Money
from webapp.paying import (
    AgreementState,
    BadNotice,
    Beginning,
    BrowserStep,
    Capability,
    ChargeRequest,
    Credential,
    DisputeNews,
    Done,
    Later,
    Notice,
    Outcome,
    Payer,
    PaymentRequest,
    Redirect,
    RefundRequest,
    VendorPage,
    Verdict,
)

__all__ = [
    "AgreementState",
    "BadNotice",
    "BankAccount",
    "Base",
    "Beginning",
    "BrowserStep",
    "Capability",
    "ChargeRequest",
    "Config",
    "Credential",
    "DisputeNews",
    "Done",
    "Gateway",
    "Later",
    "Notice",
    "Outcome",
    "Payer",
    "PaymentRequest",
    "Redirect",
    "RefundRequest",
    "Tested",
    "Variable",
    "VendorPage",
    "VendorUnreachable",
    "Verdict",
]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of trying out a gateway's keys. `words`: for the staff, in their language, where it does not work."""

    works: bool
    words: str = ""


class VendorUnreachable(Exception):
    """Asking did not work; ask again later."""


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that a gateway has to be told, as a key of its vendor's: the operator enters it on the gateway's page,
    or sets it in the environment, which wins.

    `secret`: kept encrypted, and never shown again. `needed`: without it the gateway is not offered.
    """

    name: str  # as in the environment: YOUR_BANK_KEY
    label: Any
    hint: Any = ""
    secret: bool = False
    needed: bool = True


def _nothing(_variable: str) -> str:
    return ""


@dataclass(frozen=True)
class Config:
    """What a gateway is made with: the environment's variables and the network's address.

    `saved`: what the operator has entered for a variable; empty for nothing.
    """

    env: Mapping[str, str]
    base_url: str
    saved: Callable[[str], str] = field(default=_nothing, repr=False, compare=False)

    def value(self, variable: str) -> str:
        """As it is now; empty when nobody has set it. Ask when it is needed, for it may be entered at any time.

        Raises ConfigurationError for a secret that cannot be decrypted any more.
        """
        return self.env.get(variable) or self.saved(variable)


@runtime_checkable
class Gateway(Protocol):
    """Registered through the filter `wu_payment_gateways` as `{id: class}`; made with a `Config`."""

    id: str
    title: Any
    description: Any
    capabilities: Capability

    def begin(self, request: PaymentRequest) -> Beginning:
        """Start taking the first money. Raises VendorUnreachable only when nothing can have been taken."""
        ...

    def charge(self, request: ChargeRequest) -> Outcome:
        """Charge a stored credential (with STORED_CREDENTIAL).

        With MANAGED_SUBSCRIPTION it charges by itself: this answers what it took for `request.covers`, and takes only
        what it failed to take, `again`.
        """
        ...

    def refund(self, request: RefundRequest) -> Outcome:
        """Give money back (with REFUND); a smaller amount only with PARTIAL_REFUND.

        NEEDS_ACTION: the vendor works on it; its `reference` is then asked for by `fetch`. UNKNOWN: the answer was
        lost; asked again with the same key while vendors remember it.
        """
        ...

    def fetch(self, reference: str) -> Outcome:
        """What is true now about the object that `begin`, `charge` or `refund` named. Raises VendorUnreachable."""
        ...

    def open_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Check a notification's signature on the raw body, and read it. Raises BadNotice."""
        ...


class Base:
    """The answers of a gateway that cannot do a thing; inherit from it and write what yours can.

    What stands here beside the verbs of `Gateway` is asked by `webapp.gateways.beyond`, so a class without it works.
    """

    id = ""
    title: Any = ""
    description: Any = ""
    capabilities = Capability.NONE
    variables: Sequence[Variable] = ()  # what the operator is asked for, read by `config.value(name)`
    account = ""  # shared by gateways of one vendor's account: what one hears may be about another's; empty: `id`

    def __init__(self, config: Config) -> None:
        self.config = config

    @property
    def mode(self) -> str:
        """`live`, or `test` where no real money moves; empty where its keys do not tell."""
        return ""

    def test(self) -> Tested | None:
        """Ask the vendor something harmless, to see whether the keys work; None where there is nothing to ask."""
        return None

    def register_webhook(self, address: str) -> Mapping[str, str]:
        """Have the vendor send its notices to this address, once however often it is called.

        Those of its `variables` that are to be kept, as a signing secret. Raises VendorUnreachable, and
        NotImplementedError where that can only be done by hand.
        """
        raise NotImplementedError(f"{self.id} cannot be told")

    @property
    def ready(self) -> bool:
        """Whether it has all it needs to sell, as its keys; what is not ready is not offered."""
        try:
            return all(self.config.value(one.name) for one in self.variables if one.needed)
        except ConfigurationError:
            log.exception("gateway.key_not_readable", extra={"gateway": self.id})
            return False

    def takes(self, amount: Money) -> bool:
        """Whether it can take so much now; zero: whether it can keep a way to pay for later. Else it is not offered."""
        return True

    def page(self, request: PaymentRequest) -> VendorPage | None:
        """For a gateway whose buyers pay on our page (`BrowserStep`): what the page needs. Asks nobody."""
        return None

    def begin(self, request: PaymentRequest) -> Beginning:
        raise NotImplementedError(f"{self.id} cannot begin a payment")

    def confirm(self, request: PaymentRequest) -> Beginning:
        """The button on our page was pressed: a `BrowserStep` whose `data` goes to our script, and is not kept.

        With `request.credential`, the buyer confirms with what is stored. Raises VendorUnreachable only when nothing
        can have been taken.
        """
        raise NotImplementedError(f"{self.id} has no page of ours")

    def capture(self, reference: str) -> Outcome:
        """Take the money that the buyer has agreed to (with CAPTURE): once, however often it is called.

        Asked for while it is still wanted, where `fetch` says NEEDS_ACTION for the reason `paying.APPROVED`.
        Raises VendorUnreachable when nobody knows.
        """
        raise NotImplementedError(f"{self.id} waits for no word of ours")

    def charge(self, request: ChargeRequest) -> Outcome:
        return Outcome(Verdict.DECLINED, reason="not_supported")

    def refund(self, request: RefundRequest) -> Outcome:
        return Outcome(Verdict.DECLINED, reason="not_supported")

    def fetch(self, reference: str) -> Outcome:
        raise VendorUnreachable(f"{self.id} cannot be asked")

    def open_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        raise BadNotice(f"{self.id} sends no notices")

    def forget(self, credential: str) -> None:
        """Keep this way to pay no longer (with STORED_CREDENTIAL); what is gone already is gone.

        Raises VendorUnreachable; then it is asked again. What was charged stays charged: asked for once more under its
        key, it is answered as before, or with UNKNOWN.
        """

    def close(self, reference: str) -> None:
        """The buyer pays otherwise, or not at all: see to it that no money comes by what `begin` or `confirm` named.

        What was taken already stays taken, and is found by `fetch`; what cannot be closed is left to end by itself.
        Raises VendorUnreachable; then it is asked again.
        """

    def known_by(self, credential: str) -> Credential | None:
        """What a person knows a stored way to pay by now, for banks replace cards; None: nothing is charged to it any
        more (with STORED_CREDENTIAL). Raises VendorUnreachable, and NotImplementedError where nobody can be asked."""
        raise NotImplementedError(f"{self.id} cannot be asked about it")

    # -- with MANAGED_SUBSCRIPTION: `forget` ends an agreement ------------------------------------------------------
    def agreement(self, reference: str) -> AgreementState:
        """How it stands at the vendor, with what was taken by it of late. Raises VendorUnreachable."""
        raise VendorUnreachable(f"{self.id} has no agreements")

    def pause(self, reference: str) -> None:
        """Take nothing by it until `resume`; what rests or has ended already is left so. Raises VendorUnreachable."""

    def resume(self, reference: str) -> None:
        """Go on taking by it, from when the next period is due; as `pause`."""

    # -- notices -----------------------------------------------------------------------------------------------------
    def names(self, payload: Mapping[str, Any]) -> Sequence[str]:
        """Further names by which the network may know what a notice is about: references, a try's idempotency key, or
        `payer-` and our reference of a customer whose ways to pay have changed."""
        return ()

    def to_ask(self, about: str, known_as: str) -> str:
        """Something happened to `about`, and the network knows it as the other: what `fetch` is asked, mostly that."""
        return known_as

    def decided(self, since: datetime) -> Iterable[Sequence[str]]:
        """Of all that was taken or refused since then, and ways to pay that were kept, the names, as in `changed`."""
        return ()

    def changed(self, since: datetime) -> Iterable[Sequence[str]]:
        """Of all that was given back or disputed since then, by whomever, the names by which we may know it.

        The vendor's own name of the thing stands first, then those that `names` would give. Raises VendorUnreachable,
        also after some.
        """
        return ()

    def sentence(self, reason: str) -> str:
        """What a buyer is told of a decline, in the language of whoever looks; empty for the usual words."""
        return ""

    def address_of(self, reference: str) -> str:
        """The vendor's own page about what is called so, for the staff; empty when it has none."""
        return ""
