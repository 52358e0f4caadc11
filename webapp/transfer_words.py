"""How to pay by transfer, in words: for pages, mails and other systems alike."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from webapp.bank_transfers import BankAccount, fill
from webapp.formatting import long_date, money
from webapp.money import Money
from webapp.paying import Later


def lines(told: Later, amount: Money, due_at: datetime | None) -> list[str]:
    """All that a payer has to know. `amount`: what is asked for now, of which a part may have come already.

    A gateway that names neither account nor reference has said it all by itself.
    """
    if told.account is None and not told.reference:
        return told.instructions.splitlines()
    account = account_lines(told.account) if told.account is not None else []
    reference = [_("Payment reference: %(number)s", number=told.reference)] if told.reference else []
    return [*note(told, amount, due_at), *account, _("Amount: %(amount)s", amount=money(amount)), *reference]


def note(told: Later, amount: Money, due_at: datetime | None) -> list[str]:
    """What is said beside the account, with what its placeholders stand for."""
    due = long_date(due_at) if due_at is not None else ""
    facts = {"reference": told.reference, "amount": money(amount), "due_date": due}
    return fill(told.note, facts).strip().splitlines()


def account_lines(account: BankAccount) -> list[str]:
    found = [_("Account holder: %(name)s", name=account.holder), f"IBAN: {account.printed}"]
    found += [f"BIC: {account.bic}"] if account.bic else []
    return [*found, _("Bank: %(name)s", name=account.bank)] if account.bank else found
