"""The messages to the staff."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.domain.mail_kinds.kind import NAME, Audience, Placeholder, declare, link

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
