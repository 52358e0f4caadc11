"""The messages that the law asks for when somebody cancels or withdraws."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.domain.mail_kinds.kind import NAME, Placeholder, declare, link
from webapp.domain.mail_kinds.placeholders import CONTRACT, PLAN

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
