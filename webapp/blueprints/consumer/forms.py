"""What a consumer enters to end a contract or to withdraw from it; the law allows nothing more to be asked."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, EmailField, HiddenField, RadioField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from webapp.blueprints.checkout.forms import check_email, stripped, text
from webapp.blueprints.form import Form

ORDINARY, EXTRAORDINARY = "ordinary", "extraordinary"
EARLIEST, ON_DATE = "earliest", "date"
EMAIL = {"autocomplete": "email", "inputmode": "email", "spellcheck": "false", "autocapitalize": "none"}


def lines_stripped(value: str | None) -> str | None:
    """As `stripped`, line by line."""
    return None if value is None else "\n".join(stripped(line) or "" for line in value.splitlines()).strip()


def email_field(label: Any) -> EmailField:
    return EmailField(
        label,
        filters=[stripped],
        validators=[InputRequired(_l("Enter an e-mail address like name@example.com.")), Length(max=254)],
        render_kw=EMAIL,
    )


def name_field() -> StringField:
    return text(_l("Full name"), _l("Enter your full name."), autocomplete="name", spellcheck="false")


def contract_field() -> StringField:
    missing = _l("Enter the contract number, the order number or the address of the site.")
    return text(_l("Contract or site"), missing, autocomplete="off", spellcheck="false")


class DeclarationForm(Form):
    """Its fields stand in the order of the page, and so do their problems."""

    declaration_token = HiddenField("", validators=[Length(max=64)])


class CancelForm(DeclarationForm):
    """X3: these inputs, and no others."""

    termination = RadioField(_l("How do you cancel?"), choices=[], validate_choice=False, default=ORDINARY)
    reason = TextAreaField(_l("Reason"), filters=[lines_stripped], validators=[Length(max=2000)])
    full_name = name_field()
    identity = StringField(
        _l("E-mail address or customer number"),
        filters=[stripped],
        validators=[InputRequired(_l("Enter your e-mail address or your customer number.")), Length(max=254)],
        render_kw={"autocomplete": "email", "spellcheck": "false", "autocapitalize": "none"},
    )
    contract = contract_field()
    end = RadioField(_l("When should it end?"), choices=[], validate_choice=False, default=EARLIEST)
    end_date = DateField(_l("On this date"), validators=[Optional()])
    confirm_to = email_field(_l("E-mail address for the confirmation"))

    def validate_termination(self, field: RadioField) -> None:
        if field.data not in (ORDINARY, EXTRAORDINARY):
            raise ValidationError(_("Choose how you cancel."))

    def validate_reason(self, field: TextAreaField) -> None:
        if self.termination.data == EXTRAORDINARY and not field.data:
            raise ValidationError(_("Give the reason for cancelling without notice."))

    def validate_end(self, field: RadioField) -> None:
        if field.data not in (EARLIEST, ON_DATE):
            raise ValidationError(_("Choose when it should end."))
        if field.data == ON_DATE and self.end_date.data is None and not self.end_date.errors:
            raise ValidationError(_("Enter the day on which it should end."))

    def validate_confirm_to(self, field: EmailField) -> None:
        check_email(field.data)


class WithdrawForm(DeclarationForm):
    """X6: name, contract, e-mail address, nothing else."""

    full_name = name_field()
    contract = contract_field()
    email_address = email_field(_l("E-mail address"))

    def validate_email_address(self, field: EmailField) -> None:
        check_email(field.data)
