"""A customer's credit as a person reads it: the admin's and the account's pages say the same."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.domain import credits
from webapp.models import CreditKind

KINDS = {
    CreditKind.SURPLUS: _l("Left over from a change"),
    CreditKind.GOODWILL: _l("Goodwill"),
    CreditKind.REFUND: _l("Given back"),
    CreditKind.RETURNED: _l("Given back from a void payment"),
    CreditKind.DEPOSIT: _l("Transferred"),
    CreditKind.USED: _l("Used by a payment"),
    CreditKind.CORRECTION: _l("Correction"),
}
SHOWN = 50


def standing(customer_id: int) -> dict[str, Any]:
    """Balances and newest movements, as _credit.html shows them."""
    return {
        "balances": credits.balances(customer_id),
        "movements": credits.movements(customer_id, limit=SHOWN),
        "credit_kinds": KINDS,
    }
