"""What PayPal takes: the shapes of what is sent, as its documents of November 2026 describe them, and no word more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

WITHOUT_DECIMALS = {"HUF", "JPY", "TWD"}
KNOWN = set("AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD".split())


class Refused(Exception):
    def __init__(self, issue: str, field: str = "", status: int = 422) -> None:
        super().__init__(issue)
        self.issue, self.field, self.status = issue, field, status

    @property
    def body(self) -> dict[str, Any]:
        name = {400: "INVALID_REQUEST", 404: "RESOURCE_NOT_FOUND", 403: "NOT_AUTHORIZED"}
        details = [{"issue": self.issue, "field": self.field, "description": self.issue, "location": "body"}]
        return {
            "name": name.get(self.status, "UNPROCESSABLE_ENTITY"),
            "message": "No.",
            "debug_id": "f00dfacefeed0",
            "details": details,
            "links": [],
        }


def text(longest: int, shortest: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": shortest, "maxLength": longest, **more}


def shape(required: str = "", **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


URL = text(2000, pattern=r"^https?://[^\s]+$")
LOCALE = text(10, 2, pattern=r"^[a-z]{2}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}))?$")
MONEY = shape(
    "currency_code value",
    currency_code=text(3, 3, pattern="^[A-Z]{3}$"),
    value=text(32, pattern=r"^((-?[0-9]+)|(-?([0-9]+)?[.][0-9]+))$"),
)
WALLET = shape(
    email_address=text(254, 3, pattern=r"^[^\s@]+@[^\s@]+$"),
    experience_context=shape(
        brand_name=text(127),
        locale=LOCALE,
        shipping_preference={"enum": ["GET_FROM_FILE", "NO_SHIPPING", "SET_PROVIDED_ADDRESS"]},
        return_url=URL,
        cancel_url=URL,
        user_action={"enum": ["CONTINUE", "PAY_NOW"]},
    ),
)
ORDER = shape(
    "intent purchase_units",
    intent={"enum": ["CAPTURE", "AUTHORIZE"]},
    purchase_units={
        "type": "array",
        "minItems": 1,
        "maxItems": 10,
        "items": shape(
            "amount",
            reference_id=text(256),
            description=text(127),
            custom_id=text(127),
            invoice_id=text(127),
            amount=MONEY,
        ),
    },
    payment_source=shape(paypal=WALLET),
)
REFUND = shape(amount=MONEY, custom_id=text(127), invoice_id=text(127), note_to_payer=text(255))
NOTHING = shape()
WORD = r"^(?!\d+$)\w+\S+"
SIGNATURE = shape(
    "auth_algo cert_url transmission_id transmission_sig transmission_time webhook_id webhook_event",
    auth_algo=text(100, pattern="^[a-zA-Z0-9]+$"),
    cert_url=text(500),
    transmission_id=text(50, pattern=WORD),
    transmission_sig=text(500),
    transmission_time=text(100),
    webhook_id=text(50, pattern="^[a-zA-Z0-9]+$"),
    webhook_event={"type": "object"},
)

# https://developer.paypal.com/docs/api/catalog-products/v1/ and /subscriptions/v1/
PRODUCT = shape(
    "name",
    id=text(50, 6),
    name=text(127),
    description=text(256),
    type={"enum": ["PHYSICAL", "DIGITAL", "SERVICE"]},
)
CYCLE = shape(
    "frequency tenure_type sequence",
    frequency=shape(
        "interval_unit",
        interval_unit={"enum": ["DAY", "WEEK", "MONTH", "YEAR"]},
        interval_count={"type": "integer", "minimum": 1, "maximum": 365},
    ),
    tenure_type={"enum": ["REGULAR", "TRIAL"]},
    sequence={"type": "integer", "minimum": 1, "maximum": 99},
    total_cycles={"type": "integer", "minimum": 0, "maximum": 999},
    pricing_scheme=shape("fixed_price", fixed_price=MONEY),
)
PLAN = shape(
    "product_id name billing_cycles payment_preferences",
    product_id=text(50, 6),
    name=text(127),
    description=text(127),
    status={"enum": ["CREATED", "INACTIVE", "ACTIVE"]},
    billing_cycles={"type": "array", "minItems": 1, "maxItems": 12, "items": CYCLE},
    payment_preferences=shape(
        auto_bill_outstanding={"type": "boolean"},
        setup_fee=MONEY,
        setup_fee_failure_action={"enum": ["CONTINUE", "CANCEL"]},
        payment_failure_threshold={"type": "integer", "minimum": 0, "maximum": 999},
    ),
)
SUBSCRIPTION = shape(
    "plan_id",
    plan_id=text(50, 3),
    custom_id=text(127, pattern=r"^[\x20-\x7E]+$"),
    subscriber=shape(email_address=text(254, 3, pattern=r"^[^\s@]+@[^\s@]+$")),
    application_context=shape(
        "return_url cancel_url",
        brand_name=text(127),
        locale=LOCALE,
        shipping_preference={"enum": ["GET_FROM_FILE", "NO_SHIPPING", "SET_PROVIDED_ADDRESS"]},
        user_action={"enum": ["CONTINUE", "SUBSCRIBE_NOW"]},
        return_url=URL,
        cancel_url=URL,
    ),
)
ADDRESS = shape(
    "url event_types",
    url=URL,
    event_types={"type": "array", "minItems": 1, "maxItems": 500, "items": shape("name", name=text(50))},
)
# https://developer.paypal.com/api/rest/webhooks/event-names/, those of payments
EVENT_NAMES = frozenset(
    """CHECKOUT.ORDER.APPROVED CHECKOUT.ORDER.COMPLETED CHECKOUT.ORDER.SAVED CHECKOUT.ORDER.VOIDED
    CHECKOUT.PAYMENT-APPROVAL.REVERSED PAYMENT.CAPTURE.COMPLETED PAYMENT.CAPTURE.PENDING PAYMENT.CAPTURE.DENIED
    PAYMENT.CAPTURE.DECLINED PAYMENT.CAPTURE.REFUNDED PAYMENT.CAPTURE.REVERSED PAYMENT.SALE.COMPLETED
    PAYMENT.SALE.DENIED PAYMENT.SALE.PENDING PAYMENT.SALE.REFUNDED PAYMENT.SALE.REVERSED BILLING.SUBSCRIPTION.CREATED
    BILLING.SUBSCRIPTION.ACTIVATED BILLING.SUBSCRIPTION.UPDATED BILLING.SUBSCRIPTION.SUSPENDED
    BILLING.SUBSCRIPTION.CANCELLED BILLING.SUBSCRIPTION.EXPIRED BILLING.SUBSCRIPTION.PAYMENT.FAILED
    CUSTOMER.DISPUTE.CREATED CUSTOMER.DISPUTE.UPDATED CUSTOMER.DISPUTE.RESOLVED""".split()
)
REASON = shape("reason", reason=text(128))
COLLECTION = shape(
    "note capture_type amount", note=text(128), capture_type={"enum": ["OUTSTANDING_BALANCE"]}, amount=MONEY
)


def check(schema: Mapping[str, Any], told: Any) -> None:
    """Raises Refused with what PayPal calls the first thing that is wrong."""
    for error in Draft202012Validator(schema).iter_errors(told):
        missing = error.validator == "required"
        field = "/" + "/".join(str(one) for one in error.absolute_path)
        raise Refused("MISSING_REQUIRED_PARAMETER" if missing else "INVALID_PARAMETER_VALUE", field, 400)


def check_money(money: Mapping[str, str], field: str = "", *, may_be_zero: bool = False) -> int:
    """In hundredths. Raises Refused."""
    currency, value = money["currency_code"], money["value"]
    if currency not in KNOWN:
        raise Refused("CURRENCY_NOT_SUPPORTED", field)
    if not re.fullmatch(r"\d+(\.\d{1,2})?", value) or (currency in WITHOUT_DECIMALS and "." in value):
        raise Refused("DECIMAL_PRECISION", field)
    whole, _point, part = value.partition(".")
    minor = int(whole) * 100 + int(part.ljust(2, "0"))
    if not minor and not may_be_zero:
        raise Refused("CANNOT_BE_ZERO_OR_NEGATIVE", field)
    return minor


def written(minor: int, currency: str) -> dict[str, str]:
    value = str(minor // 100) if currency in WITHOUT_DECIMALS else f"{minor // 100}.{minor % 100:02d}"
    return {"currency_code": currency, "value": value}
