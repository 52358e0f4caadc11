"""What somebody signs in with."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Field, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from webapp.blueprints.checkout.forms import EmailForm, check_password
from webapp.blueprints.form import Form
from webapp.domain.passwords import LENGTH_AT_LEAST


def email_field() -> EmailField:
    return EmailField(
        _l("E-mail address"),
        validators=[InputRequired(_l("Enter your e-mail address.")), Length(max=254)],
        render_kw={"autocomplete": "username", "spellcheck": "false", "autocapitalize": "none"},
    )


def password_field(label: str = _l("Password")) -> PasswordField:
    return PasswordField(
        label,
        validators=[InputRequired(_l("Enter your password.")), Length(max=200)],
        render_kw={"autocomplete": "current-password"},
    )


class NewPassword(PasswordField):
    """Set once, not twice: what was typed can be shown."""

    def __init__(self, label: str, **options: object) -> None:
        words = {"autocomplete": "new-password", "minlength": LENGTH_AT_LEAST, "spellcheck": "false"}
        hint = _l("At least 12 characters. A sentence works well.")
        super().__init__(label, description=hint, render_kw=words, **options)

    def pre_validate(self, form: object) -> None:
        check_password(self.data)


class SignInForm(Form):
    email_address = email_field()
    password = password_field()
    next = HiddenField()


class ForgottenForm(Form):
    email_address = email_field()


class EmailChangeForm(Form):
    email_address = EmailForm.email_address
    validate_email_address = EmailForm.validate_email_address


class NewPasswordForm(Form):
    new_password = NewPassword(_l("New password"))


class ChangePasswordForm(Form):
    password = password_field(_l("Current password"))
    new_password = NewPassword(_l("New password"))


def code_field() -> StringField:
    """One input for codes of either kind; pasting and password managers work."""
    words = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "autocapitalize": "none"}
    return StringField(_l("Code"), validators=[InputRequired(_l("Enter the code.")), Length(max=60)], render_kw=words)


class CodeForm(Form):
    code = code_field()


class SetUpForm(Form):
    setup = HiddenField()
    code = code_field()


class PasskeyForm(Form):
    """What a browser's script fills in; without one a passkey cannot be used."""

    name = StringField(_l("Name"), validators=[Length(max=80)], render_kw={"autocomplete": "off", "maxlength": 80})
    credential = HiddenField(validators=[Length(max=20_000)])
    next = HiddenField()


class ProofForm(Form):
    password = password_field()
    next = HiddenField()


def refuse(field: Field, sentence: str) -> None:
    field.errors = [*field.errors, sentence]
