"""What a bank transfer is to the banks: account, reference, and the picture that a payer's app scans."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from stdnum import bic, iban, iso11649
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_97_10

from webapp.money import Money

HOLDER_AT_MOST = 70  # characters, as SEPA has it
PLACEHOLDER = re.compile(r"\{\{ *([a-z_]+) *\}\}")
REFERENCE = re.compile(r"RF[0-9]{2}0*([0-9]{1,18})")
SCANNED_AT_MOST = Money(999_999_999_99, "EUR")


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where money goes. `iban` without blanks; `bic` and `bank`, its name, may be empty."""

    holder: str
    iban: str
    bic: str = ""
    bank: str = ""

    @property
    def printed(self) -> str:
        """The IBAN in groups of four, as people read it."""
        return in_groups(self.iban)

    def to_json(self) -> dict[str, str]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Any) -> BankAccount | None:
        """None for what is no account."""
        if not isinstance(kept, dict) or not kept.get("iban"):
            return None
        return cls(**{name: str(kept.get(name) or "") for name in ("holder", "iban", "bic", "bank")})


@dataclass(frozen=True, slots=True)
class Terms:
    """The operator's. `wordings`: by language; a language without any reads the first there is."""

    account: BankAccount | None = None
    wordings: Mapping[str, str] = field(default_factory=dict)
    due_days: int = 14

    def wording(self, language: str) -> str:
        """What is said beside the account; `{{ reference }}` and the like are not filled in yet (`fill`)."""
        return self.wordings.get(language) or next((one for one in self.wordings.values() if one), "")


def fill(text: str, facts: Mapping[str, str]) -> str:
    """With `facts` in place of `{{ reference }}` and the like."""
    return PLACEHOLDER.sub(lambda found: facts.get(found[1], ""), text)


def in_groups(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def read_iban(text: str) -> str:
    """Without blanks, in capitals. Raises ValueError where country, length or check digits are wrong."""
    try:
        return str(iban.validate(text, check_country=True))
    except ValidationError as error:
        raise ValueError(str(error)) from None


def read_bic(text: str) -> str:
    """Of 8 or 11 characters, in capitals. Raises ValueError."""
    try:
        return str(bic.validate(text))
    except ValidationError as error:
        raise ValueError(str(error)) from None


def reference_of(order_number: str) -> str:
    """What the payer quotes: the order's number as a creditor reference (ISO 11649), like RF47000042.

    Its two check digits tell a slip of the pen from another order. Nothing where nothing was ordered.
    """
    if not order_number.isascii() or not order_number.isdigit():
        return ""
    return f"RF{mod_97_10.calc_check_digits(f'{order_number}RF')}{order_number}"


def payment_id(text: str) -> int | None:
    """Whose reference that is, as it stands on a statement: with blanks, in small letters. None where it is none."""
    plain = re.sub(r"[\s.\-/]+", "", text).upper()
    found = REFERENCE.fullmatch(plain)
    return int(found[1]) if found is not None and iso11649.is_valid(plain) else None


def to_scan(account: BankAccount, amount: Money, reference: str) -> dict[str, Any] | None:
    """What an EPC QR code (GiroCode) says; None where there is none: it exists for euros only.

    The reference stands where a person's words would: not every bank's app reads the field for structured ones.
    """
    if amount.currency != "EUR" or not 0 < amount.minor <= SCANNED_AT_MOST.minor or not reference:
        return None
    bic_of = {"bic": account.bic} if account.bic else {}
    return {"name": account.holder, "iban": account.iban, "amount": amount.decimal, "text": reference, **bic_of}
