"""What people are told of a payment that Stripe did not make. Codes: https://docs.stripe.com/declines/codes

Only what a buyer can put right is said in particular. Of a card that is reported lost or stolen, or of a suspicion,
nothing is said that would help whoever holds it.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

FUNDS = _l("The card does not have enough funds, so nothing was charged. Use another card.")
EXPIRED = _l("The card has expired, so nothing was charged. Use another card.")
CODE = _l("The security code of the card is not right. Check it and try again.")
NUMBER = _l("The card number is not right. Check it and try again.")
DATE = _l("The expiry date of the card is not right. Check it and try again.")
CONFIRM = _l("Your bank did not confirm the payment. Nothing was charged: try again, or use another card.")
LIMIT = _l("The card has reached its limit, so nothing was charged. Use another card, or ask your bank.")
UNSUITED = _l("This card cannot be used for this payment. Use another card.")
LATER = _l("The bank could not be reached, so nothing was charged. Try again in a moment.")
POSTCODE = _l("The postcode does not belong to this card. Check it and try again.")

SENTENCES = {
    "insufficient_funds": FUNDS,
    "expired_card": EXPIRED,
    "incorrect_cvc": CODE,
    "invalid_cvc": CODE,
    "incorrect_number": NUMBER,
    "invalid_number": NUMBER,
    "invalid_expiry_month": DATE,
    "invalid_expiry_year": DATE,
    "incorrect_zip": POSTCODE,
    "postal_code_invalid": POSTCODE,
    "authentication_required": CONFIRM,
    "authentication_not_handled": CONFIRM,
    "approve_with_id": CONFIRM,
    "payment_intent_authentication_failure": CONFIRM,
    "setup_intent_authentication_failure": CONFIRM,
    "mobile_device_authentication_required": CONFIRM,
    "offline_pin_required": CONFIRM,
    "online_or_offline_pin_required": CONFIRM,
    "card_velocity_exceeded": LIMIT,
    "withdrawal_count_limit_exceeded": LIMIT,
    "card_decline_rate_limit_exceeded": LIMIT,
    "card_not_supported": UNSUITED,
    "currency_not_supported": UNSUITED,
    "service_not_allowed": UNSUITED,
    "transaction_not_allowed": UNSUITED,
    "processing_error": LATER,
    "issuer_not_available": LATER,
    "reenter_transaction": LATER,
    "try_again_later": LATER,
    "vendor_error": LATER,
    "invalid_request": _l("This payment could not be started. Try again later, or choose another way to pay."),
    "cancelled": _l("The payment was cancelled."),
    "expired": _l("The payment page was open for too long and has been closed."),
    "amount_not_supported": _l("This amount cannot be paid this way. Choose another way to pay."),
    "amount_too_small": _l("This amount is too small to be paid this way. Choose another way to pay."),
    "refund_failed": _l("The money came back to us."),
    "charge_already_refunded": _l("All of it was given back already."),
}
OTHERWISE = _l("Your card was declined and nothing was charged. Use another card, or ask your bank.")


def sentence_for(reason: str) -> str:
    """In the language of whoever looks."""
    return str(SENTENCES.get(reason, OTHERWISE))
