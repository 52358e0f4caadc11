"""The messages of a site, once it was online."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.domain.mail_kinds.kind import NAME, Placeholder, declare
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
