"""The messages of a membership that goes on, or ends."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.domain.mail_kinds.kind import NAME, Placeholder, declare, link
from webapp.domain.mail_kinds.placeholders import ACCOUNT, CONTRACT, NEXT, ORDER, PAID_BY, PAY, PLAN, TAX_NOTE, TOTAL

TAX = Placeholder("tax", _l("The tax in it; empty when there is none"), _l("€4.79"))
TO_PAY = (
    NAME,
    ORDER,
    PLAN,
    Placeholder("lines", _l("What is to be paid, one line each"), _l("Premium: €29.99")),
    TOTAL,
    TAX,
    Placeholder(
        "transfer",
        _l("Where the money goes, of a contract that is paid by bank transfer; else empty"),
        _l("Account DE00 0000 at Example Bank"),
    ),
)
PERIOD_PRICE = Placeholder("price", _l("What is charged for the next period, with its tax"), _l("€29.99 per month"))
SWITCHED_OFF_ON = Placeholder(
    "switched_off_on", _l("The day on which the site is switched off; may be empty"), _l("6 December 2026")
)

declare(
    "renewal_notice",
    _l("A renewal is announced"),
    NAME,
    PLAN,
    CONTRACT,
    PERIOD_PRICE,
    Placeholder("charged_on", _l("The day on which it is charged"), _l("3 December 2026")),
    PAID_BY,
    ACCOUNT,
    when=_l("Some days before a saved payment method is charged for the next period."),
)
declare(
    "trial_ending",
    _l("A trial ends soon"),
    NAME,
    PLAN,
    CONTRACT,
    PERIOD_PRICE,
    Placeholder("charged_on", _l("The day on which it ends, and is charged"), _l("3 December 2026")),
    PAID_BY,
    ACCOUNT,
    when=_l("Some days before a trial ends and a saved payment method is charged."),
)
declare(
    "trial_refused",
    _l("A trial was none"),
    *TO_PAY,
    PAY,
    when=_l("A trial was ordered, and its card or the same person had one before. What it costs is asked for."),
)
declare(
    "card_expiring",
    _l("A saved card expires before a renewal"),
    NAME,
    PLAN,
    CONTRACT,
    PERIOD_PRICE,
    Placeholder("charged_on", _l("The day on which it is charged"), _l("3 December 2026")),
    PAID_BY,
    Placeholder("valid_until", _l("The last month of the card"), "11/2026"),
    link(_l("The link to the payment methods in the account"), "/account/payment-methods"),
    when=_l("Some days before a charge, in place of the notice, where the saved card will have expired by then."),
)
declare(
    "card_lost",
    _l("A saved payment method is gone"),
    NAME,
    Placeholder(
        "contracts",
        _l("The contracts that were paid with it, one line each"),
        _l("Premium (contract 12), next charge on 3 December 2026"),
    ),
    PAID_BY,
    link(_l("The link to the payment methods in the account"), "/account/payment-methods"),
    when=_l("A saved card was removed at the payment provider, and a contract relies on it."),
)
declare(
    "renewal_request",
    _l("A renewal is to be paid"),
    *TO_PAY,
    Placeholder("due_on", _l("The day by which it is due"), _l("3 December 2026")),
    SWITCHED_OFF_ON,
    PAY,
    when=_l("The next period is due soon, and there is no saved payment method that can be charged."),
)
declare(
    "renewal_reminder",
    _l("A renewal was not paid"),
    *TO_PAY,
    SWITCHED_OFF_ON,
    PAY,
    when=_l("A period is over, what was asked for the next one is not paid, and there is nothing that can be charged."),
)
PAID = (
    NAME,
    ORDER,
    PLAN,
    CONTRACT,
    Placeholder("lines", _l("What was paid, one line each"), _l("Premium: €29.99")),
    TOTAL,
    TAX,
    TAX_NOTE,
    PAID_BY,
    NEXT,
    link(_l("The link to the receipt"), "/account/payments/…"),
)
declare(
    "renewal_receipt",
    _l("Receipt of a renewal"),
    *PAID,
    when=_l("The next period of a membership was paid."),
)
declare(
    "change_receipt",
    _l("Receipt of a change"),
    *PAID,
    when=_l("Another plan, period or extra was paid for and holds now."),
)
declare(
    "membership_reactivated",
    _l("A membership goes on again"),
    *PAID,
    when=_l("A membership that had ended was paid for again."),
)
declare(
    "plan_changed",
    _l("A plan was changed"),
    NAME,
    PLAN,
    Placeholder("old_plan", _l("The plan before"), "Business"),
    CONTRACT,
    Placeholder("price", _l("What it costs from then on; empty when it is not charged again"), _l("€29.99 per month")),
    NEXT,
    ACCOUNT,
    when=_l("Another plan holds from now on, and nothing was paid for the change."),
)
declare(
    "membership_ended",
    _l("A membership has ended"),
    NAME,
    PLAN,
    CONTRACT,
    link(_l("The page where one can order again"), "/register"),
    when=_l("A membership was cancelled and has ended now."),
)
declare(
    "membership_expired",
    _l("A membership has run out"),
    NAME,
    PLAN,
    CONTRACT,
    ACCOUNT,
    when=_l("A membership ended because it was not paid, or because its time was over."),
)
