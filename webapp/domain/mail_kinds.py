"""Every kind of message that we write, declared once: what it is for, who gets it, and what its text may name.

Whoever needs a new one adds it here, and its two texts in `templates/mail/<language>/<slug>.md`: the subject on the
first line, then the body in Markdown, with `{{ placeholders }}` and `{% if … %}`.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.domain.mail_kind import EVERYWHERE, KINDS, NAME, Audience, Kind, Placeholder, declare, link

__all__ = ["EVERYWHERE", "KINDS", "NAME", "Audience", "Kind", "Placeholder", "declare", "link"]

# -- signing in ------------------------------------------------------------------------------------------------------
declare(
    "password_reset",
    _l("Set a new password"),
    NAME,
    link(_l("The link to choose a new password"), "/password/…", secret=True),
    when=_l("Somebody asked to reset the password of this address, and there is an account with it."),
    to=Audience.USER,
)
EMAIL = Placeholder("email", _l("The new e-mail address"), "ada@example.org")
PLACE = Placeholder(
    "place", _l("Browser and network from which it was done; may be empty"), "Firefox, Linux, 203.0.113.0"
)
SECURITY = link(_l("The page where a person sees how they sign in"), "/account/security")

declare(
    "email_verification",
    _l("Confirm the e-mail address"),
    NAME,
    link(_l("The link that confirms the address"), "/confirm-email/…", secret=True),
    when=_l("A new customer has to confirm their address, or asked for the link again."),
)
declare(
    "email_change",
    _l("Confirm a new e-mail address"),
    NAME,
    link(_l("The link that confirms the new address"), "/confirm-email/…", secret=True),
    when=_l("Somebody wants to sign in with another address; it goes to the new one."),
    to=Audience.USER,
)
declare(
    "email_change_requested",
    _l("A new e-mail address was asked for"),
    NAME,
    EMAIL,
    SECURITY,
    when=_l("Somebody wants to sign in with another address; it goes to the old one."),
    to=Audience.USER,
)
declare(
    "email_changed",
    _l("The e-mail address was changed"),
    NAME,
    EMAIL,
    when=_l("A new address was confirmed; it goes to the old one."),
    to=Audience.USER,
)
declare(
    "email_taken",
    _l("An account with this address exists"),
    link(_l("The page to sign in"), "/login"),
    when=_l("Somebody wants to change to an address that another account has; it goes to that address."),
    to=Audience.USER,
)
declare(
    "password_changed",
    _l("The password was changed"),
    NAME,
    PLACE,
    SECURITY,
    when=_l("A person's password was changed, by themself or by a link."),
    to=Audience.USER,
)
declare(
    "sign_in_changed",
    _l("A way to sign in was added or removed"),
    NAME,
    Placeholder("what", _l("What was changed"), _l("Passkey added")),
    PLACE,
    SECURITY,
    when=_l("A passkey or two-step sign-in was added or removed, or new recovery codes were made."),
    to=Audience.USER,
)

# -- sales and memberships -------------------------------------------------------------------------------------------
PLAN = Placeholder("plan", _l("The plan's name"), "Premium")
CONTRACT = Placeholder("contract_number", _l("The contract's number"), "12")
ORDER = Placeholder("order_number", _l("The order's number"), "000042")
TOTAL = Placeholder("total", _l("The amount"), _l("€29.99"))
PAID_BY = Placeholder("paid_by", _l("How it is paid; may be empty"), "Visa •••• 4242")
ACCOUNT = link(_l("The link to the contract in the account"), "/account/memberships/12")
PAY = link(_l("The link to the page where it is paid"), "/pay/…")
NEXT = Placeholder(
    "next_charge", _l("The next charge and its day; empty when there is none"), "€29.99 on 3 December 2026"
)
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
declare(
    "payment_instructions",
    _l("How to pay by transfer"),
    NAME,
    ORDER,
    PLAN,
    TOTAL,
    Placeholder("instructions", _l("Where the money goes"), _l("Account DE00 0000 at Example Bank")),
    Placeholder("pay_until", _l("The day by which it has to arrive"), _l("17 November 2026")),
    link(_l("The link to the order"), "/thank-you/…"),
    when=_l("Somebody has ordered and pays by bank transfer."),
)
declare(
    "payment_failed",
    _l("A payment failed"),
    NAME,
    ORDER,
    PLAN,
    TOTAL,
    Placeholder(
        "switched_off_on", _l("The day on which the site is switched off; may be empty"), _l("6 December 2026")
    ),
    PAY,
    when=_l("A renewal could not be charged, or a first payment failed after the buyer had left."),
)
declare(
    "renewal_receipt",
    _l("Receipt of a renewal"),
    NAME,
    ORDER,
    PLAN,
    Placeholder("lines", _l("What was paid, one line each"), _l("Premium: €29.99")),
    TOTAL,
    Placeholder("tax", _l("The tax in it; empty when there is none"), _l("€4.79")),
    PAID_BY,
    NEXT,
    link(_l("The link to the receipt"), "/account/payments/…"),
    when=_l("The next period of a membership was paid."),
)
declare(
    "refund_made",
    _l("Money was given back"),
    NAME,
    ORDER,
    Placeholder("amount", _l("The amount that was given back"), _l("€10.00")),
    link(_l("The link to the receipt"), "/account/payments/…"),
    when=_l("A payment was refunded, in full or in part."),
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

# -- the staff -------------------------------------------------------------------------------------------------------
declare(
    "staff_invitation",
    _l("Invitation to the staff"),
    NAME,
    Placeholder("inviter", _l("Who invites them"), "Olga Peters"),
    link(_l("The link to choose a password"), "/password/…", secret=True),
    when=_l("An owner invites a colleague, or sends the link again."),
    to=Audience.STAFF,
)
declare(
    "test",
    _l("Test message"),
    NAME,
    when=_l("The staff tries out whether mail arrives."),
    to=Audience.STAFF,
)

# -- consumer law ----------------------------------------------------------------------------------------------------
RECEIVED = Placeholder("received_at", _l("Day and time at which it arrived"), "25 November 2026 at 14:05:09 UTC")
CONTENT = Placeholder("content", _l("What was declared, word for word"), "Full name: Ada Lovelace")
declare(
    "cancellation_received",
    _l("Receipt of a cancellation"),
    RECEIVED,
    CONTENT,
    when=_l("Somebody cancelled a contract without signing in. It goes to the address they named."),
)
declare(
    "withdrawal_received",
    _l("Receipt of a withdrawal"),
    RECEIVED,
    CONTENT,
    when=_l("Somebody withdrew from a contract. It goes to the address they named."),
)
declare(
    "cancellation_confirmed",
    _l("Confirmation of a cancellation"),
    NAME,
    PLAN,
    CONTRACT,
    Placeholder("ends_on", _l("The day on which the contract ends"), "25 December 2026"),
    link(
        _l("The link to the contract, where this can be undone; empty when it ended at once"), "/account/memberships/12"
    ),
    when=_l("A contract is cancelled, in the account or without signing in."),
)
declare(
    "declaration_waits",
    _l("A declaration needs a decision"),
    Placeholder("number", _l("The declaration's number"), "7"),
    link(_l("The link to the declaration"), "/admin/declarations/7"),
    when=_l("A withdrawal arrived, or a cancellation that could not be carried out by itself."),
    to=Audience.STAFF,
)
declare(
    "attention_digest",
    _l("What needs attention today"),
    NAME,
    Placeholder("list", _l("What is open: a line for each kind, with its number"), "Deliveries that were given up: 3"),
    link(_l("The link to all that needs attention"), "/admin/attention"),
    when=_l("Once a day, to those of the staff who want it, when something is open."),
    to=Audience.STAFF,
)
