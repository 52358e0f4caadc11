"""Keys of other systems: making one, recognising it, taking it back.

A secret is 256 random bits, so it cannot be guessed and needs no slow hash as a password does; that would cost each
request a tenth of a second. Nobody who reads the table can sign in with what is in it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Table, or_, select, update

from webapp import clock
from webapp.domain import audit
from webapp.domain.sessions import hashed
from webapp.errors import Invalid, NotFound
from webapp.extensions import db
from webapp.models import ApiKey

EVERYTHING = "*"
# What the API serves, and whether it can also be changed there.
RESOURCES: dict[str, tuple[str, ...]] = {
    "products": ("read", "write"),
    "discount-codes": ("read", "write"),
    "tax-rates": ("read", "write"),
    "checkout-forms": ("read", "write"),
    "settings": ("read", "write"),
    "memberships": ("read",),
    "payments": ("read",),
    "sites": ("read",),
    "domains": ("read", "write"),
}
SCOPES = (
    EVERYTHING,
    *(f"{resource}:{kind}" for resource, kinds in RESOURCES.items() for kind in kinds),
    *("register", "register:settle"),
)
NAME_LONGEST = 80
NOTED_EVERY = timedelta(minutes=1)
NOBODYS = hashed("nobody's secret")


# -- making ------------------------------------------------------------------------------------------------------
def make(name: str, scopes: Iterable[str]) -> tuple[ApiKey, str]:
    """A new key and its secret, which is known only now. Raises Invalid."""
    secret = secrets.token_urlsafe(32)
    row = ApiKey(name=_name(name), key=f"pz_{secrets.token_hex(12)}", secret_hash=hashed(secret))
    row.scopes = _scopes(scopes)
    db.session.add(row)
    db.session.flush()
    audit.note(row, "api-keys.create", before={}, after=described(row))
    return row, secret


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise Invalid(_("Enter a name."), field="name")
    if len(name) > NAME_LONGEST or not name.isprintable():
        raise Invalid(_("Use at most %(num)d characters.", num=NAME_LONGEST), field="name")
    return name


def _scopes(wanted: Iterable[str]) -> list[str]:
    """In their order, each once; everything makes the others needless."""
    asked = set(wanted)
    if unknown := sorted(asked - set(SCOPES)):
        raise Invalid(_("There is no scope %(name)s.", name=unknown[0]), field="scopes")
    if not asked:
        raise Invalid(_("Choose at least one thing that it may do."), field="scopes")
    return [EVERYTHING] if EVERYTHING in asked else [one for one in SCOPES if one in asked]


def described(row: ApiKey) -> dict[str, Any]:
    """As the audit log keeps it."""
    return {"name": row.name, "scopes": row.scopes, "revoked": row.revoked_at is not None}


# -- recognising -------------------------------------------------------------------------------------------------
def known(key: str, secret: str) -> ApiKey | None:
    """Whose key and secret these are, while it is good. Takes as long for a key that does not exist."""
    row = db.session.scalars(select(ApiKey).where(ApiKey.key == key)).one_or_none()
    fits = hmac.compare_digest(hashed(secret), row.secret_hash if row is not None else NOBODYS)
    return row if fits and row is not None and row.revoked_at is None else None


def may(scopes: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether one of the wanted scopes is among those of a key; nothing wanted: every key may."""
    return not wanted or EVERYTHING in scopes or any(one in scopes for one in wanted)


def is_noted(row: ApiKey) -> bool:
    """Whether its last use is near enough; not each request writes."""
    return row.used_at is not None and clock.now() - row.used_at < NOTED_EVERY


def note_use(key_id: int) -> None:
    """Of many requests at once one writes it."""
    now, table = clock.now(), _table()
    late = or_(table.c.used_at.is_(None), table.c.used_at <= now - NOTED_EVERY)
    db.session.execute(update(table).where(table.c.id == key_id, late).values(used_at=now))


def _table() -> Table:
    table = ApiKey.__table__
    assert isinstance(table, Table)
    return table


def actor(row: ApiKey) -> str:
    """As histories keep who did something."""
    return f"api-key:{row.id}"


# -- looking and ending ------------------------------------------------------------------------------------------
def everyone() -> Sequence[ApiKey]:
    """Those that are good, the newest first, then those that ended."""
    return db.session.scalars(select(ApiKey).order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())).all()


def find(key_id: int) -> ApiKey:
    """Raises NotFound."""
    row = db.session.get(ApiKey, key_id)
    if row is None:
        raise NotFound()
    return row


def revoke(key_id: int) -> ApiKey:
    """It is good for nothing from now on; nothing happens to one that was so before. Raises NotFound."""
    query = select(ApiKey).where(ApiKey.id == key_id).with_for_update().execution_options(populate_existing=True)
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound()
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        audit.note(row, "api-keys.revoke", before={"revoked": False}, after={"revoked": True})
    return row
