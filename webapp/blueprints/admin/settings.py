"""The settings of the network: a page for each section, and what is said when two edit it at once."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from webapp.blueprints.access import needs
from webapp.blueprints.admin import changes, log_words, settings_form, settings_sections
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.changes import Clash, Difference
from webapp.blueprints.admin.settings_fields import Section
from webapp.blueprints.admin.settings_form import SettingsForm, is_locked
from webapp.blueprints.admin.settings_sections import BY_SLUG, CONNECTIONS, SECTIONS, label, said
from webapp.blueprints.admin.shades import shades
from webapp.blueprints.admin.timeline import Entry, people_in
from webapp.blueprints.errors import settings as environment
from webapp.blueprints.views import View, go_to
from webapp.domain import network
from webapp.domain.staff import Capability
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.models import AuditEntry, Setting
from webapp.transactions import unit_of_work

LOOKED_AT, SHOWN_AT_MOST = 200, 10

list_view = View("admin/settings.html")
section_view = View("admin/settings_section.html")


@bp.get("/settings")
@needs(Capability.SETTINGS_VIEW)
def list_settings() -> ResponseReturnValue:
    return list_view.show(sections=SECTIONS)


@bp.get("/settings/<section>")
@needs(Capability.SETTINGS_VIEW)
def show_section(section: str) -> ResponseReturnValue:
    found = find(section)
    return show(found, settings_form.written(found, network.settings()))


@bp.post("/settings/<section>")
@needs(Capability.SETTINGS_EDIT)
def update_settings(section: str) -> ResponseReturnValue:
    """Save them; what somebody else saved meanwhile is shown first, and nothing typed is lost."""
    found = find(section)
    form = settings_form.make(settings_form.open_fields(found))
    if "preview" in request.form:
        return show(found, form)
    values = settings_form.read(form, found, network.settings())
    if values is None:
        return show(found, form, status=422)
    try:
        with unit_of_work(actor()):
            network.edit(values, names=found.names, seen=form.state.data or "")
    except Conflict as error:
        return clashed(found, form, values, error)
    flash(_("Changes saved."), "success")
    return go_to(url_for("admin.show_section", section=section))


def find(slug: str) -> Section:
    return BY_SLUG.get(slug) or abort(404)


def show(
    section: Section,
    form: SettingsForm,
    *,
    clash: Clash | None = None,
    logo_error: str = "",
    status: int = 200,
    **more: Any,
) -> Response:
    saved = network.settings()
    return section_view.show(
        status=status,
        section=section,
        sections=SECTIONS,
        form=form,
        errors=form.problems() + ([("logo", logo_error)] if logo_error else []),
        clash=clash,
        saved=network.shown(saved),
        is_locked=is_locked,
        env=environment().env,
        changes=history(section),
        mail_is_set=bool(environment().env.get("MAIL_URL")),
        connections=CONNECTIONS.get(section.slug, {}).items(),
        notices_url=notices_url() if section.slug == "sites" else "",
        logo_error=logo_error,
        shades=shades(form) if section.slug == "look" else None,
        **more,
    )


def notices_url() -> str:
    """Where the hosting system may say that something has changed."""
    return f"{environment().base_url}{url_for('webhooks.receive_site_notice')}"


def clashed(section: Section, form: SettingsForm, values: dict[str, Any], error: Conflict) -> Response:
    """Show both, and let what is typed here be saved over it knowingly."""
    saved = network.settings()
    now, yours = network.shown(saved), network.masked(values)
    differences = [
        Difference(label(one), said(one, now[one]), said(one, yours[one]))
        for one in section.names
        if one in yours and (yours[one] != now[one] or (yours[one] and one in network.SECRETS))
    ]
    last = next(iter(entries_about(section)), None)
    who = log_words.actor(last.actor, people_in([last.actor])) if last else ""
    form.state.data = network.state(saved, section.names)
    return show(section, form, clash=Clash(who, last.at if last else None, differences), status=error.status)


def entries_about(section: Section) -> list[AuditEntry]:
    """The newest changes of these settings."""
    newest = select(AuditEntry).where(AuditEntry.object_type == Setting.__tablename__).order_by(AuditEntry.id.desc())
    names = {*section.names, *section.more}
    found = [one for one in db.session.scalars(newest.limit(LOOKED_AT)) if names & set(one.after)]
    return found[:SHOWN_AT_MOST]


def history(section: Section) -> list[Entry]:
    found = entries_about(section)
    people = people_in(one.actor for one in found)
    return [
        Entry(
            one.at,
            log_words.action(one.action),
            changes.told(one, settings_sections.label, settings_sections.said),
            log_words.actor(one.actor, people),
        )
        for one in found
    ]
