"""Bank transfer and the like: the buyer is told how to pay, and an operator confirms that the money came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp import bank_transfers, clock
from webapp.bank_transfers import Terms
from webapp.formatting import long_date, money
from webapp.gateways.base import (
    Base,
    Beginning,
    Capability,
    Config,
    Later,
    Outcome,
    PaymentRequest,
    RefundRequest,
    Verdict,
)


class ManualGateway(Base):
    id = "manual"
    title = _l("Bank transfer")
    description = _l("We start as soon as your transfer has arrived.")
    capabilities = Capability.OFFLINE | Capability.REFUND | Capability.PARTIAL_REFUND

    def __init__(self, config: Config, terms: Callable[[], Terms] = Terms) -> None:
        """`terms`: the operator's own, as they are when a buyer needs them."""
        super().__init__(config)
        self._terms = terms

    def begin(self, request: PaymentRequest) -> Beginning:
        """How to pay, with the reference to quote, in the buyer's language."""
        terms = self._terms()
        reference = bank_transfers.reference_of(request.order_number)
        with force_locale(request.locale):
            facts = {
                "reference": reference,
                "amount": money(request.amount),
                "due_date": long_date(clock.now() + timedelta(days=terms.due_days)),
            }
            note = terms.words(request.locale, facts)
            if not note and terms.account is None:
                note = _("Please transfer the amount to our account.")
            lines = [note, *account_lines(terms.account)] if note else account_lines(terms.account)
            lines += [_("Amount: %(amount)s", amount=facts["amount"])]
            lines += [_("Payment reference: %(number)s", number=reference)] if reference else []
        return Later("\n".join(lines), terms.due_days, account=terms.account, reference=reference, note=note)

    def refund(self, request: RefundRequest) -> Outcome:
        """The operator sends the money back by hand, and says so when it is done."""
        return Outcome(Verdict.NEEDS_ACTION, reason="sent back by hand")


def account_lines(account: bank_transfers.BankAccount | None) -> list[str]:
    if account is None:
        return []
    lines = [_("Account holder: %(name)s", name=account.holder), f"IBAN: {account.printed}"]
    lines += [f"BIC: {account.bic}"] if account.bic else []
    return [*lines, _("Bank: %(name)s", name=account.bank)] if account.bank else lines
