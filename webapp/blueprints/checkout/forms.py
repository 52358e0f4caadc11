"""What a buyer enters. Forms check shape (present, parses, length); rules in the domain check meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from unicodedata import category

from email_validator import EmailNotValidError, validate_email
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional

from webapp.blueprints.checkout.country_field import CountryField
from webapp.blueprints.form import Form
from webapp.countries import countries
from webapp.domain import tax_ids
from webapp.domain.field_types import chosen
from webapp.domain.passwords import LENGTH_AT_LEAST, LENGTH_AT_MOST, is_strong
from webapp.leaked_passwords import is_leaked

if TYPE_CHECKING:
    from webapp.blueprints.checkout.shapes import Shape

PERSON, BUSINESS = "person", "business"
USERNAME = re.compile(r"[a-z0-9][a-z0-9_-]{3,59}")
TEXT = 200


def stripped(value: str | None) -> str | None:
    """What is typed around a value means nothing, and neither do signs that steer and are not seen."""
    if value is None:
        return None
    return "".join(one for one in value if not steers(one)).strip()


def steers(character: str) -> bool:
    """Control characters, halves of characters, and what turns the direction of reading."""
    return category(character) in ("Cc", "Cs") or character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def text(label: Any, missing: Any, *, autocomplete: str, limit: int = TEXT, **more: str) -> StringField:
    validators = [InputRequired(missing)] if missing else [Optional()]
    too_long = _l("Use at most %(max)d characters.")
    return StringField(
        label,
        filters=[stripped],
        validators=[*validators, Length(max=limit, message=too_long)],
        render_kw={"autocomplete": autocomplete, **more},
    )


class CheckoutForm(Form):
    """Field names are the contract's. Which fields count depends on the form's definition (see `shaping`, which gives
    each of these its `shape`), and on who is asking: see `drop_what_is_not_asked`."""

    shape: Shape
    has_account: bool = False  # the order was refused, since there is one with its address

    # A label, though nobody sees it: without one WTForms reads its own catalogue from disk to translate the name.
    order_token = HiddenField("", validators=[Length(max=64)])
    quoted = HiddenField("", validators=[Length(max=80)])  # what the summary said when the button was pressed
    # The address for which the summary promises no trial, since an order of it was refused one.
    without_trial = HiddenField("", validators=[Length(max=254)])

    products = RadioField(_l("Plan"), choices=[], validate_choice=False, validators=[Optional()])
    period = RadioField(_l("Billing period"), choices=[], validate_choice=False, validators=[Optional()])
    currency = RadioField(_l("Currency"), choices=[], validate_choice=False, validators=[Optional()])
    # Everything that is ticked has the contract's one name. What is sold for a price that the buyer names gets fields
    # of its own, `amount-<slug>` and `again-<slug>`: see named_prices.py.
    addons = SelectMultipleField(_l("Also order"), name="products", id="addons", choices=[], validate_choice=False)
    customer_type = RadioField(
        _l("I am ordering as"),
        choices=[SelectChoice(PERSON, _l("private person")), SelectChoice(BUSINESS, _l("business"))],
        validate_choice=False,
        default=PERSON,
    )
    email_address = EmailField(
        _l("E-mail address"),
        filters=[stripped],
        validators=[InputRequired(_l("Enter an e-mail address like name@example.com."))],
        description=_l("We send the order confirmation and sign-in link here."),
        render_kw={"autocomplete": "email", "inputmode": "email", "spellcheck": "false", "autocapitalize": "none"},
    )
    password = PasswordField(
        _l("Create password"),
        validators=[InputRequired(_l("Use at least 12 characters."))],
        description=_l("At least 12 characters. A sentence works well."),
        render_kw={
            "autocomplete": "new-password",
            "minlength": LENGTH_AT_LEAST,
            "spellcheck": "false",
        },
    )
    username = text(
        _l("User name"), _l("Enter a user name."), autocomplete="username", autocapitalize="none", spellcheck="false"
    )
    full_name = text(_l("Full name"), _l("Enter your full name."), autocomplete="name", spellcheck="false")
    company_name = text(_l("Company"), None, autocomplete="organization")
    tax_id = text(_l("VAT ID"), None, autocomplete="off", limit=40, autocapitalize="characters")
    billing_country = CountryField(_l("Country"), choices=[], validate_choice=False)
    billing_address_line_1 = text(
        _l("Street and number"), _l("Enter street and number."), autocomplete="billing address-line1"
    )
    billing_address_line_2 = text(_l("Address line 2"), None, autocomplete="billing address-line2")
    billing_zip_code = text(_l("Postcode"), _l("Enter a postcode."), autocomplete="billing postal-code", limit=20)
    billing_city = text(_l("Town or city"), _l("Enter a town or city."), autocomplete="billing address-level2")
    billing_state = text(_l("State or region"), None, autocomplete="billing address-level1", limit=80)
    site_title = text(_l("Site name"), _l("Enter a name for your site."), autocomplete="off")
    site_url = text(
        _l("Site address"),
        _l("Enter an address for your site."),
        autocomplete="off",
        autocapitalize="none",
        spellcheck="false",
    )
    template_id = RadioField(_l("Template"), choices=[], validate_choice=False, validators=[Optional()])
    discount_code = text(_l("Voucher code"), None, autocomplete="off", limit=60)
    gateway = RadioField(_l("Payment method"), choices=[], validate_choice=False, validators=[Optional()])
    early_start = BooleanField(
        _l(
            "I expressly ask you to begin before the 14-day withdrawal period ends. I know that if I withdraw I pay "
            "proportionately for what was provided, and that the right ends once the service is fully provided."
        )
    )
    news = BooleanField(_l("E-mail me product news"))
    terms = BooleanField(_l("I accept the terms"))
    analytics_consent = BooleanField(_l("Let us count this visit and order in our statistics"))

    def validate_products(self, field: RadioField) -> None:
        if not field.data:
            raise ValidationError(_("Choose a plan."))

    def validate_customer_type(self, field: RadioField) -> None:
        if field.data not in (PERSON, BUSINESS):
            raise ValidationError(_("Choose private person or business."))

    def validate_email_address(self, field: EmailField) -> None:
        check_email(field.data)

    def validate_password(self, field: PasswordField) -> None:
        check_password(field.data, self.strength, str(self.email_address.data or "") if self.email_address else "")

    @property
    def strength(self) -> str:
        """How hard to guess the form wants the password to be; empty: as everywhere."""
        asked = self.shape.kinds.get("password") if hasattr(self, "shape") else None
        return chosen(asked, "strength") if asked is not None else ""

    def validate_username(self, field: StringField) -> None:
        field.data = (field.data or "").lower()
        if field.data and not USERNAME.fullmatch(field.data):
            raise ValidationError(_("Use 4 to 60 letters, digits, hyphens and underscores."))

    def validate_tax_id(self, field: StringField) -> None:
        check_tax_id(field.data, self.billing_country.data)

    def validate_billing_country(self, field: CountryField) -> None:
        if field.data not in countries("en"):
            raise ValidationError(_("Choose a country."))

    def validate_billing_zip_code(self, field: StringField) -> None:
        if self.billing_country.data == "DE" and not (
            len(field.data) == 5 and field.data.isascii() and field.data.isdigit()
        ):
            raise ValidationError(_("Enter a postcode with 5 digits."))

    @property
    def filled(self) -> Mapping[str, Any]:
        """What the form was begun with, besides what is sent: by the address, or by an order that was begun."""
        return getattr(self, "_filled", {})

    @filled.setter
    def filled(self, values: Mapping[str, Any]) -> None:
        self._filled = values

    @property
    def is_business(self) -> bool:
        return bool(self.customer_type.data == BUSINESS)

    def offer(self, *, plans: Iterable[Any], allowed_countries: Sequence[str]) -> None:
        """What may be chosen: the plans on offer and the countries that are served, in the reader's language."""
        self.products.choices = [SelectChoice(plan.slug, plan.name) for plan in plans]
        self.billing_country.offer(str(get_locale() or "en"), allowed_countries, _("Choose a country"))

    def drop_what_is_not_asked(self, *, signed_in: bool, consumer_law: str, collects: bool) -> None:
        """Take away the fields that this buyer is not shown, so that they are not checked either."""
        if signed_in:
            del self.email_address, self.password
        if not self.is_business:
            self.company_name.validators = [Optional()]
            self.company_name.data = self.tax_id.data = ""
        else:
            self.company_name.validators = [InputRequired(_("Enter the company name.")), Length(max=TEXT)]
        if consumer_law != "eu":
            del self.early_start
        if consumer_law == "eu":
            del self.terms
        if not collects:
            for name in ("billing_address_line_1", "billing_zip_code", "billing_city"):
                self[name].validators = [Optional(), Length(max=TEXT)]
            self.billing_zip_code.validators = [Optional(), Length(max=20)]

    def every_field(self) -> list[Field]:
        """As the form's definition has them; what it does not know of stands with what it belongs to, or last."""
        order = {name: at for at, name in enumerate(self.shape.controls)} if hasattr(self, "shape") else {}
        return sorted(self, key=lambda one: order.get(str(one.id), order.get(str(one.name), len(order))))

    @property
    def general(self) -> list[str]:
        return [*super().general, *getattr(self, "of_the_order", [])]

    def refuse(self, field: str, message: str) -> None:
        """Say what a rule found: at its field, or of the whole order when it has none on the page."""
        if field in self and field != "csrf_token":
            self[field].errors = [*self[field].errors, message]
        else:
            self.of_the_order: list[str] = [*getattr(self, "of_the_order", []), message]

    def remembered(self) -> dict[str, str | bool | list[str]]:
        """What was entered, to show it again; never the password."""
        kept = {name: value for name, value in self.data.items() if name in self.shape.asked}
        for secret in ("password", "password_conf", "csrf_token", "order_token", "quoted"):
            kept.pop(secret, None)
        return {name: value for name, value in kept.items() if isinstance(value, str | bool | list)}


class EmailForm(Form):
    """Another e-mail address for the person who has just ordered."""

    email_address = EmailField(
        _l("E-mail address"),
        filters=[stripped],
        validators=[InputRequired(_l("Enter an e-mail address like name@example.com."))],
    )

    def validate_email_address(self, field: EmailField) -> None:
        check_email(field.data)


def check_email(value: str | None) -> None:
    try:
        validate_email(value or "", check_deliverability=False)
    except EmailNotValidError:
        raise ValidationError(_("Enter an e-mail address like name@example.com.")) from None


def check_password(value: str | None, strength: str = "", email: str = "") -> None:
    password = value or ""
    if len(password) < LENGTH_AT_LEAST:
        raise ValidationError(_("Use at least 12 characters."))
    if len(password) > LENGTH_AT_MOST:
        raise ValidationError(_("Use at most %(max)d characters.", max=LENGTH_AT_MOST))
    if is_leaked(password):
        raise ValidationError(_("This password appears in known data leaks. Choose another."))
    if strength and not is_strong(password, not_of=email):
        raise ValidationError(
            _(
                "This password is easy to guess. Use 16 characters or more, or capitals, small letters, digits and "
                "signs; and nothing of your e-mail address."
            )
        )


def check_tax_id(value: str | None, country: str | None) -> None:
    """Format and checksum only; whether it exists is asked of the registry meanwhile, and never blocks an order."""
    if not tax_ids.fits(value or "", country or ""):
        raise ValidationError(_("This VAT ID does not fit the chosen country. Correct it or leave it empty."))
