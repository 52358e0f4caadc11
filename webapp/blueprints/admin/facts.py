"""Facts of the audit log in words: "Status: active → cancelled"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.blueprints.admin import words
from webapp.models import AuditEntry

NAMES: dict[str, LazyString] = {
    "status": _l("Status"),
    "reason": _l("Reason"),
    "at_once": _l("At once"),
    "name": _l("Name"),
    "email": _l("E-mail address"),
    "on": _l("Switched on"),
    "plan": _l("Plan"),
    "period": _l("Billing period"),
    "products": _l("Products"),
    "price": _l("Price"),
    "begins": _l("Begins"),
    "version": _l("Version"),
}


def told(entry: AuditEntry) -> Iterator[str]:
    """What differs, before and after; of what was not there before, what it is now."""
    for name, value in entry.after.items():
        now, known = shown(entry, name, value), name in entry.before
        if not known:
            yield f"{label(name)}: {now}"
        elif entry.before[name] != value:
            yield f"{label(name)}: {shown(entry, name, entry.before[name])} → {now}"


def label(name: str) -> str:
    return str(NAMES.get(name, name))


def shown(entry: AuditEntry, name: str, value: Any) -> str:
    if name == "status":
        return words.moved(entry.object_type, value)[0]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "–" if value in (None, "") else str(value)
