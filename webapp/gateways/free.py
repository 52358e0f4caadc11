"""Nothing is due: settled at once, and never offered as a choice."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.gateways.base import Base, Beginning, Done, Outcome, PaymentRequest, Verdict


class FreeGateway(Base):
    id = "free"
    title = _l("Free")
    description = _l("Nothing to pay.")

    def begin(self, request: PaymentRequest) -> Beginning:
        """Raises ValueError for a request that is not free: no money is ever waved through here."""
        if request.amount.minor > 0:
            raise ValueError("the free gateway takes no money")
        return Done(Outcome(Verdict.SUCCEEDED))
