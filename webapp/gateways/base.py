"""What a way to be paid has to offer: plain values in, plain values out.

A gateway knows one vendor and nothing of rows, requests or transactions. A declined card is an answer, not an
exception; an answer that never came is UNKNOWN, and is settled by asking (`fetch`), never by guessing.
Docs: docs/custom-gateway.md, with the verbs that integrators of Ultimate Multisite know beside ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from webapp.paying import (
    BadNotice,
    Beginning,
    BrowserStep,
    Capability,
    ChargeRequest,
    Credential,
    Done,
    Later,
    Notice,
    Outcome,
    Payer,
    PaymentRequest,
    Redirect,
    RefundRequest,
    Verdict,
)

__all__ = [
    "BadNotice",
    "Base",
    "Beginning",
    "BrowserStep",
    "Capability",
    "ChargeRequest",
    "Config",
    "Credential",
    "Done",
    "Gateway",
    "Later",
    "Notice",
    "Outcome",
    "Payer",
    "PaymentRequest",
    "Redirect",
    "RefundRequest",
    "VendorUnreachable",
    "Verdict",
]


class VendorUnreachable(Exception):
    """Asking did not work; ask again later."""


@dataclass(frozen=True)
class Config:
    """What a gateway is made with: the environment's variables and the network's address."""

    env: Mapping[str, str]
    base_url: str


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
        """Charge a stored credential (with STORED_CREDENTIAL)."""
        ...

    def refund(self, request: RefundRequest) -> Outcome:
        """Give money back (with REFUND); a smaller amount only with PARTIAL_REFUND."""
        ...

    def fetch(self, reference: str) -> Outcome:
        """What is true now about the object that `begin` or `charge` named. Raises VendorUnreachable."""
        ...

    def open_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Check a notification's signature on the raw body, and read it. Raises BadNotice."""
        ...


class Base:
    """The answers of a gateway that cannot do a thing; inherit from it and write what yours can."""

    id = ""
    title: Any = ""
    description: Any = ""
    capabilities = Capability.NONE

    def __init__(self, config: Config) -> None:
        self.config = config

    def begin(self, request: PaymentRequest) -> Beginning:
        raise NotImplementedError(f"{self.id} cannot begin a payment")

    def charge(self, request: ChargeRequest) -> Outcome:
        return Outcome(Verdict.DECLINED, reason="not_supported")

    def refund(self, request: RefundRequest) -> Outcome:
        return Outcome(Verdict.DECLINED, reason="not_supported")

    def fetch(self, reference: str) -> Outcome:
        raise VendorUnreachable(f"{self.id} cannot be asked")

    def open_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        raise BadNotice(f"{self.id} sends no notices")
