"""Settings of what is sold: how it is priced, taxed, ordered, paid and renewed. A new one is a line here."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.blueprints.admin.settings_choices import (
    all_countries,
    all_currencies,
    consumer_laws,
    figures_currency,
    own_country,
    time_zones,
    ways_to_pay,
)
from webapp.blueprints.admin.settings_fields import Field, Section
from webapp.blueprints.admin.settings_gateways import TRANSFER
from webapp.domain.setting_kinds import Address, Choice, Days, Flag, Lines, Number, OneOfMany, Several, Text

MONEY = Section(
    "money",
    _l("Currency and taxes"),
    _l("In which currency you sell, and how tax is reckoned."),
    (
        Field(
            "currency",
            _l("Currency"),
            OneOfMany(options=all_currencies),
            _l("For new products; others keep theirs. Prices in other currencies are part of each product."),
        ),
        Field(
            "reporting_currency",
            _l("Currency of the figures"),
            OneOfMany(options=figures_currency),
            _l("In which the figures of several currencies are put together."),
        ),
        Field(
            "fetch_rates",
            _l("Fetch exchange rates every day"),
            Flag(),
            _l("From the European Central Bank, as soon as something was sold in another currency."),
        ),
        Field("enable_taxes", _l("Reckon tax"), Flag()),
        Field("inclusive_tax", _l("Prices contain tax"), Flag(), _l("Otherwise it is added to them.")),
        Field(
            "company_country",
            _l("Country where you are taxed"),
            OneOfMany(options=own_country),
            _l("A valid VAT ID of another member state than this one shifts the VAT to the buyer."),
        ),
        Field(
            "company_tax_id",
            _l("Your VAT ID"),
            Text(longest=40, optional=True),
            _l("On invoices, and told to the EU's registry when it is asked about a customer's."),
        ),
    ),
)
INVOICES = Section(
    "invoices",
    _l("Invoices"),
    _l("What stands on them beside company and address. An invoice that was issued never changes."),
    (
        Field(
            "invoice_pattern",
            _l("Number of an invoice"),
            Text(longest=40),
            _l("%YEAR%, %MONTH%, %DAY% stand for the day of issue, %NUMBER% for the next number without a gap."),
        ),
        Field(
            "invoice_first_number",
            _l("Go on at number"),
            Number(least=1, most=999_999_999),
            _l("When you come from another system. It never goes back."),
        ),
        Field("company_tax_number", _l("Your tax number"), Text(longest=40, optional=True)),
        Field(
            "company_register",
            _l("Register entry"),
            Text(optional=True),
            _l("For example HRB 12345, Amtsgericht Berlin."),
        ),
        Field("bank_details", _l("Bank details"), Lines(longest=300), _l("Bank, IBAN and BIC, in lines.")),
        Field(
            "invoice_terms",
            _l("Below the sums"),
            Lines(longest=500),
            _l("Terms of payment. Empty: that it has been paid."),
        ),
        Field(
            "invoice_untaxed_note",
            _l("Why you charge no tax"),
            Text(optional=True),
            _l(
                "Where a line has none, as a small business under § 19 UStG has to say. If you reckon no taxes at all, "
                "it also stands beside your prices."
            ),
        ),
        Field(
            "invoices_for_free",
            _l("Also where nothing was to be paid"),
            Flag(),
            _l("The law asks for none then; with them each settled payment has one."),
        ),
        Field(
            "time_zone",
            _l("Time zone"),
            OneOfMany(options=time_zones),
            _l("The day of an invoice is the day there."),
        ),
    ),
)
CHECKOUT = Section(
    "checkout",
    _l("Checkout and consumer law"),
    _l("Whom you sell to, and what the law asks of your order form."),
    (
        Field("consumer_law", _l("Consumer law"), Choice(options=consumer_laws)),
        Field("withdrawal_days", _l("Days to withdraw"), Number(least=14, most=365), _l("14 is the least in the EU.")),
        Field(
            "allow_trial_without_payment_method",
            _l("Begin trials without a payment method"),
            Flag(),
            _l("The first payment is then asked for when the trial ends."),
        ),
        Field("hold_minutes", _l("Minutes an unpaid order keeps its site address"), Number(least=5, most=10080)),
        Field("default_country", _l("Country that is chosen at first"), OneOfMany(options=all_countries)),
        Field(
            "allowed_countries",
            _l("Countries you sell to"),
            Several(options=all_countries),
            _l("Choose none to sell to every country."),
        ),
    ),
)
LEGAL = Section(
    "legal",
    _l("Legal links"),
    _l("Where the pages that the law asks for are, if they are elsewhere. Empty: the page that is written here."),
    (
        Field("imprint_url", _l("Legal notice"), Address()),
        Field("privacy_url", _l("Privacy"), Address()),
        Field("terms_url", _l("Terms"), Address()),
        Field("withdrawal_url", _l("Withdrawal information"), Address()),
        Field("accessibility_url", _l("Accessibility"), Address()),
    ),
)
PAYMENTS = Section(
    "payments",
    _l("Payments"),
    _l("How customers may pay."),
    (
        Field(
            "active_gateways",
            _l("Ways to pay"),
            Several(options=ways_to_pay),
            _l("Choose none to offer all of them."),
        ),
        *TRANSFER,
    ),
)
RENEWALS = Section(
    "renewals",
    _l("Renewals"),
    _l("When renewals are announced and charged, and what happens when they are not paid."),
    (
        Field(
            "renewal_days_before",
            _l("Days before the end of a period on which its renewal is announced"),
            Number(least=0, most=60),
            _l("With a saved payment method by a message, else by a request to pay. From each next period on."),
        ),
        Field(
            "renewal_retry_days",
            _l("Days after a failed charge on which it is tried again"),
            Days(),
            _l("Counted from the first failure, like 1, 3, 5, 7. Empty: it is not tried again."),
        ),
        Field(
            "grace_period_days",
            _l("Days of grace"),
            Number(least=0, most=90),
            _l("An unpaid membership expires so long after its period, but not before the last try."),
        ),
        Field(
            "block_frontend_grace_period",
            _l("Days for which sites are shown after a membership has expired"),
            Number(least=0, most=365),
        ),
        Field(
            "downgrades_at_once",
            _l("Begin downgrades at once"),
            Flag(),
            _l("With credit for what is not used. Otherwise they begin at the end of what is paid."),
        ),
    ),
)
