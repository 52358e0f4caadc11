"""Exports that are too large to be put into a site while somebody waits: kept, worked off, and gone afterwards.

A small one is not kept: it is there in the same second, and what is wrong with it is said beside the field.
"""

from __future__ import annotations

from datetime import timedelta
from typing import IO

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from webapp import clock
from webapp.domain import audit, outbox, site_switching
from webapp.domain.site_import import Package
from webapp.errors import Conflict, NotFound
from webapp.extensions import db
from webapp.models import ImportStatus, Site, SiteImport

S = ImportStatus
HANDLER = "webapp.flows.importing"
CALLBACK = f"{HANDLER}:carry_out"
DIRECT_BYTES = 2_000_000
SHOWN_FOR = timedelta(days=1)  # what became of it, on the page that it was sent from
WAITS_AT_MOST = timedelta(days=1)
LOST = timedelta(minutes=10)  # in nobody's hand, and not sent only just now
KEPT = timedelta(days=30)  # the row, without its file


def is_large(file: IO[bytes]) -> bool:
    size = file.seek(0, 2)
    file.seek(0)
    return size > DIRECT_BYTES


# -- sending ---------------------------------------------------------------------------------------------------------
def send(site: Site, file: IO[bytes], *, actor: str, locale: str, by_staff: bool = False) -> SiteImport:
    """Keep it for a worker. Call it with the site locked. Raises NotFound and Conflict."""
    if not site_switching.may_be_switched(site):
        raise NotFound()
    file.seek(0)
    content = file.read()
    facts = {"actor": actor, "locale": locale, "by_staff": by_staff, "size": len(content), "content": content}
    row = SiteImport(site_id=site.id, **facts)
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
    except IntegrityError:
        raise Conflict(_("An import of this site is under way. Wait until it is through."), code="importing") from None
    order = f"import:{site.id}"
    outbox.add("import", CALLBACK, HANDLER, [site, row.id], customer_id=site.customer_id, ordering_key=order)
    return row


def latest(site: Site) -> SiteImport | None:
    """What was sent last, while there is something to say of it."""
    lately = clock.now() - SHOWN_FOR
    told = or_(SiteImport.status.in_((S.WAITING, S.RUNNING)), SiteImport.finished_at > lately)
    query = select(SiteImport).where(SiteImport.site_id == site.id, told).order_by(SiteImport.id.desc()).limit(1)
    return db.session.scalars(query).one_or_none()


# -- in a worker's hand ----------------------------------------------------------------------------------------------
def locked(import_id: int) -> SiteImport | None:
    """As it is now, while it is open; nobody else ends it meanwhile."""
    query = select(SiteImport).where(SiteImport.id == import_id).with_for_update()
    row = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    return None if row is None or row.is_finished else row


def put(site: Site, row: SiteImport, package: Package) -> None:
    """It takes the place of what the site shows, and is through, in one. Raises NotFound, Invalid, Conflict."""
    before = {"name": site.title, "count": len(site.pages)}
    site_switching.take_over(site, package)
    if row.by_staff:
        audit.note(site, "sites.import", before=before, after={"name": site.title, "count": len(package.pages)})
    end(row, S.DONE)


def fail(row: SiteImport, problem: str) -> None:
    row.problem = problem[:300]
    end(row, S.FAILED)


def end(row: SiteImport, status: ImportStatus) -> None:
    row.move_to(status, reason=row.problem or "put there")
    row.content, row.finished_at = None, clock.now()


# -- afterwards ------------------------------------------------------------------------------------------------------
def sweep(limit: int = 50) -> int:
    """End what nobody works on any more, and drop rows that are old; how many."""
    now = clock.now()
    in_hand = outbox.is_in_hand(HANDLER, "import", SiteImport.site_id)
    is_open = SiteImport.status.in_((S.WAITING, S.RUNNING))
    given_up = or_(SiteImport.created_at <= now - WAITS_AT_MOST, (SiteImport.updated_at <= now - LOST) & ~in_hand)
    lost = select(SiteImport).where(is_open, given_up).order_by(SiteImport.id).limit(limit)
    found = db.session.scalars(lost.with_for_update(of=SiteImport, skip_locked=True)).all()
    for row in found:
        fail(row, "")
    old = select(SiteImport).where(~is_open, SiteImport.created_at <= now - KEPT).order_by(SiteImport.created_at)
    gone = db.session.scalars(old.limit(limit)).all()
    for row in gone:
        db.session.delete(row)
    return len(found) + len(gone)
