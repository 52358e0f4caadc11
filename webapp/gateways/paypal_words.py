"""What people are told of a payment that PayPal did not make. Codes: https://developer.paypal.com/api/rest/reference/orders/v2/errors/"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

INSTRUMENT = _l(
    "PayPal could not charge the way to pay you chose there. Choose another one at PayPal, or pay otherwise."
)
ACCOUNT = _l("PayPal does not let this account pay. Ask PayPal, or choose another way to pay.")
LATER = _l("PayPal could not make the payment just now, so nothing was taken. Try again in a moment.")

SENTENCES = {
    "instrument_declined": INSTRUMENT,
    "payer_cannot_pay": ACCOUNT,
    "payer_account_restricted": ACCOUNT,
    "payer_account_locked_or_closed": ACCOUNT,
    "payer_country_not_supported": ACCOUNT,
    "transaction_refused": ACCOUNT,
    "compliance_violation": ACCOUNT,
    "max_number_of_payment_attempts_exceeded": _l("It was tried too often. Choose another way to pay."),
    "transaction_limit_exceeded": _l(
        "The amount is above what this PayPal account may pay. Choose another way to pay."
    ),
    "internal_server_error": LATER,
    "denied": _l("PayPal has looked at the payment and did not make it. Choose another way to pay."),
    "expired": _l("The payment page was open for too long and has been closed."),
    "cancelled": _l("The payment was cancelled."),
    "amount_not_supported": _l("This amount cannot be paid this way. Choose another way to pay."),
    "currency_not_supported": _l("This amount cannot be paid this way. Choose another way to pay."),
    "invalid_request": _l("This payment could not be started. Try again later, or choose another way to pay."),
    "subscription_ended": _l("The agreement at PayPal has ended, so nothing is charged there any more."),
    "subscription_payment_failed": _l("PayPal could not take the money. Check at PayPal what you pay with."),
    "subscription_not_charged": _l("PayPal did not charge this period. Choose how you want to pay it."),
    "refund_failed": _l("The money came back to us."),
    "capture_fully_refunded": _l("All of it was given back already."),
    "refund_amount_exceeded": _l("That is more than is left to give back."),
}
OTHERWISE = _l("PayPal did not make the payment, so nothing was taken. Try again, or choose another way to pay.")


def sentence_for(reason: str) -> str:
    """In the language of whoever looks."""
    return str(SENTENCES.get(reason, OTHERWISE))
