"""One field of the order form, looked at after it was left. Nothing here says who has an account."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wtforms import ValidationError

from webapp.blueprints.checkout import forms
from webapp.domain import sites
from webapp.errors import Invalid

LONGEST = 300
# Each is given what was typed and all that was sent with it. A field that is not here is checked when the order comes.
CHECKS: dict[str, Callable[[str, Mapping[str, str]], object]] = {
    "email_address": lambda value, _sent: forms.check_email(value),
    "password": lambda value, sent: forms.check_password(
        value, sent.get("strength", ""), sent.get("email_address", "")
    ),
    "site_url": lambda value, _sent: sites.check_address(value),
    "tax_id": lambda value, sent: forms.check_tax_id(value, sent.get("billing_country")),
}


def problem_of(name: str, sent: Mapping[str, str]) -> str:
    """What is wrong with the field, in a sentence; empty when it is right."""
    check = CHECKS.get(name)
    try:
        if check is not None:
            check(sent.get(name, "")[:LONGEST], sent)
    except Invalid as problem:
        return problem.message
    except ValidationError as problem:
        return str(problem)
    return ""
