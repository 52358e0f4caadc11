"""The parts of a sale: each at most once in a form, and under the names that the contract fixes."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain.field_types.base import FieldType, Setting, listed, ticked
from webapp.domain.form_definitions import Spec

ALL = _l("No tick: all that are on sale.")
LINE = ("label", "hint", "width")
STRENGTHS = {
    "": _l("As everywhere: 12 characters, in no list of leaked passwords"),
    "strong": _l("Harder: 16 characters, or capitals, digits and signs among them; nothing of the e-mail address"),
}


class Sold(FieldType):
    sold = True


class PricingTable(Sold):
    id, title, controls = "pricing_table", _l("Plans to choose from"), ("products", "currency")
    asks = ("label",)
    settings = (
        Setting("plans", _l("Plans"), "several", ALL, "plans"),
        Setting("brief", _l("Only names and prices, without what is included")),
        Setting("hide_when_chosen", _l("Leave it out when the address says the plan")),
    )


class Products(Sold):
    """What is ordered is fixed, and said in the summary."""

    id, title, controls = "products", _l("Fixed products"), ("products", "currency")
    asks = ()
    settings = (
        Setting("products", _l("Products"), "several", _l("One plan, and what is sold beside it."), "products"),
    )

    def problems(self, spec: Spec) -> Iterator[str]:
        if not listed(spec, "products"):
            yield _("“Fixed products” names no product.")


class PeriodSelection(Sold):
    id, title, controls, asks = "period_selection", _l("Billing period"), ("period",), ("label",)
    settings = (
        Setting(
            "periods",
            _l("Billing periods"),
            "several",
            _l("No tick: all. A plan that is sold for none of them is sold for its own."),
            "periods",
        ),
    )


class OrderBump(Sold):
    id, title, controls, asks = "order_bump", _l("What else is ordered"), ("addons",), ("label",)
    settings = (
        Setting("products", _l("Products"), "several", ALL, "addons"),
        Setting("brief", _l("Without their descriptions")),
        Setting("pictures", _l("With their pictures")),
    )


class DiscountCode(Sold):
    id, title, controls, asks = "discount_code", _l("Voucher"), ("discount_code",), ("label",)
    settings = (Setting("open", _l("Show the field at once")),)


class CustomerType(Sold):
    id, title, controls, asks = "customer_type", _l("Private person or business"), ("customer_type",), ("label",)


class Email(Sold):
    id, title, guests_only, asks = "email", _l("E-mail address"), True, LINE
    controls = ("email_address", "email_address_conf")
    settings = (
        Setting("confirm", _l("Ask for it twice")),
        Setting(
            "inline_login",
            _l("Sign in without leaving the form"),
            hint=_l("When an order is refused because there is an account with the address."),
        ),
    )

    def controls_of(self, spec: Spec) -> tuple[str, ...]:
        return self.controls if ticked(spec, "confirm") else ("email_address",)


class Username(Sold):
    """Where it is not asked for, it is made of the e-mail address."""

    id, title, controls, guests_only, asks = "username", _l("User name"), ("username",), True, LINE


class Password(Sold):
    id, title, controls, guests_only = "password", _l("Password"), ("password", "password_conf"), True
    settings = (
        Setting(
            "generated",
            _l("Do not ask for one"),
            hint=_l("Customers are mailed a link by which they choose their password."),
        ),
        Setting("confirm", _l("Ask for it twice"), hint=_l("Everybody can have it shown instead.")),
        Setting("strength", _l("How hard it must be to guess"), "one", of=STRENGTHS),
    )

    def controls_of(self, spec: Spec) -> tuple[str, ...]:
        if ticked(spec, "generated"):
            return ()
        return self.controls if ticked(spec, "confirm") else ("password",)


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

    id, title, controls, asks = "site_title", _l("Name of the site"), ("site_title",), LINE


class SiteUrl(Sold):
    """Where it is not asked for, it is made of the site's name."""

    id, title, controls, asks = "site_url", _l("Address of the site"), ("site_url",), LINE


class TemplateSelection(Sold):
    id, title, controls, asks = (
        "template_selection",
        _l("Templates to choose from"),
        ("template_id",),
        ("label", "hint"),
    )
    settings = (
        Setting("templates", _l("Templates"), "several", _l("No tick: all."), "templates"),
        Setting("categories", _l("Categories"), "several", _l("Those of these categories, besides."), "categories"),
        Setting("hide_when_chosen", _l("Leave it out when the address says the template")),
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
