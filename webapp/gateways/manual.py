"""Bank transfer and the like: the buyer is told how to pay, and an operator confirms that the money came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp import bank_transfers, clock, transfer_words
from webapp.bank_transfers import Terms
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
        terms, reference = self._terms(), bank_transfers.reference_of(request.order_number)
        with force_locale(request.locale):
            note = terms.wording(request.locale)
            if not note and terms.account is None:
                note = _("Please transfer the amount to our account.")
            told = Later("", terms.due_days, account=terms.account, reference=reference, note=note)
            due_at = clock.now() + timedelta(days=terms.due_days)
            return replace(told, instructions="\n".join(transfer_words.lines(told, request.amount, due_at)))

    def refund(self, request: RefundRequest) -> Outcome:
        """The operator sends the money back by hand, and says so when it is done."""
        return Outcome(Verdict.NEEDS_ACTION, reason="sent back by hand")
