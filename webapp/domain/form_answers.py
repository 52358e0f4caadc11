"""What buyers answered to an order form's own questions: kept with the customer, the membership or the site.

`row.answers["shoe_size"]` is `{"label": "Shoe size", "value": "42"}`: the words are those that were read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from webapp.domain.form_definitions import Keep
from webapp.models import Sale
from webapp.models.parts import HasAnswers

ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Answer:
    id: str
    label: str
    value: str
    save_as: str = Keep.CUSTOMER


def keep(answers: Iterable[Answer], save_as: Keep, owner: HasAnswers) -> None:
    """What of them is about this one; a customer's later answer stands in place of an earlier one.

    Before anything asks the database: then a new row is written with them, and by no second statement.
    """
    own = {one.id: {"label": one.label, "value": one.value} for one in answers if one.save_as == save_as}
    if own:
        owner.answers = {**(owner.answers or {}), **own}


def of_sale(answers: Iterable[Answer]) -> dict[str, Any]:
    """What the sale's form keeps of them, to tell whoever listens; nothing of what is not to be kept."""
    kept = {one.id: one.value for one in answers if one.save_as != Keep.NOTHING}
    return {ANSWERS: kept} if kept else {}


def told(sale: Sale) -> dict[str, Any]:
    """What the event of a completed sale says of its form."""
    return {"checkout_form": sale.checkout_form, "answers": sale.form.get(ANSWERS, {})}


def shown(owner: HasAnswers) -> list[tuple[str, str]]:
    """Label and value, for the staff."""
    kept = owner.answers or {}
    return [(str(one.get("label") or name), str(one.get("value", ""))) for name, one in kept.items()]


def values(owner: HasAnswers) -> dict[str, str]:
    """By name, for whoever is told of the row: `{"shoe_size": "42"}`."""
    return {name: str(one.get("value", "")) for name, one in (owner.answers or {}).items()}
