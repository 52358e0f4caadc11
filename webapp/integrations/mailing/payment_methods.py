"""What customers are told of ways to pay that were lost without their doing. A worker calls this."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from webapp.domain import mails
from webapp.formatting import long_date
from webapp.integrations.mailing.writing import payment_methods, write
from webapp.models import Membership


def tell_of_loss(credential_id: int, label: str, relied: Sequence[Membership]) -> str:
    """A card is gone at its gateway. `relied`: the contracts that renewed with it; not of those that have another way
    by now, or end."""
    waiting = [one for one in relied if one.credential is None and one.renews_at is not None]
    if not waiting:
        return "nothing relies on it any more: nothing was written"

    def values(_locale: str) -> dict[str, str]:
        one_alone = len(waiting) == 1
        return {
            "paid_by": label,
            "contracts": "\n".join(map(_said, waiting)),
            "link": payment_methods(waiting[0]) if one_alone else mails.url("/account/payment-methods"),
        }

    return write("card_lost", waiting[0].customer, f"card-lost:{credential_id}", values)


def _said(membership: Membership) -> str:
    """`Premium (contract 12), next charge on 3 December 2026`."""
    due = long_date(membership.renews_at) if membership.renews_at is not None else ""
    facts = {"plan": membership.plan.name, "number": membership.id, "date": due}
    return _("%(plan)s (contract %(number)s), next charge on %(date)s", **facts)
