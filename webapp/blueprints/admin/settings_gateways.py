"""Settings of the vendors that take money: a section for each."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.blueprints.admin.settings_fields import Field, Section
from webapp.domain.setting_kinds import Flag, Key, Secret

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
