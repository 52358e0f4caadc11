"""What visitors have typed into an order form: kept for a week, to be found again; never a password."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select

from webapp import clock
from webapp.extensions import db, dialect_name
from webapp.models import CheckoutDraft, Customer
from webapp.models.inserts import INSERTS

KEPT = timedelta(days=7)
LONGEST = 2000  # of one answer; longer ones are not kept
# What is not to be kept: secrets, what is made anew for each form, and consent, which is given each time.
LEFT_OUT = frozenset(
    ("password", "password_conf", "csrf_token", "order_token", "quoted", "without_trial", "early_start", "terms")
)


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def keep(key: str, form: str, answers: Mapping[str, Any], customer_id: int | None) -> None:
    """From now on these; call it in a unit."""
    kept = {name: value for name, value in answers.items() if name not in LEFT_OUT and _is_kept(value)}
    now = clock.now()
    values = {
        "answers": kept,
        "email_key": str(kept.get("email_address") or "").strip().lower()[:254],
        "customer_id": customer_id,
        "expires_at": now + KEPT,
        "updated_at": now,
    }
    row = INSERTS[dialect_name()](CheckoutDraft.__table__)
    row = row.values(key_hash=hashed(key), form=form, created_at=now, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["key_hash", "form"], set_=values))


def _is_kept(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= 40 and all(isinstance(one, str) and len(one) <= 200 for one in value)
    return isinstance(value, bool) or (isinstance(value, str) and len(value) <= LONGEST)


def find(key: str, form: str, customer_id: int | None) -> dict[str, Any]:
    """What was typed; nothing where it is over, or where somebody signed in typed it and another looks."""
    query = select(CheckoutDraft.answers, CheckoutDraft.customer_id).where(
        CheckoutDraft.key_hash == hashed(key), CheckoutDraft.form == form, CheckoutDraft.expires_at > clock.now()
    )
    found = db.session.execute(query).one_or_none()
    if found is None or found.customer_id not in (None, customer_id):
        return {}
    return dict(found.answers)


def forget(key: str) -> None:
    """The order was placed, or its visitor wants to begin anew."""
    db.session.execute(delete(CheckoutDraft).where(CheckoutDraft.key_hash == hashed(key)))


def forget_person(customer: Customer) -> None:
    """All that they have typed anywhere."""
    theirs = or_(
        CheckoutDraft.customer_id == customer.id,
        CheckoutDraft.email_key.in_([func.lower(customer.email), func.lower(customer.user.email)]),
    )
    db.session.execute(delete(CheckoutDraft).where(theirs))


def forget_old(limit: int = 1000) -> int:
    """Delete what is over; how many that were."""
    old = select(CheckoutDraft.id).where(CheckoutDraft.expires_at <= clock.now()).order_by(CheckoutDraft.expires_at)
    ids = list(db.session.scalars(old.limit(limit)))
    if ids:
        db.session.execute(delete(CheckoutDraft).where(CheckoutDraft.id.in_(ids)))
    return len(ids)
