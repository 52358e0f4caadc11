"""What a site can begin with: the templates that came with it and the operator's own, and which a plan may use.

What is offered is read once in a process: a fingerprint among the network's settings, which every request reads anyway,
says when it is out of date. So a choice of templates costs no statement, and a change is seen by all processes at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.domain import network
from webapp.domain.built_in_templates import DEFAULT, BuiltIn, Described, built_in
from webapp.errors import Invalid, NotFound
from webapp.extensions import db
from webapp.models import Product, SiteTemplate

ORDER_STEP = 10  # between those that came with it


@dataclass(frozen=True, slots=True)
class Own(Described):
    """One of the operator's; what is in it own_templates.py reads."""

    id: int
    locale: str
    preview: str  # the name of its screenshot; empty: one is drawn


@dataclass(frozen=True, slots=True)
class Listed:
    """`template` as it stands among all of them."""

    template: BuiltIn | Own
    active: bool
    list_order: int


_last: tuple[str, Mapping[str, Listed]] = ("", {})


def known() -> Mapping[str, Listed]:
    """All that there are by slug, in their order, those that are switched off too."""
    global _last
    stamp = network.settings().templates
    if not stamp:
        return _as_it_came()
    if _last[0] != stamp:
        _last = stamp, _ordered({row.slug: row for row in db.session.scalars(select(SiteTemplate))})
    return _last[1]


@cache
def _as_it_came() -> Mapping[str, Listed]:
    return _ordered({})


def _ordered(rows: Mapping[str, SiteTemplate]) -> Mapping[str, Listed]:
    found = []
    for place, one in enumerate(built_in().values(), start=1):
        row = rows.get(one.slug)
        found.append(Listed(one, row.active if row else True, row.list_order if row else place * ORDER_STEP))
    found += [Listed(_own(row), row.active, row.list_order) for row in rows.values() if row.slug not in built_in()]
    found.sort(key=lambda one: (one.list_order, isinstance(one.template, Own), one.template.slug))
    return {one.template.slug: one for one in found}


def _own(row: SiteTemplate) -> Own:
    return Own(
        slug=row.slug,
        design=row.design,
        accent=row.accent,
        titles=row.titles,
        descriptions=row.descriptions,
        categories=row.categories,
        id=row.id,
        locale=row.locale,
        preview=row.preview,
    )


def offer_anew() -> None:
    """Have every process read them again. Call it after what was changed."""
    db.session.flush()
    network.keep(network.TEMPLATES, secrets.token_hex(8))


# -- choosing --------------------------------------------------------------------------------------------------------
def offered() -> Mapping[str, BuiltIn | Own]:
    """By slug, in their order; never none."""
    shown = {slug: one.template for slug, one in known().items() if one.active}
    return shown or {DEFAULT: built_in()[DEFAULT]}


def allowed(plan: Product | None) -> list[BuiltIn | Own]:
    """Those of which a site of this plan may be made; the first is taken where nobody chooses.

    A plan whose own ones are all switched off keeps them: it must not open to all that it was never meant to.
    """
    named = plan.site_templates if plan is not None else []
    if not named:
        return list(offered().values())
    kept = [one for slug, one in known().items() if slug in named]
    return [one.template for one in kept if one.active] or [one.template for one in kept] or list(offered().values())


def check(slug: str, plan: Product | None) -> str:
    """A template that somebody chose for a site of this plan; where they did not, the plan's first.

    Empty where any will do. Raises Invalid for one that the plan may not use.
    """
    able = [one.slug for one in allowed(plan)]
    if not slug:
        return able[0] if plan is not None and plan.site_templates else ""
    if slug not in able:
        raise refused(slug)
    return slug


def refused(slug: str) -> Invalid:
    if slug in offered():
        sentence = _("This template is not part of the plan. Choose one of those that are shown.")
    else:
        sentence = _("Choose one of the templates.")
    return Invalid(sentence, code="template_not_available", field="template_id")


def find(slug: str) -> BuiltIn | Own:
    """Also one that is switched off. Raises NotFound."""
    if slug not in known():
        raise NotFound()
    return known()[slug].template


def for_site(slug: str, plan: Product) -> BuiltIn | Own:
    """Who has paid gets a site, also when their template was switched off or taken away meanwhile."""
    return known()[slug].template if slug in known() else allowed(plan)[0]
