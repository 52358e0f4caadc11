"""Steering a site by hand: suspend and show it again, put it away and take it out, delete what it holds."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, StringField
from wtforms.validators import Length, Optional

from webapp.blueprints.access import needs
from webapp.blueprints.admin import sites as pages
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.site_step_words import WORDS
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, site_steering, sites
from webapp.domain.site_steering import Step
from webapp.domain.staff import Capability
from webapp.errors import Conflict, DomainError, NotFound
from webapp.models import Site
from webapp.transactions import unit_of_work

step_view = View("admin/site_step.html")


class StepForm(Form):
    """`version`: of the site that was looked at; empty: whatever it is now."""

    reason = StringField(_l("Reason"), validators=[Length(max=300, message=_l("Use at most 300 characters."))])
    version = IntegerField(validators=[Optional()])


def known(step: str) -> Step:
    if step not in WORDS or step == Step.DELETE:
        raise NotFound()
    return Step(step)


@bp.get("/sites/<int:site_id>/steps/<site_step>")
@needs(Capability.SITES_SUSPEND)
def confirm_site_step(site_id: int, site_step: str) -> ResponseReturnValue:
    return ask(pages.look_at(site_id), known(site_step), StepForm(formdata=None))


@bp.post("/sites/<int:site_id>/steps/<site_step>")
@needs(Capability.SITES_SUSPEND)
def create_site_step(site_id: int, site_step: str) -> ResponseReturnValue:
    return answer(site_id, known(site_step))


@bp.get("/sites/<int:site_id>/deletion")
@needs(Capability.SITES_DELETE)
def confirm_site_deletion(site_id: int) -> ResponseReturnValue:
    return ask(pages.look_at(site_id), Step.DELETE, StepForm(formdata=None))


@bp.post("/sites/<int:site_id>/deletion")
@needs(Capability.SITES_DELETE)
def create_site_deletion(site_id: int) -> ResponseReturnValue:
    return answer(site_id, Step.DELETE)


def ask(site: Site, step: Step, form: StepForm, *, status: int = 200) -> Response:
    errors = [(field.id, message) for field in form for message in field.errors]
    return step_view.show(status=status, site=site, step=step, words=WORDS[step], form=form, errors=errors)


def answer(site_id: int, step: Step) -> ResponseReturnValue:
    form = StepForm()
    if not form.validate():
        return ask(pages.look_at(site_id), step, form, status=422)
    try:
        take(site_id, step, form)
    except DomainError as error:
        return pages.show(pages.look_at(site_id), problem=error.message, status=error.status)
    flash(str(WORDS[step].done), "success")
    return go_to(url_for("admin.show_site", site_id=site_id))


def take(site_id: int, step: Step, form: StepForm) -> None:
    """Raises DomainError."""
    with unit_of_work(actor()):
        site = sites.locked(site_id)
        if form.version.data not in (None, site.version):
            raise Conflict()
        before = facts(site)
        site_steering.take(site, step, reason=form.reason.data or "")
        audit.note(site, f"sites.{step}", before=before, after={**facts(site), "reason": form.reason.data or ""})


def facts(site: Site) -> dict[str, str]:
    return {"status": str(site.status), "slug": site.slug}
