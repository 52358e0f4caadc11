"""The messages of a sale, until its site is online."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.domain.mail_kinds.kind import NAME, Placeholder, declare, link
from webapp.domain.mail_kinds.placeholders import ACCOUNT, CONTRACT, NEXT, ORDER, PAID_BY, PLAN, TAX_NOTE, TOTAL

SALE = (
    NAME,
    Placeholder("email", _l("The address to sign in with"), "ada@example.com"),
    ORDER,
    Placeholder("ordered_on", _l("The day of the order"), _l("3 November 2026")),
    CONTRACT,
    PLAN,
    Placeholder("lines", _l("What was ordered, one line each"), _l("Premium: €29.99")),
    TOTAL,
    Placeholder("tax", _l("The tax in it; empty when there is none"), _l("€4.79")),
    TAX_NOTE,
    PAID_BY,
    Placeholder("price", _l("What it costs from then on; empty when it is not charged again"), _l("€29.99 per month")),
    NEXT,
    Placeholder("trial_ends", _l("The day on which a trial ends; empty without one"), _l("17 November 2026")),
    Placeholder("site_url", _l("The address of the site; empty without one"), "https://ada.example.com/"),
    Placeholder("billed_to", _l("Name and address of the customer"), "Ada Lovelace\n12 St James's Square\nLondon"),
    Placeholder("sold_by", _l("Name and address of your company"), "Parzelle\nMusterstraße 1\n10115 Berlin"),
    ACCOUNT,
    Placeholder("terms_url", _l("The link to your terms, where they are not here; may be empty"), ""),
    Placeholder("terms", _l("Your terms as they stand now; empty where they are elsewhere"), _l("Our terms, in full")),
    Placeholder(
        "withdrawal_information",
        _l("The right of withdrawal, with the model form; empty for businesses and outside of the EU's consumer law"),
        _l("You have the right to withdraw from this contract within 14 days without giving any reason."),
    ),
    Placeholder(
        "asked_to_begin", _l("Not empty when the buyer asked you to begin before the time to withdraw ends"), "yes"
    ),
)
declare(
    "order_confirmation",
    _l("Confirmation of an order"),
    *SALE,
    when=_l("An order is paid, or free. It confirms the contract, as the law asks of you."),
)
declare(
    "trial_started",
    _l("A trial has begun"),
    *SALE,
    when=_l("An order begins with a trial. It confirms the contract, as the law asks of you."),
)
AWAITED = (
    NAME,
    ORDER,
    PLAN,
    TOTAL,
    Placeholder("reference", _l("The reference that the payer is to quote; may be empty"), "RF34000042"),
)
TO_TRANSFER = (
    *AWAITED,
    Placeholder("instructions", _l("Where the money goes"), _l("Account DE00 0000 at Example Bank")),
    Placeholder("pay_until", _l("The day by which it has to arrive"), _l("17 November 2026")),
    Placeholder(
        "void_on",
        _l("The day on which the order becomes void if it is not paid; empty for what is no first order"),
        _l("24 November 2026"),
    ),
    link(_l("The link to the order"), "/thank-you/…"),
)
declare(
    "payment_instructions",
    _l("How to pay by transfer"),
    *TO_TRANSFER,
    when=_l("Somebody has ordered and pays by bank transfer."),
)
declare(
    "transfer_reminder",
    _l("A transfer is due soon"),
    *TO_TRANSFER,
    when=_l("Some days before a bank transfer is due that has not arrived. Not for renewals."),
)
declare(
    "transfer_overdue",
    _l("A transfer is overdue"),
    *TO_TRANSFER,
    when=_l("Some days after a bank transfer was due and has not arrived. Not for renewals."),
)
declare(
    "transfer_part",
    _l("A part of a transfer has arrived"),
    *TO_TRANSFER,
    Placeholder("received", _l("The part that has arrived"), _l("€10.00")),
    when=_l("Somebody of the staff noted less than was asked for. The rest is asked for."),
)
declare(
    "order_given_up",
    _l("An order was given up"),
    *AWAITED,
    Placeholder("credit", _l("What is credit again, because it was to pay a part; may be empty"), _l("€10.00")),
    link(_l("The page where one can order again"), "/register"),
    when=_l("A first order by bank transfer was not paid in time, or somebody of the staff made it void."),
)
declare(
    "site_ready",
    _l("A site is online"),
    NAME,
    Placeholder("title", _l("The site's name"), "Ada's shop"),
    Placeholder("site_url", _l("The address of the site"), "https://ada.example.com/"),
    ACCOUNT,
    when=_l("A site was published for the first time."),
)
