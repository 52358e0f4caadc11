"""An export that was kept for a worker, put into its site. It can run twice, and be killed anywhere.

What it holds is read while no transaction is open; it takes the place of what the site shows in the same one that says
that it is through.
"""

from __future__ import annotations

import io

from flask_babel import force_locale

from webapp.domain import site_import, site_imports, sites
from webapp.errors import DomainError
from webapp.models import ImportStatus, Site
from webapp.transactions import unit_of_work

NOTHING = "nothing to do"


def carry_out(site: Site, import_id: int) -> str:
    """What came of it, in words. Whatever is no fault of the file's is raised, and comes again."""
    site_id = site.id
    with unit_of_work("import"):
        row = site_imports.locked(import_id)
        if row is None or row.content is None:
            return NOTHING
        if row.status == ImportStatus.WAITING:
            row.move_to(ImportStatus.RUNNING, reason="in hand")
        actor, locale, content = row.actor, row.locale, row.content
    with force_locale(locale):
        try:
            package = site_import.read(io.BytesIO(content))
            return put(site_id, import_id, package, actor)
        except DomainError as problem:
            refuse(import_id, problem.message)
            return f"refused: {problem.code}"


def put(site_id: int, import_id: int, package: site_import.Package, actor: str) -> str:
    with unit_of_work(actor):
        site = sites.locked(site_id)
        row = site_imports.locked(import_id)
        if row is None:
            return NOTHING
        site_imports.put(site, row, package)
    return "put there"


def refuse(import_id: int, sentence: str) -> None:
    with unit_of_work("import"):
        row = site_imports.locked(import_id)
        if row is not None:
            site_imports.fail(row, sentence)
