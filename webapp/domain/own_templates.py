"""Templates of the operator's own: made of a site or of an export, changed, copied and taken away.

What one holds is an export like any other, packed anew here: its pictures are drawn once, and sealed.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from webapp.domain import (
    audit,
    network,
    pictures,
    placeholders,
    product_facts,
    site_export,
    site_import,
    site_packing,
    site_templates,
)
from webapp.domain.built_in_templates import PREVIEW, built_in, said
from webapp.domain.pictures import Picture
from webapp.domain.site_import import Package
from webapp.domain.site_templates import Own
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.languages import languages
from webapp.models import Product, ProductType, Site, SiteTemplate

AT_MOST = 100
BYTES_AT_MOST = 20_000_000  # of the content: whoever chooses a template looks at all of it
TITLE_LONGEST, DESCRIPTION_LONGEST, CATEGORY_LONGEST = 60, 200, 40
SCREENSHOT = (2 * PREVIEW[0], 2 * PREVIEW[1])
ORDER_AT_MOST = 1_000_000
Row = Any  # of a query: id, name, site_templates


@dataclass(frozen=True, slots=True)
class Facts:
    """What an operator says of one. Words by language. `preview`: a new screenshot; `no_preview`: none any more."""

    titles: Mapping[str, str]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    list_order: int = 100
    active: bool = True
    preview: Picture | None = None
    no_preview: bool = False


# -- made and changed ------------------------------------------------------------------------------------------------
def package_of(site: Site, *, with_placeholders: bool) -> Package:
    """What a template of this site holds. Raises NotFound where it shows nothing, and Invalid for the field `file`.

    `with_placeholders`: where it says its name, or who owns it, the name and the owner of the next one will stand.
    """
    with site_export.write(site) as file:
        content = file.read()
    package = site_import.read(io.BytesIO(content))
    return site_packing.with_placeholders(package, placeholders.values(site)) if with_placeholders else package


def create(facts: Facts, package: Package, *, of: str) -> SiteTemplate:
    """`of`: what it was made of, for the log. Raises Invalid for its fields, Conflict where there are too many."""
    if (db.session.scalar(select(func.count()).select_from(SiteTemplate)) or 0) >= AT_MOST:
        raise Conflict(_("There are %(max)d templates of your own already. Delete one first.", max=AT_MOST))
    row = SiteTemplate(slug=free_slug(said(facts.titles, "en")), active=facts.active, list_order=facts.list_order)
    put(row, package)
    write(row, facts)
    db.session.add(row)
    try:
        site_templates.offer_anew()
    except IntegrityError:
        raise Conflict(_("Somebody made a template of this name in this moment. Send it again.")) from None
    audit.note(row, "site-templates.create", before={"of": of}, after=described(row))
    return row


def change(row: SiteTemplate, facts: Facts, package: Package | None, *, seen: int) -> None:
    """`package`: what it holds from now on. Sites that were made of it stay as they are. Raises Invalid, Conflict."""
    if row.version != seen:
        raise Conflict(_("Somebody changed this template meanwhile. Look at it again."), code="changed_meanwhile")
    before = described(row)
    if not facts.active:
        check_needless(row.slug)
    if package is not None:
        put(row, package)
    write(row, facts)
    site_templates.offer_anew()
    after = described(row)
    if package is not None or facts.preview is not None or before != after:
        audit.note(row, "site-templates.change", before=before, after=after)


def write(row: SiteTemplate, facts: Facts) -> None:
    """Raises Invalid for its fields."""
    row.titles = checked(facts.titles, TITLE_LONGEST, "title")
    row.descriptions = checked(facts.descriptions, DESCRIPTION_LONGEST, "description")
    row.categories = checked(facts.categories, CATEGORY_LONGEST, "category")
    if not row.titles:
        raise Invalid(_("Enter a title."), field="title_en")
    if not 0 <= facts.list_order <= ORDER_AT_MOST:
        raise Invalid(_("Enter a whole number of at most %(max)d.", max=ORDER_AT_MOST), field="list_order")
    row.list_order, row.active = facts.list_order, facts.active
    if facts.preview is not None:
        row.preview, row.preview_content = facts.preview.name, facts.preview.content
    elif facts.no_preview:
        row.preview, row.preview_content = "", None


def checked(words: Mapping[str, str], most: int, name: str) -> dict[str, str]:
    """Those that say something, on one line each."""
    found = {}
    for code in languages():
        text = " ".join(words.get(code, "").split())
        if len(text) > most:
            raise Invalid(_("Use at most %(max)d characters.", max=most), field=f"{name}_{code}")
        if text:
            found[code] = text
    return found


def put(row: SiteTemplate, package: Package) -> None:
    """Raises Invalid for placeholders that mean nothing, by their names, and for what is too large."""
    wrong = placeholders.unknown([text for page in package.pages for text in (page.title, page.body)])
    if wrong:
        names = ", ".join(f"{{{{ {one[:40]} }}}}" for one in wrong[:5])
        raise Invalid(
            _("There is no such placeholder: %(names)s. The guide lists those that there are.", names=names),
            code="unknown_placeholder",
            field="file",
        )
    content = site_packing.packed(package)
    if len(content) > BYTES_AT_MOST:
        number = BYTES_AT_MOST // 10**6
        raise Invalid(_("A template holds %(number)s MB at most.", number=number), field="file")
    row.content = content
    row.design, row.accent, row.locale = package.design, package.accent, package.locale
    row.pages, row.pictures = len(package.pages), len(site_packing.shown(package))


def read_screenshot(data: bytes) -> Picture:
    """A file that somebody chose. Raises Invalid, with a sentence for them."""
    return pictures.read(data, SCREENSHOT, "screenshot")


def duplicate(row: SiteTemplate) -> SiteTemplate:
    """A copy that nobody is offered before it is switched on."""
    titles = {code: _("Copy of %(name)s", name=words)[:TITLE_LONGEST] for code, words in row.titles.items()}
    same = ("descriptions", "categories", "design", "accent", "locale", "pages", "pictures", "list_order")
    also = ("content", "preview", "preview_content")
    copy = SiteTemplate(**{name: getattr(row, name) for name in (*same, *also)}, titles=titles, active=False)
    copy.slug = free_slug(row.slug)
    db.session.add(copy)
    site_templates.offer_anew()
    audit.note(copy, "site-templates.duplicate", before={"of": row.slug}, after=described(copy))
    return copy


def delete(row: SiteTemplate) -> None:
    """Sites that were made of it stay. Raises Conflict where a plan names it, or nothing else is offered."""
    plans = plans_with(row.slug)
    if plans:
        names = ", ".join(one.name for one in plans[:5])
        raise Conflict(_("These plans name this template: %(plans)s. Change them first.", plans=names), code="in_use")
    if row.active:
        check_needless(row.slug)
    audit.note(row, "site-templates.delete", before=described(row), after={})
    db.session.delete(row)
    site_templates.offer_anew()


# -- of all, also those that came with it ----------------------------------------------------------------------------
def place(slug: str, *, active: bool, list_order: int) -> None:
    """Whether and where one is offered. Raises NotFound, Invalid, and Conflict for one that cannot be done without."""
    now = site_templates.known().get(slug)
    if now is None:
        raise NotFound()
    if (now.active, now.list_order) == (active, list_order):
        return
    if not 0 <= list_order <= ORDER_AT_MOST:
        raise Invalid(_("Enter a whole number of at most %(max)d.", max=ORDER_AT_MOST), field="list_order")
    if now.active and not active:
        check_needless(slug)
    row = locked(slug)
    row.active, row.list_order = active, list_order
    site_templates.offer_anew()
    before = {"active": now.active, "list_order": now.list_order}
    audit.note(row, "site-templates.place", before=before, after={"active": active, "list_order": list_order})


def check_needless(slug: str) -> None:
    """Raises Conflict for the last template of all, or of a plan, that is offered."""
    shown = set(site_templates.offered())
    if shown == {slug}:
        raise Conflict(_("This is the only template that is offered. Switch on another one first."), code="in_use")
    alone = [one.name for one in plans_with(slug) if shown.intersection(one.site_templates) == {slug}]
    if alone:
        plans = ", ".join(alone[:5])
        raise Conflict(_("Sites of these plans begin with this template alone: %(plans)s.", plans=plans), code="in_use")


def plans_with(slug: str) -> Sequence[Row]:
    """Those that name this template."""
    return [one for one in all_plans() if slug in one.site_templates]


def all_plans() -> Sequence[Row]:
    """Of every plan what the choice of its templates needs, by name."""
    query = select(Product.id, Product.name, Product.site_templates).where(Product.type == ProductType.PLAN)
    return db.session.execute(query.order_by(Product.name, Product.id)).all()


# -- found -----------------------------------------------------------------------------------------------------------
def find(template_id: int) -> SiteTemplate:
    """One of the operator's own. Raises NotFound."""
    row = db.session.get(SiteTemplate, template_id)
    if row is None or row.slug in built_in():
        raise NotFound()
    return row


def locked(slug: str) -> SiteTemplate:
    """To be changed; of one that came with it, the row is made with its first change. Raises NotFound."""
    query = select(SiteTemplate).where(SiteTemplate.slug == slug).with_for_update()
    row = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None and slug in built_in():
        row = SiteTemplate(slug=slug)
        db.session.add(row)
    if row is None:
        raise NotFound()
    return row


def free_slug(wanted: str) -> str:
    """Made of a title, and no other template's."""
    base = product_facts.slug_from(wanted)[:70].strip("-") or "template"
    taken = {*built_in(), *db.session.scalars(select(SiteTemplate.slug))}
    return next(one for one in (base, *(f"{base}-{number}" for number in range(2, 1000))) if one not in taken)


def described(row: SiteTemplate) -> dict[str, Any]:
    """As its history keeps it."""
    return {
        "title": said(row.titles, "en"),
        "description": said(row.descriptions, "en"),
        "category": said(row.categories, "en"),
        "active": row.active,
        "list_order": row.list_order,
        "pages": row.pages,
        "image": row.preview,
    }


# -- what is in it ---------------------------------------------------------------------------------------------------
KEPT_AT_MOST = 2
_kept: OrderedDict[tuple[str, int], Package] = OrderedDict()
_lock = threading.Lock()


def package(own: Own) -> Package:
    """What it holds. The last ones are kept: who looks around in one asks for each of its pictures.

    Raises NotFound for one that was deleted meanwhile, and Invalid for what cannot be read any more.
    """
    key = (network.settings().templates, own.id)  # a number is another one's once its row is gone
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = site_import.read(content(own))
    with _lock:
        _kept[key] = made
        while len(_kept) > KEPT_AT_MOST:
            _kept.popitem(last=False)
    return made


def content(own: Own) -> IO[bytes]:
    """Raises NotFound."""
    kept = db.session.scalar(select(SiteTemplate.content).where(SiteTemplate.id == own.id))
    if kept is None:
        raise NotFound()
    return io.BytesIO(kept)


def screenshot(own: Own) -> bytes:
    """Raises NotFound."""
    kept = db.session.scalar(select(SiteTemplate.preview_content).where(SiteTemplate.id == own.id))
    if kept is None:
        raise NotFound()
    return kept
