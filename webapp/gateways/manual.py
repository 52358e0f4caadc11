"""Bank transfer and the like: the buyer is told how to pay, and an operator confirms that the money came."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

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
from webapp.paying import DUE_DAYS


class ManualGateway(Base):
    id = "manual"
    title = _l("Bank transfer")
    description = _l("We start as soon as your transfer has arrived.")
    capabilities = Capability.OFFLINE | Capability.REFUND | Capability.PARTIAL_REFUND

    def __init__(
        self, config: Config, instructions: Callable[[], str] = str, due_days: Callable[[], int] = lambda: DUE_DAYS
    ) -> None:
        """The operator's own, as they are when a buyer needs them. `instructions`: "" for none."""
        super().__init__(config)
        self._instructions, self._due_days = instructions, due_days

    def begin(self, request: PaymentRequest) -> Beginning:
        """How to pay, with the reference to quote."""
        wording = self._instructions() or _("Please transfer the amount to our account.")
        quote = _("Payment reference: %(number)s", number=request.order_number)
        return Later(f"{wording}\n{quote}", due_days=self._due_days())

    def refund(self, request: RefundRequest) -> Outcome:
        """The operator sends the money back by hand, and says so when it is done."""
        return Outcome(Verdict.NEEDS_ACTION, reason="sent back by hand")
