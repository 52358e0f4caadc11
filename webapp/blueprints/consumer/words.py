"""A declaration in words: on its receipt, in the file of it, and in messages about it."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_date
from flask_babel import get_locale
from flask_babel import gettext as _

from webapp.domain import network
from webapp.formatting import exact_time, long_date
from webapp.models import Declaration, DeclarationKind


def heading(declaration: Declaration) -> str:
    """M11 and M12, as far as they tell nothing about the contract."""
    when = exact_time(declaration.received_at)
    if declaration.kind == DeclarationKind.WITHDRAWAL:
        return _("We received your withdrawal on %(datetime)s.", datetime=when)
    return _("We received your cancellation on %(datetime)s.", datetime=when)


def lines(declaration: Declaration) -> list[tuple[str, str]]:
    """What was declared, word for word."""
    told = [(_("Received"), exact_time(declaration.received_at)), (_("Declaration"), kind_of(declaration))]
    if declaration.reason:
        told.append((_("Reason"), declaration.reason))
    told.append((_("Full name"), declaration.name))
    if declaration.kind == DeclarationKind.CANCELLATION:
        told.append((_("E-mail address or customer number"), declaration.identity))
    told.append((_("Contract or site"), declaration.contract))
    if declaration.kind == DeclarationKind.CANCELLATION:
        told.append((_("End of the contract"), end_of(declaration)))
    told.append((_("Confirmation to"), declaration.confirm_to))
    return [*told, (_("Reference"), declaration.reference)]


def kind_of(declaration: Declaration) -> str:
    if declaration.kind == DeclarationKind.WITHDRAWAL:
        return _("Withdrawal from the contract")
    if declaration.extraordinary:
        return _("Extraordinary termination")
    return _("Ordinary termination")


def end_of(declaration: Declaration) -> str:
    if declaration.end_date is None:
        return _("at the earliest possible date")
    locale = str(get_locale() or "en")
    return format_date(declaration.end_date, "long", locale="en_GB" if locale == "en" else locale)


def receipt(declaration: Declaration, ends_at: datetime | None) -> str:
    """The whole receipt as plain text, to be kept."""
    body = [network.settings().company_name, "", heading(declaration), ""]
    body += [f"{label}: {text}" for label, text in lines(declaration)]
    if ends_at is not None:
        body += ["", _("Your contract ends on %(date)s.", date=long_date(ends_at))]
    return "\n".join(body) + "\n"


def file_name(declaration: Declaration) -> str:
    name = _("withdrawal") if declaration.kind == DeclarationKind.WITHDRAWAL else _("cancellation")
    return f"{name}-{declaration.received_at:%Y-%m-%d}.txt".encode("ascii", "ignore").decode()
