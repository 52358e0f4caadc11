"""What buyers answered to an order form's own questions: kept with the customer, the membership or the site.

`row.meta["answers"]["shoe_size"]` is `{"label": "Shoe size", "value": "42"}`: the words are those that were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from webapp.domain.form_definitions import Keep
from webapp.models import Customer, Membership, Sale, Site

ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Answer:
    id: str
    label: str
    value: str
    save_as: str = Keep.CUSTOMER


def keep(answers: Iterable[Answer], *, customer: Customer, membership: Membership, site: Site) -> None:
    """With each what is about it; a customer's later answer stands in place of an earlier one."""
    owners: Mapping[str, Any] = {Keep.CUSTOMER: customer, Keep.MEMBERSHIP: membership, Keep.SITE: site}
    for save_as, owner in owners.items():
        own = {one.id: {"label": one.label, "value": one.value} for one in answers if one.save_as == save_as}
        if own:
            owner.meta[ANSWERS] = {**owner.meta.get(ANSWERS, {}), **own}


def of_sale(answers: Iterable[Answer]) -> dict[str, Any]:
    """What the sale's form keeps of them, to tell whoever listens; nothing of what is not to be kept."""
    kept = {one.id: one.value for one in answers if one.save_as != Keep.NOTHING}
    return {ANSWERS: kept} if kept else {}


def told(sale: Sale) -> dict[str, Any]:
    """What the event of a completed sale says of its form."""
    return {"checkout_form": sale.checkout_form, "answers": sale.form.get(ANSWERS, {})}


def shown(owner: Any) -> list[tuple[str, str]]:
    """Label and value, for the staff."""
    kept = owner.meta.get(ANSWERS, {})
    return [(str(one.get("label") or name), str(one.get("value", ""))) for name, one in kept.items()]
