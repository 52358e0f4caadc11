"""What a form asks to make an account, and to sign in to one: twice what it may want twice, and how hard to guess.

These fields join the form only where its definition asks for them; most do not.
"""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from wtforms import EmailField, PasswordField, ValidationError

from webapp.blueprints.checkout import named_prices
from webapp.blueprints.checkout.forms import TEXT, CheckoutForm
from webapp.blueprints.checkout.shapes import Shape
from webapp.domain.field_types import ticked

# Never kept, carried from step to step, or shown again.
SECRET = frozenset(("password", "password_conf", "account_password"))
BY_LINK = "password_by_link"  # in the sale's form: its buyer was mailed a link to choose a password


class Again:
    """The same as another field, once more."""

    data: Any

    def __init__(self, *args: Any, of: str, unlike: str, **more: Any) -> None:
        self.of, self.unlike = of, unlike
        super().__init__(*args, **more)

    def pre_validate(self, form: Any) -> None:
        first = form[self.of].data if self.of in form else ""
        if self.kept(self.data) != self.kept(first):
            raise ValidationError(self.unlike)

    def kept(self, text: str | None) -> str:
        return text or ""


class EmailAgain(Again, EmailField):
    def kept(self, text: str | None) -> str:
        return (text or "").strip().lower()


class PasswordAgain(Again, PasswordField):
    pass


def join(form: CheckoutForm, shape: Shape, begun: str) -> None:
    """`begun`: the address that stands in the form at first."""
    if "email_address_conf" in shape.asked:
        said = _("The two e-mail addresses are not the same.")
        field: Any = EmailAgain(_("E-mail address, once more"), of="email_address", unlike=said)
        named_prices.join(form, "email_address_conf", field, request.form.get("email_address_conf", begun)[:TEXT])
    if "password_conf" in shape.asked:
        said = _("The two passwords are not the same.")
        field = PasswordAgain(_("Password, once more"), of="password", unlike=said)
        named_prices.join(form, "password_conf", field, request.form.get("password_conf", ""))
    if signs_in(shape):
        field = PasswordField(_("Password of your account"))
        named_prices.join(form, "account_password", field, request.form.get("account_password", ""))


def signs_in(shape: Shape) -> bool:
    """Whether who has an account may sign in without leaving this form."""
    return "email" in shape.kinds and ticked(shape.kinds["email"], "inline_login")


def is_sent(shape: Shape) -> bool:
    """Whether somebody wants to: by its button, or by Enter in its field, which without script presses another one."""
    return signs_in(shape) and ("sign_in" in request.form or bool(request.form.get("account_password")))


def is_generated(shape: Shape) -> bool:
    """Whether the customer chooses a password later, by a link."""
    return "password" in shape.kinds and ticked(shape.kinds["password"], "generated")
