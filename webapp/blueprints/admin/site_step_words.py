"""What the steps of a site are called, and what is said before and after each."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from webapp.domain.site_steering import Step


@dataclass(frozen=True, slots=True)
class Words:
    do: LazyString
    about: LazyString
    done: LazyString


WORDS: dict[Step, Words] = {
    Step.SUSPEND: Words(
        _l("Suspend"),
        _l("Visitors read that the site is not shown at the moment. Its owner can go on working on it."),
        _l("The site is suspended."),
    ),
    Step.RESUME: Words(_l("Show again"), _l("Visitors see it again, as it was."), _l("The site is shown again.")),
    Step.ARCHIVE: Words(
        _l("Archive"),
        _l(
            "Its address answers no more and is free for others. What it holds is kept for the time that the settings "
            "say, and can be brought back until then."
        ),
        _l("The site is in the archive."),
    ),
    Step.RESTORE: Words(
        _l("Bring back"),
        _l(
            "It is shown if its membership is served, else suspended. When its address is taken by now, it gets one "
            "like it."
        ),
        _l("The site is back."),
    ),
    Step.DELETE: Words(
        _l("Delete what it holds"),
        _l(
            "Its pages and pictures are deleted at once and for good. Its owner is not warned. That there was a site "
            "is kept with the membership."
        ),
        _l("What the site held is deleted."),
    ),
}
