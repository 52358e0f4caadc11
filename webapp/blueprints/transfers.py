"""How a payment that is awaited by bank transfer is shown to who has to make it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from webapp import transfer_words
from webapp.bank_transfers import BankAccount
from webapp.blueprints import qr
from webapp.blueprints.amounts import written
from webapp.domain import transfers
from webapp.formatting import spoken
from webapp.models import Payment
from webapp.money import Money


@dataclass(frozen=True, slots=True)
class Shown:
    """`lines`: what the payer was told in words; with an account, only what stands beside it. `to_copy`: the amount."""

    amount: Money
    to_copy: str
    lines: list[str]
    account: BankAccount | None
    reference: str
    due_at: datetime | None
    picture: Markup | None


def shown(payment: Payment) -> Shown | None:
    """None for a payment that waits for no transfer."""
    told = transfers.expected(payment, spoken())
    if told is None:
        return None
    account, asked, due_at = told.account, payment.asked, transfers.due_at(payment)
    says = transfer_words.note if account is not None else transfer_words.lines
    picture = qr.of_transfer(account, asked, told.reference) if account is not None else None
    return Shown(asked, written(asked), says(told, asked, due_at), account, told.reference, due_at, picture)
