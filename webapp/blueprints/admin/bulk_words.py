"""How actions on many rows are called: on the button, in the question before them, and when they are done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import LazyString, format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.models import BulkJob, BulkStatus

Counted = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Words:
    """`button` begins it, `title` asks, `do` agrees, `text` says what follows, `done` what was done."""

    button: LazyString
    title: Counted
    do: Counted
    text: LazyString
    done: Counted
    kind: str = "primary"
    asks_reason: bool = False


def _count(number: int) -> dict[str, str]:
    return {"number": format_decimal(number)}


WORDS: Mapping[str, Words] = {
    "deliveries.retry": Words(
        _l("Send again"),
        lambda n: ngettext("Send %(number)s delivery again?", "Send %(number)s deliveries again?", n, **_count(n)),
        lambda n: ngettext("Send %(number)s delivery again", "Send %(number)s deliveries again", n, **_count(n)),
        _l("They go out at once under the same key. What is done, or on its way at this moment, is left alone."),
        lambda n: ngettext("%(number)s delivery sent again", "%(number)s deliveries sent again", n, **_count(n)),
    ),
    "emails.send": Words(
        _l("Send now"),
        lambda n: ngettext("Send %(number)s message now?", "Send %(number)s messages now?", n, **_count(n)),
        lambda n: ngettext("Send %(number)s message now", "Send %(number)s messages now", n, **_count(n)),
        _l("They go out at once, with all their tries before them. What was sent already is left alone."),
        lambda n: ngettext("%(number)s message sent", "%(number)s messages sent", n, **_count(n)),
    ),
    "notices.process": Words(
        _l("Look again"),
        lambda n: ngettext("Look at %(number)s notice again?", "Look at %(number)s notices again?", n, **_count(n)),
        lambda n: ngettext("Look at %(number)s notice again", "Look at %(number)s notices again", n, **_count(n)),
        _l("The gateway is asked what is true now. What is recorded already is not recorded twice."),
        lambda n: ngettext("%(number)s notice looked at again", "%(number)s notices looked at again", n, **_count(n)),
    ),
    "payments.confirm": Words(
        _l("Confirm that the money arrived"),
        lambda n: ngettext("Has the money arrived?", "Has the money of %(number)s payments arrived?", n, **_count(n)),
        lambda n: ngettext("Confirm %(number)s payment", "Confirm %(number)s payments", n, **_count(n)),
        _l("What was ordered begins at once, and the customers and other systems are told. This cannot be taken back."),
        lambda n: ngettext("%(number)s payment confirmed", "%(number)s payments confirmed", n, **_count(n)),
    ),
    "memberships.cancel": Words(
        _l("Cancel at the end of the period"),
        lambda n: ngettext("Cancel %(number)s membership?", "Cancel %(number)s memberships?", n, **_count(n)),
        lambda n: ngettext("Cancel %(number)s membership", "Cancel %(number)s memberships", n, **_count(n)),
        _l(
            "Each stays as it is until the end of what is paid for, then it ends. What was never paid for ends at once."
        ),
        lambda n: ngettext("%(number)s membership cancelled", "%(number)s memberships cancelled", n, **_count(n)),
        kind="danger",
        asks_reason=True,
    ),
    "sites.suspend": Words(
        _l("Suspend"),
        lambda n: ngettext("Suspend %(number)s site?", "Suspend %(number)s sites?", n, **_count(n)),
        lambda n: ngettext("Suspend %(number)s site", "Suspend %(number)s sites", n, **_count(n)),
        _l("Their visitors see that the site is not available. You can resume them at any time; nothing is deleted."),
        lambda n: ngettext("%(number)s site suspended", "%(number)s sites suspended", n, **_count(n)),
        kind="danger",
        asks_reason=True,
    ),
    "sites.resume": Words(
        _l("Resume"),
        lambda n: ngettext("Resume %(number)s site?", "Resume %(number)s sites?", n, **_count(n)),
        lambda n: ngettext("Resume %(number)s site", "Resume %(number)s sites", n, **_count(n)),
        _l("They are shown again at once, if their memberships are served."),
        lambda n: ngettext("%(number)s site resumed", "%(number)s sites resumed", n, **_count(n)),
    ),
    "export": Words(
        _l("Export as CSV"),
        lambda n: ngettext("Export %(number)s row?", "Export %(number)s rows?", n, **_count(n)),
        lambda n: ngettext("Export %(number)s row", "Export %(number)s rows", n, **_count(n)),
        _l("A worker writes the file. It can be fetched for a week, by you and by owners."),
        lambda n: ngettext("%(number)s row exported", "%(number)s rows exported", n, **_count(n)),
    ),
}
# What takes an action back, where something does.
UNDO = {"sites.suspend": "sites.resume", "sites.resume": "sites.suspend"}


def title_of(job: BulkJob) -> str:
    """What was asked for: "Suspend 12 sites"."""
    return WORDS[job.action].do(job.total)


def outcome_of(job: BulkJob, first_failure: tuple[str, str] | None = None) -> str:
    """ "11 sites suspended, 1 failed: alpha: it is locked by another job." """
    said = [WORDS[job.action].done(job.done)]
    if job.skipped:
        said.append(ngettext("%(number)s skipped", "%(number)s skipped", job.skipped, **_count(job.skipped)))
    if job.failed:
        failed = ngettext("%(number)s failed", "%(number)s failed", job.failed, **_count(job.failed))
        said.append(f"{failed}: {': '.join(first_failure)}" if first_failure else failed)
    if job.status == BulkStatus.STOPPED:
        rest = job.total - job.handled
        said.append(ngettext("%(number)s left alone", "%(number)s left alone", rest, **_count(rest)))
    text = ", ".join(said)
    return text if text.endswith(".") else f"{text}."


def progress_of(job: BulkJob) -> str:
    return _("%(done)s of %(total)s", done=format_decimal(job.handled), total=format_decimal(job.total))
