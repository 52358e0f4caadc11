"""Bank transfer and the like: the buyer is told how to pay, and an operator confirms that the money came."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.gateways.base import Base, Beginning, Capability, Later, Outcome, PaymentRequest, RefundRequest, Verdict


class ManualGateway(Base):
    id = "manual"
    title = _l("Bank transfer")
    description = _l("We start as soon as your transfer has arrived.")
    capabilities = Capability.OFFLINE | Capability.REFUND | Capability.PARTIAL_REFUND

    def begin(self, request: PaymentRequest) -> Beginning:
        """The operator's own instructions (setting `manual_instructions`), with the reference to quote."""
        wording = str(self.config.options.get("instructions") or _("Please transfer the amount to our account."))
        quote = _("Payment reference: %(number)s", number=request.order_number)
        return Later(f"{wording}\n{quote}")

    def refund(self, request: RefundRequest) -> Outcome:
        """The operator sends the money back by hand; here it is only noted."""
        return Outcome(Verdict.SUCCEEDED)
