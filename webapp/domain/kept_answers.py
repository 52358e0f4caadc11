"""A write that is sent twice is done once: the second is given the answer of the first.

The answer is a row of the same transaction as the write. So a write that was rolled back leaves none and may be tried
again, and of two that come at once the second waits for the first and finds its answer.
"""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select

from webapp import clock
from webapp.errors import DomainError
from webapp.extensions import db
from webapp.models import KeptAnswer
from webapp.models.inserts import insert_once

KEPT = timedelta(hours=24)


class Reused(DomainError):
    """The same key came with another request."""

    code = "idempotency_key_reused"
    status = 422


def claim(api_key_id: int, idempotency_key: str, fingerprint: str) -> tuple[KeptAnswer, bool]:
    """The row for this request's answer, and whether it is new. Raises Reused.

    One that is older than a day counts as forgotten, whether or not it was swept.
    """
    mine = (KeptAnswer.api_key_id == api_key_id, KeptAnswer.idempotency_key == idempotency_key)
    db.session.execute(delete(KeptAnswer).where(*mine, KeptAnswer.created_at < clock.now() - KEPT))
    facts = {"api_key_id": api_key_id, "idempotency_key": idempotency_key, "fingerprint": fingerprint}
    facts |= {"status": 0, "headers": {}, "body": "", "created_at": clock.now()}
    is_new = insert_once(db.session(), KeptAnswer, facts, ["api_key_id", "idempotency_key"])
    row = db.session.scalars(select(KeptAnswer).where(*mine).execution_options(populate_existing=True)).one()
    if row.fingerprint != fingerprint:
        raise Reused(_("This Idempotency-Key was used for another request. Use a new one for each."))
    return row, is_new


def sweep() -> int:
    """Forget what is older than a day; how many."""
    old = select(KeptAnswer.id).where(KeptAnswer.created_at < clock.now() - KEPT).limit(500)
    result = db.session.execute(delete(KeptAnswer).where(KeptAnswer.id.in_(old)))
    return int(getattr(result, "rowcount", 0))
