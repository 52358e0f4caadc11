"""Settings of the vendors that take money, a section for each; and of bank transfers, which need none."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.blueprints.admin.settings_fields import Field, Section
from webapp.domain.setting_kinds import Bic, Days, Flag, Iban, Key, Number, Secret, Text, Wording

SAID = Wording(names=("reference", "amount", "due_date"))
TRANSFER = (
    Field(
        "manual_account_holder",
        _l("Bank transfer: account holder"),
        Text(longest=70, optional=True),
        _l("As your bank has it. Customers and their banks see it."),
    ),
    Field(
        "manual_iban",
        _l("Bank transfer: IBAN"),
        Iban(),
        _l("With it, buyers are shown the account with buttons to copy, and for euros a code that banking apps scan."),
    ),
    Field("manual_bic", _l("Bank transfer: BIC"), Bic(), _l("For customers whose bank is outside of the EEA.")),
    Field("manual_bank", _l("Bank transfer: name of the bank"), Text(longest=70, optional=True)),
    Field(
        "manual_instructions",
        _l("Bank transfer: instructions"),
        SAID,
        _l(
            "What the buyer reads beside the account, in plain text. {{ reference }}, {{ amount }} and {{ due_date }} "
            "are filled in; all three stand there anyway. For accounts in other currencies, name them here."
        ),
    ),
    Field(
        "manual_instructions_de",
        _l("Bank transfer: instructions in German"),
        SAID,
        _l("If one of the two is empty, everybody reads the other."),
    ),
    Field(
        "manual_due_days",
        _l("Days to pay by bank transfer"),
        Number(least=1, most=90),
        _l("For orders from now on. Open ones keep the account and the day that their buyers were told."),
    ),
    Field(
        "manual_remind_before",
        _l("Days before the due date on which buyers are reminded of a transfer"),
        Days(),
        _l("Like 3, or 2, 5. Empty: not before."),
    ),
    Field(
        "manual_remind_after",
        _l("Days after the due date on which buyers are reminded of a transfer"),
        Days(),
        _l("Empty: not after. Renewals have reminders of their own."),
    ),
    Field(
        "manual_void_days",
        _l("Days after the due date on which an unpaid order is given up"),
        Number(least=1, most=90),
        _l("Its site address is free again, and the customer is told. Money that comes later still counts."),
    ),
)
STRIPE = Section(
    "stripe",
    "Stripe",
    _l("Cards and wallets. With both keys, payment by Stripe is offered at once; notices need the signing secret."),
    (
        Field(
            "stripe_publishable_key",
            _l("Stripe: publishable key"),
            Key(),
            _l("Begins with pk_. Test keys take test cards only."),
        ),
        Field(
            "stripe_secret_key",
            _l("Stripe: secret key"),
            Secret(),
            _l("Begins with sk_, or rk_ for a restricted one, and is of the same mode as the publishable key."),
        ),
        Field(
            "stripe_webhook_secret",
            _l("Stripe: signing secret of notices"),
            Secret(),
            _l("Begins with whsec_. While you change it, enter the new and the old one with a comma between them."),
        ),
    ),
)

PAYPAL = Section(
    "paypal",
    "PayPal",
    _l("Payment at PayPal. With both keys it is offered at once; notices need the webhook's id."),
    (
        Field("paypal_client_id", _l("PayPal: client id"), Key(), _l("Of your app at PayPal, live or sandbox.")),
        Field("paypal_client_secret", _l("PayPal: client secret"), Secret(), _l("Of the same app.")),
        Field(
            "paypal_webhook_id",
            _l("PayPal: id of the webhook"),
            Key(),
            _l("PayPal shows it beside the address that you enter there for notices."),
        ),
        Field(
            "paypal_subscriptions",
            _l("PayPal: charge renewals"),
            Flag(),
            _l(
                "PayPal takes each renewal by itself, as buyers agree when they first pay. Without it, each renewal is "
                "asked for by mail."
            ),
        ),
    ),
)
