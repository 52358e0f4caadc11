"""The messages of a site, once it was online."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.domain.mail_kinds.kind import NAME, Audience, Placeholder, declare, link
from webapp.domain.mail_kinds.placeholders import ACCOUNT

declare(
    "site_deletion",
    _l("What a site holds will be deleted"),
    NAME,
    Placeholder("title", _l("The site's name"), "Ada's shop"),
    Placeholder("site_url", _l("The address of the site"), "https://ada.example.com/"),
    Placeholder("deleted_on", _l("The day on which it is deleted"), _l("6 December 2026")),
    Placeholder("archived", _l("Not empty when the site was put into the archive by hand"), ""),
    ACCOUNT,
    when=_l("Twice before what a site holds is deleted, which has not been shown for long."),
)

DOMAIN = (
    NAME,
    Placeholder("title", _l("The site's name"), "Ada's shop"),
    Placeholder("domain", _l("The domain"), "www.ada.example"),
    Placeholder("site_url", _l("The main address of the site"), "https://www.ada.example/"),
    link(_l("The domain in the account"), "/account/sites/1/domains/1"),
)
declare(
    "domain_ready", _l("A domain leads to its site"), *DOMAIN, when=_l("A site answers to a domain of its owner's.")
)
declare(
    "domain_failing",
    _l("A domain does not lead to its site any more"),
    *DOMAIN,
    when=_l("The records of a domain have not led here for a day. The site is still served."),
)
declare(
    "domain_given_up",
    _l("A domain was given up"),
    *DOMAIN,
    when=_l("A domain has waited for its records for a week."),
)

FROM = Placeholder("from_name", _l("The name of who gives the site away"), "Ada Lovelace")
TITLE = Placeholder("title", _l("The site's name"), "Ada's shop")
declare(
    "site_offered",
    _l("Somebody is asked to take over a site"),
    FROM,
    TITLE,
    Placeholder("site_url", _l("The address of the site"), "https://ada.example.com/"),
    link(_l("The link to answer"), "/account/transfers/…", secret=True),
    when=_l("The owner of a site gives it away. It goes to the address they entered, known here or not."),
    to=Audience.USER,
)
ANSWERED = (
    NAME,
    TITLE,
    Placeholder("email", _l("The address of who was asked"), "grace@example.com"),
    ACCOUNT,
)
declare(
    "site_taken_over",
    _l("A site was taken over"),
    *ANSWERED,
    when=_l("Somebody took over the site that they were offered. It goes to who gave it away."),
)
declare(
    "site_offer_declined",
    _l("A site was not taken over"),
    *ANSWERED,
    when=_l("Somebody declined the site that they were offered. It goes to who wanted to give it away."),
)
