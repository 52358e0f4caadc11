"""Who of the staff changed what: an entry beside each change, in its unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp import unit
from webapp.masking import masked
from webapp.models import AuditEntry


def note(subject: Any, action: str, *, before: Mapping[str, Any], after: Mapping[str, Any]) -> AuditEntry:
    """Keep that the unit's actor did `action` to this row, or to many of its class. Secrets are masked."""
    now = unit.current()
    entry = AuditEntry(
        actor=now.actor,
        action=action,
        object_type=subject.__tablename__,
        object_id=None if isinstance(subject, type) else subject.id,
        before=masked(dict(before)),
        after=masked(dict(after)),
    )
    now.session.add(entry)
    return entry
