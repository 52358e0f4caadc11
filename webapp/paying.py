"""What the domain and the gateways say to each other: plain values, no rows and no vendor's objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Flag, StrEnum, auto
from typing import Any

from webapp.bank_transfers import BankAccount
from webapp.money import Money
from webapp.periods import Period


class Capability(Flag):
    """What a gateway can do. Callers ask for these, never for its name."""

    NONE = 0
    STORED_CREDENTIAL = auto()  # can charge again without the buyer
    REFUND = auto()
    PARTIAL_REFUND = auto()
    MANAGED_SUBSCRIPTION = auto()  # charges again by itself, as the buyer agreed there; `charge` only finds what it did
    OFFLINE = auto()  # the money comes by another way; an operator confirms it
    CAPTURE = auto()  # the buyer agrees at the vendor's, and the money is taken once we say so


class Verdict(StrEnum):
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    NEEDS_ACTION = "needs-action"  # the buyer is not through yet, or the vendor is still working on it
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays, as far as a vendor may know. `reference` is the customer's own id here.

    `known_as`: the vendor's own name for them, once it has told one.
    """

    reference: str
    email: str
    name: str
    country: str = ""
    known_as: str = ""


REFERENCE_AT_MOST = 255


def check_reference(reference: object) -> None:
    """Raises ValueError for what no vendor gives as a name, and no column keeps."""
    if not isinstance(reference, str) or not 0 < len(reference) <= REFERENCE_AT_MOST or "\0" in reference:
        raise ValueError(f"a vendor's reference is a text of at most {REFERENCE_AT_MOST} characters")


@dataclass(frozen=True, slots=True)
class Credential:
    """A way to charge again: the vendor's name for it, and what a person knows it by.

    `expires`: the last day on which it can be charged, as it stands on a card; None for what has none.
    `fingerprint`: the same for the same card (or account at a bank), whoever pays with it; empty where none is told.
    `is_agreement`: the gateway charges it by itself, as an `Agreement` says, and nothing else can be.
    """

    reference: str
    label: str = ""
    expires: date | None = None
    fingerprint: str = ""
    is_agreement: bool = False

    def __post_init__(self) -> None:
        check_reference(self.reference)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a gateway with MANAGED_SUBSCRIPTION shall take by itself after the payment that begins it.

    `amounts`: what is taken each time, and how often, in their order; 0 times for the last one: until it is ended.
    `starts_at`: when the first of them is due; None: one period after the buyer has agreed.
    """

    name: str
    period: Period
    amounts: tuple[tuple[Money, int], ...]
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """One try to take the first money. The same `idempotency_key` must never take it twice.

    With no amount and `store_credential`, nothing is taken: a way to charge later is all that is asked for.
    """

    reference: str  # the payment's (or of what else is asked for), as it stands in addresses
    order_number: str  # empty where nothing was ordered
    amount: Money
    description: str
    payer: Payer
    return_url: str
    cancel_url: str
    idempotency_key: str
    store_credential: bool = False
    locale: str = "en"
    metadata: Mapping[str, str] = field(default_factory=dict)
    credential: str = ""  # a stored one that the buyer, who is here, wants to pay with
    agreement: Agreement | None = None  # what the gateway shall take by itself from then on, if it can


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """One try to charge a stored credential without the buyer.

    `covers`: the period that is paid for, from when it is due to when the next one is; None for what is no period.
    `again`: a try before this one failed. `besides`: what a gateway took by itself for the period before that.
    """

    reference: str
    amount: Money
    description: str
    payer: Payer
    credential: str
    idempotency_key: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    covers: tuple[datetime, datetime] | None = None
    again: bool = False
    besides: str = ""


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Give back `amount` of what was taken as `payment_reference` (the vendor's name for it)."""

    payment_reference: str
    amount: Money
    reason: str
    idempotency_key: str


DUE_DAYS = 14  # for money that comes by another way, where nobody says otherwise
TO_CONFIRM = "authentication_required"  # the reason of a charge that the buyer's bank declines until they confirm it
PROCESSING = "processing"  # the reason of an outcome that only the vendor can bring further, not the buyer
APPROVED = "approved"  # the reason of one where the buyer has agreed, and the vendor waits for our word: `capture`


@dataclass(frozen=True, slots=True)
class DisputeNews:
    """Where a dispute stands at the vendor: a payer's bank asks for money back. `won`: None while it is open."""

    reference: str
    amount: Money
    reason: str = ""
    won: bool | None = None

    def __post_init__(self) -> None:
        check_reference(self.reference)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is true at the vendor about one try. `reason` is the vendor's code, `message` a sentence for a person.

    `reference` may differ from what was asked for: once money was taken, some vendors give it a name of its own.
    """

    verdict: Verdict
    reference: str | None = None
    reason: str = ""
    message: str = ""
    credential: Credential | None = None
    amount: Money | None = None  # what was really taken (of a refund: given), where the vendor says so
    refunded: Money | None = None  # of a payment: what has gone back of it in all, by whomever
    disputes: Sequence[DisputeNews] = ()  # of a payment
    payer: str = ""  # the vendor's name for the payer, to be kept

    def __post_init__(self) -> None:
        if self.reference is not None:
            check_reference(self.reference)


@dataclass(frozen=True, slots=True)
class Taken:
    """Money that a gateway took by itself. `reference`: as `fetch` knows it."""

    reference: str
    amount: Money
    at: datetime


EARLY = timedelta(days=3)


def window(due: datetime, until: datetime) -> tuple[datetime, datetime]:
    """When money that a gateway takes by itself pays for the period that is due then, and lasts until the next one is.

    A vendor bills at an hour of its own on that day, and sometimes a little early.
    """
    slack = min(EARLY, (until - due) / 2)
    return due - slack, until - slack


@dataclass(frozen=True, slots=True)
class AgreementState:
    """How an agreement stands at the vendor; `taken` by it, the oldest first. What has ended never takes again."""

    ended: bool = False
    rests: bool = False
    taken: Sequence[Taken] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """Settled at once, one way or the other."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Redirect:
    """The buyer goes on at the vendor's own page, and comes back to `return_url`."""

    url: str
    reference: str
    payer: str = ""  # the vendor's name for them, to be kept

    def __post_init__(self) -> None:
        check_reference(self.reference)
        if not self.url.startswith(("https://", "http://", "/")):
            raise ValueError("the buyer is sent to an address that begins with http:// or https://")


@dataclass(frozen=True, slots=True)
class BrowserStep:
    """The buyer confirms on our page with the vendor's script; `data` is what the script needs.

    `reference` is empty as long as the vendor knows nothing of it: until the buyer presses the button (`confirm`).
    """

    reference: str
    data: Mapping[str, Any]
    payer: str = ""  # the vendor's name for them, to be kept

    def __post_init__(self) -> None:
        if self.reference:
            check_reference(self.reference)


@dataclass(frozen=True, slots=True)
class VendorPage:
    """What our payment page needs of a vendor whose script lets the buyer pay on it."""

    script: str  # its address
    driver: str  # our own script that drives it, among the static files
    sources: Mapping[
        str, Sequence[str]
    ]  # by directive, what the page's Content-Security-Policy allows beside ourselves
    data: Mapping[str, str]  # what `driver` is told
    instead: str = ""  # the way to pay that needs no script on our page


@dataclass(frozen=True, slots=True)
class Later:
    """The money comes by another way. `instructions` tell the buyer how, as plain text, and leave nothing out.

    The rest is what a page shows more readably: the account, the reference that the payer quotes, and a note beside, in
    which `{{ reference }}`, `{{ amount }}` and `{{ due_date }}` are filled in when it is read.
    """

    instructions: str
    due_days: int = DUE_DAYS
    account: BankAccount | None = None
    reference: str = ""
    note: str = ""


Beginning = Done | Redirect | BrowserStep | Later


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification whose signature was right. `reference` names the try's object at the vendor, if it has one."""

    event_id: str
    type: str
    reference: str
    payload: Mapping[str, Any]


class BadNotice(Exception):
    """Not from the vendor, or too old: answered 400 and kept nowhere."""
