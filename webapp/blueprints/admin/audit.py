"""The audit log: what the staff changed, newest first."""

from __future__ import annotations

from typing import Any

from flask import g
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select

from webapp.blueprints.access import needs
from webapp.blueprints.admin import facts, lists, log_words, searches, words
from webapp.blueprints.admin.arguments import page_of
from webapp.blueprints.admin.base import bp
from webapp.blueprints.admin.lists import Column, Listing
from webapp.blueprints.views import View
from webapp.domain.staff import Capability
from webapp.extensions import db
from webapp.models import STAFF, AuditEntry, User


def search(text: str) -> ColumnElement[bool]:
    """By the beginning of what was done, or by its number."""
    return searches.any_of(
        AuditEntry.id,
        select(AuditEntry.id).where(searches.begins_with(AuditEntry.action, text.lower())),
        *searches.by_number(AuditEntry.id, text),
    )


AUDIT = Listing(
    endpoint="admin.list_audit",
    model=AuditEntry,
    title=_l("Audit log"),
    columns=(
        Column(_l("Number"), sort="-id"),
        Column(_l("What happened")),
        Column(_l("About")),
        Column(_l("Who")),
        Column(_l("Change")),
        Column(_l("When")),
    ),
    search=search,
    sorts={"id": AuditEntry.id},
)
list_view = View("admin/audit.html", block="list")


@bp.get("/audit")
@needs(Capability.AUDIT_VIEW)
def list_audit() -> ResponseReturnValue:
    return lists.show(AUDIT, list_view, who=who, about=about, action=log_words.action, told=facts.told)


def who(entry: AuditEntry) -> str:
    """The name behind `operator:12`; the staff's names are read once for a page."""
    if "staff_names" not in g:
        found = db.session.execute(select(User.id, User.name, User.email).where(User.role.in_(STAFF)))
        g.staff_names = {user_id: name or email for user_id, name, email in found}
    return log_words.actor(entry.actor, g.staff_names)


def about(entry: AuditEntry) -> tuple[str, Any]:
    """The row that was changed, in words, and its page where it has one."""
    known = words.SUBJECTS.get(entry.object_type)
    subject = known[0] if known else entry.object_type
    if entry.object_id is None:
        return str(subject), None
    return _("%(subject)s %(number)s", subject=subject, number=entry.object_id), page_of(
        entry.object_type, entry.object_id
    )
