"""Who the customer is: name, address, language. What the checkout asks, by the same fields."""

from __future__ import annotations

from typing import cast

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, refresh
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField
from wtforms.validators import InputRequired, Length, Optional

from webapp.blueprints import access
from webapp.blueprints.account.base import bp, changing, customer
from webapp.blueprints.checkout.forms import BUSINESS, PERSON, TEXT, CheckoutForm
from webapp.blueprints.checkout.requests import PROFILE
from webapp.blueprints.form import Form
from webapp.blueprints.language import choice
from webapp.blueprints.views import View, go_to
from webapp.domain import customers, email_addresses, network
from webapp.domain import languages as chosen_languages
from webapp.domain.customers import Profile
from webapp.languages import languages
from webapp.models import Customer

profile_view = View("account/profile.html")


class ProfileForm(Form):
    """The checkout's own fields, with its own checks."""

    customer_type = CheckoutForm.customer_type
    full_name = CheckoutForm.full_name
    company_name = CheckoutForm.company_name
    tax_id = CheckoutForm.tax_id
    billing_country = CheckoutForm.billing_country
    billing_address_line_1 = CheckoutForm.billing_address_line_1
    billing_address_line_2 = CheckoutForm.billing_address_line_2
    billing_zip_code = CheckoutForm.billing_zip_code
    billing_city = CheckoutForm.billing_city
    billing_state = CheckoutForm.billing_state
    locale = SelectField(_l("Language"), validate_choice=False)

    validate_customer_type = CheckoutForm.validate_customer_type
    validate_tax_id = CheckoutForm.validate_tax_id
    validate_billing_country = CheckoutForm.validate_billing_country
    validate_billing_zip_code = CheckoutForm.validate_billing_zip_code

    def prepare(self, *, pays: bool) -> None:
        """What may be chosen, and what may be left out: an address only by who pays nothing."""
        self.locale.choices = [SelectChoice(code, name) for code, name in languages().items()]
        served = network.settings().allowed_countries
        self.billing_country.offer(str(get_locale() or "en"), served, _("Choose a country"))
        if self.customer_type.data == BUSINESS:
            self.company_name.validators = [InputRequired(_("Enter the company name.")), Length(max=TEXT)]
        elif self.is_submitted():
            self.company_name.data = self.tax_id.data = ""
        if not pays:
            for field in (self.billing_address_line_1, self.billing_zip_code, self.billing_city):
                field.validators = [Optional(), *field.validators[1:]]


def pays(owner: Customer) -> bool:
    return any(one.price_minor for one in owner.memberships)


@bp.get("/profile")
def show_profile() -> ResponseReturnValue:
    own = customer()
    told = {name: getattr(own, name) for name in PROFILE} | {"full_name": own.display_name}
    kind = BUSINESS if own.business else PERSON
    locale = own.user.locale or str(get_locale() or "en")
    return show(ProfileForm(formdata=None, data={**told, "customer_type": kind, "locale": locale}))


def show(form: ProfileForm, *, status: int = 200) -> Response:
    form.prepare(pays=pays(customer()))
    errors = form.problems() if status != 200 else []
    pending = email_addresses.pending_change(customer().user_id)
    return profile_view.show(status=status, form=form, errors=errors, customer=customer(), pending_email=pending)


@bp.post("/profile")
def update_profile() -> ResponseReturnValue:
    form = ProfileForm()
    form.prepare(pays=pays(customer()))
    if not form.validate() or is_refused(form):
        return show(form, status=422)
    customer_id, told = customer().id, profile_from(form)
    with changing():
        own = customers.find(customer_id)
        customers.rewrite(own, told)
        chosen_languages.choose(own.user, str(form.locale.data))
    if access.acted_as() is None:
        choice.use(str(form.locale.data))
        refresh()
    flash(_("Changes saved."), "success")
    return go_to(url_for(".show_profile"))


def is_refused(form: ProfileForm) -> bool:
    """What the network serves, and the languages it speaks; said at the field."""
    served, own = network.settings().allowed_countries, customer().billing_country
    if served and form.billing_country.data not in (*served, own):
        form.billing_country.errors = [_("Choose a country.")]
    if form.locale.data not in languages():
        form.locale.errors = [_("Choose one of the languages.")]
    return bool(form.problems())


def profile_from(form: ProfileForm) -> Profile:
    fields = {name: str(form[name].data or "") for name in PROFILE}
    business = form.customer_type.data == BUSINESS
    return Profile(full_name=cast(str, form.full_name.data), business=business, **fields)
