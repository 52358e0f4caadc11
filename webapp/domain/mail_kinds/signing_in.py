"""The messages about how somebody signs in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.domain.mail_kinds.kind import NAME, Audience, Placeholder, declare, link

declare(
    "password_reset",
    _l("Set a new password"),
    NAME,
    link(_l("The link to choose a new password"), "/password/…", secret=True),
    when=_l("Somebody asked to reset the password of this address, and there is an account with it."),
    to=Audience.USER,
)
declare(
    "first_password",
    _l("Choose a password"),
    NAME,
    link(_l("The link to choose a password"), "/password/…", secret=True),
    when=_l("Somebody ordered with a form that asks for no password."),
    to=Audience.USER,
)
EMAIL = Placeholder("email", _l("The new e-mail address"), "ada@example.org")
PLACE = Placeholder(
    "place", _l("Browser and network from which it was done; may be empty"), "Firefox, Linux, 203.0.113.0"
)
SECURITY = link(_l("The page where a person sees how they sign in"), "/account/security", needed=True)

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
    link(_l("The page to sign in"), "/login", needed=True),
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
