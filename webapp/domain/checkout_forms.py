"""The network's order forms: which there are, what buyers are shown of each, and what operators do with them.

What is shown is read once in a process: a fingerprint among the network's settings, which every request reads anyway,
says when it is out of date. So a form costs no statement, and a network without own forms no table.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from webapp import clock
from webapp.domain import audit, form_definitions, form_patterns, form_problems, network
from webapp.domain.form_definitions import MAIN, NAME_LONGEST, SLUG, Definition
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.models import OrderForm

SLUG_LONGEST = 60
AT_MOST = 100
# What stands at /checkout/… besides.
RESERVED = frozenset(("summary", "check", "draft", "return", "new", MAIN))


@dataclass(frozen=True, slots=True)
class Form:
    """One that is in use."""

    slug: str
    definition: Definition

    @property
    def is_main(self) -> bool:
        return self.slug == MAIN

    @property
    def path(self) -> str:
        return "/register" if self.is_main else f"/checkout/{self.slug}"


@cache
def standard() -> Form:
    return Form(MAIN, form_patterns.single())


_last: tuple[str, Mapping[str, Form]] = ("", {})


def in_use() -> Mapping[str, Form]:
    """By address, as buyers are shown them now."""
    global _last
    stamp = str(network.settings().forms.get("stamp", ""))
    if not stamp:
        return {MAIN: standard()}
    if _last[0] != stamp:
        query = select(OrderForm.slug, OrderForm.live).where(OrderForm.live.is_not(None), OrderForm.active.is_(True))
        own = {slug: Form(slug, form_definitions.parse(live)) for slug, live in db.session.execute(query)}
        _last = stamp, {MAIN: standard()} | own
    return _last[1]


def shown(slug: str) -> Form:
    """Raises NotFound where there is none, or it is switched off."""
    form = in_use().get(slug)
    if form is None:
        raise NotFound(_("This order form is not open. Look at our plans instead."), code="form_closed")
    return form


def main() -> Form:
    return in_use()[MAIN]


def has_snippets(settings: network.Network) -> bool:
    """Whether any form has a snippet that must be allowed first. Costs no look into the database."""
    return bool(settings.forms.get("consent"))


# -- for the operator ------------------------------------------------------------------------------------------------
def listed() -> list[OrderForm]:
    """All of them; first the network's own, as a row that may not be kept yet."""
    rows = list(db.session.scalars(select(OrderForm).order_by(OrderForm.name, OrderForm.id).limit(AT_MOST)))
    own = next((one for one in rows if one.slug == MAIN), None) or unchanged()
    return [own, *(one for one in rows if one.slug != MAIN)]


def unchanged() -> OrderForm:
    form = standard().definition
    kept = form_definitions.to_json(form)
    return OrderForm(slug=MAIN, name=form.name, active=True, live=kept, draft=None, version=0)


def find(slug: str) -> OrderForm:
    row = db.session.scalars(select(OrderForm).where(OrderForm.slug == slug)).one_or_none()
    if row is None and slug != MAIN:
        raise NotFound()
    return row or unchanged()


def locked(slug: str) -> OrderForm:
    """To be changed; the network's own is kept from its first change on."""
    query = select(OrderForm).where(OrderForm.slug == slug).with_for_update()
    row = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        row = find(slug)
        db.session.add(row)
        row.version = 1
        db.session.flush()
    return row


def worked_at(row: OrderForm) -> Definition:
    """What the editor shows: the draft, or what is live where nothing was changed."""
    return form_definitions.parse(row.draft if row.draft is not None else row.live)


def is_changed(row: OrderForm) -> bool:
    return row.draft is not None and row.draft != row.live


def create(name: str, slug: str, pattern: str) -> OrderForm:
    """One that nobody is shown before it is published. Raises Invalid."""
    if pattern not in form_patterns.PATTERNS:
        raise Invalid(_("Choose what the form begins as."), field="pattern")
    made = replace(form_patterns.PATTERNS[pattern][1](), name=checked_name(name))
    row = OrderForm(slug=free_slug(slug), name=made.name, active=True, draft=form_definitions.to_json(made))
    db.session.add(row)
    db.session.flush()
    audit.note(row, "checkout-forms.create", before={}, after={"name": row.name, "slug": row.slug})
    return row


def checked_name(name: str) -> str:
    if not 0 < len(name.strip()) <= NAME_LONGEST:
        raise Invalid(_("Enter a name of at most %(max)d characters.", max=NAME_LONGEST), field="name")
    return name.strip()


def free_slug(text: str) -> str:
    slug = text.strip().lower()
    if not SLUG.fullmatch(slug) or not 3 <= len(slug) <= SLUG_LONGEST:
        said = _("Use 3 to 60 small letters, digits and single hyphens, like spring-offer.")
        raise Invalid(said, field="slug")
    if slug in RESERVED or db.session.scalar(select(OrderForm.id).where(OrderForm.slug == slug)) is not None:
        raise Invalid(_("This address is taken. Choose another."), code="slug_taken", field="slug")
    return slug


def keep(row: OrderForm, definition: Definition, *, seen: int) -> None:
    """Work on: what buyers are shown stays as it is. `seen`: the version that was looked at. Raises Conflict."""
    if row.version != seen and seen:
        raise Conflict()
    before = worked_at(row)
    if definition == before:
        return
    kept = form_definitions.to_json(definition)
    row.draft = kept if kept != row.live else None
    row.name, row.updated_at = definition.name, clock.now()
    db.session.flush()
    audit.note(row, "checkout-forms.change", before=summary(before), after=summary(definition))


def summary(definition: Definition) -> dict[str, Any]:
    """As its history keeps it."""
    return {
        "name": definition.name,
        "fields": ", ".join(one.id for one in definition.fields)[:1000],
        "countries": ", ".join(definition.countries),
        "snippets": ", ".join(one.name for one in definition.snippets),
    }


def publish(row: OrderForm) -> None:
    """From now on buyers are shown it as it is. Raises Invalid with the first thing that is wrong."""
    definition = worked_at(row)
    for problem in form_problems.of(definition):
        raise Invalid(problem, code="form_incomplete")
    before = summary(form_definitions.parse(row.live)) if row.live else {}
    row.live, row.draft, row.updated_at = form_definitions.to_json(definition), None, clock.now()
    _show_anew()
    audit.note(row, "checkout-forms.publish", before=before, after=summary(definition))


def discard(row: OrderForm) -> None:
    """What was worked at is given up; buyers are shown what they were."""
    if row.live is None:
        raise Conflict(_("This form was never published, so there is nothing to go back to."), code="never_published")
    row.draft, row.updated_at = None, clock.now()
    row.name = form_definitions.parse(row.live).name
    db.session.flush()
    audit.note(row, "checkout-forms.discard", before={}, after={"slug": row.slug})


def switch(row: OrderForm, *, active: bool) -> None:
    if row.slug == MAIN and not active:
        raise Conflict(_("The network's own form stays open. Change it instead."), code="main_form")
    if row.active == active:
        return
    row.active, row.updated_at = active, clock.now()
    _show_anew()
    audit.note(row, "checkout-forms.switch", before={"active": not active}, after={"active": active})


def duplicate(row: OrderForm) -> OrderForm:
    """A copy under an address of its own, which nobody is shown before it is published."""
    slug = f"{row.slug[: SLUG_LONGEST - 6].strip('-')}-{secrets.token_hex(2)}"
    made = replace(worked_at(row), name=_("Copy of %(name)s", name=row.name)[:NAME_LONGEST])
    copy = OrderForm(slug=slug, name=made.name, active=True, draft=form_definitions.to_json(made))
    db.session.add(copy)
    db.session.flush()
    audit.note(copy, "checkout-forms.duplicate", before={"of": row.slug}, after={"name": copy.name, "slug": slug})
    return copy


def delete(row: OrderForm) -> None:
    """Its address leads nowhere any more; of the network's own, all changes are given up. Orders stay as they are."""
    audit.note(row, "checkout-forms.delete", before={"name": row.name, "slug": row.slug}, after={})
    db.session.delete(row)
    _show_anew()


def _show_anew() -> None:
    """Have every process read the forms again."""
    db.session.flush()
    rows: Sequence[Any] = db.session.scalars(
        select(OrderForm.live).where(OrderForm.live.is_not(None), OrderForm.active.is_(True))
    ).all()
    asks = any(one.consent for live in rows for one in form_definitions.parse(live).snippets)
    network.keep(network.FORMS, {"stamp": secrets.token_hex(8), "consent": asks})
