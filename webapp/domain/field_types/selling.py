"""The parts of a sale: each at most once in a form, and under the names that the contract fixes."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain.field_types.base import FieldType, Setting, listed
from webapp.domain.form_definitions import Spec

PLANS = _l("Empty: all that are on sale. Their short names, one to a line.")


class Sold(FieldType):
    sold = True


class PricingTable(Sold):
    id, title, controls = "pricing_table", _l("Plans to choose from"), ("products", "currency")
    asks = ("label",)
    settings = (
        Setting("plans", _l("Plans"), "list", PLANS, "products"),
        Setting("hide_when_chosen", _l("Leave it out when the address says the plan")),
    )


class Products(Sold):
    """What is ordered is fixed, and said in the summary."""

    id, title, controls = "products", _l("Fixed products"), ("products", "currency")
    asks = ()
    settings = (
        Setting("products", _l("Products"), "list", _l("The plan first. Short names, one to a line."), "products"),
    )

    def problems(self, spec: Spec) -> Iterator[str]:
        if not listed(spec, "products"):
            yield _("“Fixed products” names no product.")


class PeriodSelection(Sold):
    id, title, controls, asks = "period_selection", _l("Billing period"), ("period",), ("label",)


class OrderBump(Sold):
    id, title, controls, asks = "order_bump", _l("What else is ordered"), ("addons",), ("label",)
    settings = (Setting("products", _l("Products"), "list", PLANS, "products"),)


class DiscountCode(Sold):
    id, title, controls, asks = "discount_code", _l("Voucher"), ("discount_code",), ("label",)
    settings = (Setting("open", _l("Show the field at once")),)


class CustomerType(Sold):
    id, title, controls, asks = "customer_type", _l("Private person or business"), ("customer_type",), ("label",)


class Email(Sold):
    id, title, controls, guests_only = "email", _l("E-mail address"), ("email_address",), True


class Username(Sold):
    """Where it is not asked for, it is made of the e-mail address."""

    id, title, controls, guests_only = "username", _l("User name"), ("username",), True


class Password(Sold):
    id, title, controls, guests_only = "password", _l("Password"), ("password",), True


class BillingAddress(Sold):
    id, title, asks = "billing_address", _l("Name and billing address"), ()
    controls = (
        *("full_name", "company_name", "tax_id", "billing_country", "billing_address_line_1"),
        *("billing_address_line_2", "billing_zip_code", "billing_city", "billing_state"),
    )
    settings = (
        Setting(
            "zip_and_country",
            _l("Ask only for country and postcode"),
            hint=_l("Invoices above small amounts need a whole address."),
        ),
    )


class SiteTitle(Sold):
    """Where it is not asked for, the site is called as its owner."""

    id, title, controls = "site_title", _l("Name of the site"), ("site_title",)


class SiteUrl(Sold):
    """Where it is not asked for, it is made of the site's name."""

    id, title, controls = "site_url", _l("Address of the site"), ("site_url",)


class TemplateSelection(Sold):
    id, title, controls, asks = (
        "template_selection",
        _l("Templates to choose from"),
        ("template_id",),
        ("label", "hint"),
    )
    settings = (
        Setting("templates", _l("Templates"), "list", _l("Empty: all. Their short names, one to a line."), "templates"),
    )


class Payment(Sold):
    id, title, controls, asks = "payment", _l("Payment methods"), ("gateway",), ("label",)


class TermsOfUse(Sold):
    """What the law asks to be agreed to and told, each as the network's settings have it."""

    id, title, asks = "terms_of_use", _l("Terms and consent"), ()
    controls = ("early_start", "terms", "analytics_consent", "news")


class OrderSummary(Sold):
    id, title, asks = "order_summary", _l("Order summary"), ()
    controls = ("quoted", "without_trial")


class SubmitButton(FieldType):
    """The button that leads to the next step, or orders. The last one says by itself that it obliges to pay."""

    id, title, asks = "submit_button", _l("Button"), ("label",)
    settings = (Setting("back", _l("With a button that leads back")),)


TYPES = [
    one()
    for one in (
        *(PricingTable, Products, PeriodSelection, OrderBump, DiscountCode, CustomerType, Email, Username, Password),
        *(BillingAddress, SiteTitle, SiteUrl, TemplateSelection, Payment, TermsOfUse, OrderSummary, SubmitButton),
    )
]
