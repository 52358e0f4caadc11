"""The staff: who they are, what they may do, and who is let in or out. Only owners change any of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, flash, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Email, Length

from webapp.blueprints.access import needs
from webapp.blueprints.admin import changes, staff_words
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.auth import signing
from webapp.blueprints.auth.forms import refuse
from webapp.blueprints.auth.security import proof_first
from webapp.blueprints.errors import settings_here
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import colleagues, sessions
from webapp.domain.staff import CAPABILITIES, Capability
from webapp.errors import DomainError, Invalid, NotFound
from webapp.models import STAFF, Role, User
from webapp.transactions import unit_of_work

list_view = View("admin/staff.html")
roles_view = View("admin/staff_roles.html")
new_view = View("admin/staff_new.html")
detail_view = View("admin/colleague.html")
removal_view = View("admin/two_step_removal.html")
LINK = "invitation"


class ColleagueForm(Form):
    """Changing one: their address is theirs to change."""

    name = StringField(
        _l("Name"),
        validators=[DataRequired(_l("Enter a name.")), Length(max=200, message=_l("Use at most 200 characters."))],
        render_kw={"autocomplete": "off"},
    )
    role = SelectField(_l("Role"), choices=staff_words.roles, default=str(Role.SUPPORT), validate_choice=False)


class InvitationForm(ColleagueForm):
    email = StringField(
        _l("E-mail address"),
        validators=[
            DataRequired(_l("Enter an e-mail address like name@example.com.")),
            Email(_l("Enter an e-mail address like name@example.com.")),
            Length(max=254, message=_l("Use at most %(max)d characters.")),
        ],
        render_kw={"autocomplete": "off", "inputmode": "email", "spellcheck": "false", "autocapitalize": "none"},
    )


# -- looking ---------------------------------------------------------------------------------------------------------
@bp.get("/staff")
@needs(Capability.STAFF_VIEW)
def list_staff() -> ResponseReturnValue:
    return list_view.show(people=colleagues.everyone(), words=staff_words)


@bp.get("/staff/roles")
@needs(Capability.STAFF_VIEW)
def show_roles() -> ResponseReturnValue:
    return roles_view.show(roles=STAFF, capabilities=list(Capability), table=CAPABILITIES, words=staff_words)


@bp.get("/staff/<int:user_id>")
@needs(Capability.STAFF_VIEW)
def show_colleague(user_id: int) -> ResponseReturnValue:
    user = colleagues.find(user_id)
    return show(user, ColleagueForm(formdata=None, data={"name": user.name, "role": str(user.role)}))


def show(user: User, form: ColleagueForm, *, problem: str = "", status: int = 200) -> Response:
    """With the link of an invitation that was made a moment ago, once."""
    made = session.pop(LINK, None) or {}
    answer = detail_view.show(
        status=status,
        person=user,
        form=form,
        errors=form.problems(),
        problem=problem,
        is_self=user.id == current_user.id,
        is_invited=colleagues.is_invited(user),
        link=made.get("url", "") if made.get("user") == user.id else "",
        sessions=sessions.open_sessions(user.id),
        words=staff_words,
        changes=changes.of(user, staff_words.label, staff_words.value),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


# -- inviting --------------------------------------------------------------------------------------------------------
@bp.get("/staff/new")
@needs(Capability.STAFF_EDIT)
def new_colleague() -> ResponseReturnValue:
    if (first := proof_first()) is not None:
        return first
    return new_view.show(form=InvitationForm(formdata=None), errors=[], words=staff_words)


@bp.post("/staff")
@needs(Capability.STAFF_EDIT)
def create_colleague() -> ResponseReturnValue:
    """The link goes by mail, and is shown once, for networks whose mail does not leave."""
    if (first := proof_first(url_for("admin.new_colleague"))) is not None:
        return first
    form, by = InvitationForm(), current_user.id
    if form.validate():
        try:
            with unit_of_work(actor()):
                facts = {"name": form.name.data.strip(), "role": role_of(form), "by": by}
                user, path = colleagues.invite(form.email.data.strip(), **facts)
                user_id = user.id
            return show_link(user_id, path)
        except Invalid as problem:
            refuse(form[problem.field or "email"], problem.message)
    return new_view.show(status=422, form=form, errors=form.problems(), words=staff_words)


@bp.post("/staff/<int:user_id>/invitation")
@needs(Capability.STAFF_EDIT)
def create_invitation(user_id: int) -> ResponseReturnValue:
    """Again: the link before is worth nothing from now on."""
    made: list[str] = []
    refused = change(user_id, lambda by: made.append(colleagues.invite_again(user_id, by=by)))
    return refused or show_link(user_id, made[0])


def show_link(user_id: int, path: str) -> Response:
    session[LINK] = {"user": user_id, "url": settings_here().base_url + path}
    flash(_("The invitation is on its way."), "success")
    return here(user_id)


def role_of(form: ColleagueForm) -> Role:
    """Raises Invalid."""
    try:
        return Role(form.role.data)
    except ValueError:
        raise Invalid(_("Choose a role."), field="role") from None


# -- changing --------------------------------------------------------------------------------------------------------
def here(user_id: int) -> Response:
    return go_to(url_for("admin.show_colleague", user_id=user_id))


def changed(user_id: int, said: str, work: Callable[[int], Any]) -> ResponseReturnValue:
    """Do it as who is signed in, and say so on their page."""
    refused = change(user_id, work)
    if refused is None:
        flash(said, "success")
    return refused or here(user_id)


def change(user_id: int, work: Callable[[int], Any]) -> ResponseReturnValue | None:
    """Do it as who is signed in; what is answered instead when they must prove who they are, or may not."""
    if (first := proof_first(url_for("admin.show_colleague", user_id=user_id))) is not None:
        return first
    by = current_user.id
    try:
        with unit_of_work(actor()):
            work(by)
    except NotFound:
        raise
    except DomainError as error:
        user = colleagues.find(user_id)
        return show(user, ColleagueForm(formdata=None, obj=user), problem=error.message, status=error.status)
    return None


@bp.post("/staff/<int:user_id>")
@needs(Capability.STAFF_EDIT)
def update_colleague(user_id: int) -> ResponseReturnValue:
    form = ColleagueForm()
    if not form.validate():
        return show(colleagues.find(user_id), form, status=422)
    name, said = form.name.data.strip(), _("Changes saved.")
    return changed(user_id, said, lambda by: colleagues.change(user_id, name=name, role=role_of(form), by=by))


@bp.post("/staff/<int:user_id>/access")
@needs(Capability.STAFF_EDIT)
def update_access(user_id: int) -> ResponseReturnValue:
    """`allowed=1` gives it again, anything else takes it away."""
    allowed = request.form.get("allowed") == "1"
    work = colleagues.enable if allowed else colleagues.disable
    said = _("They may sign in again.") if allowed else _("They are signed out and cannot sign in any more.")
    return changed(user_id, said, lambda by: work(user_id, by=by))


@bp.post("/staff/<int:user_id>/sessions/end")
@needs(Capability.STAFF_EDIT)
def create_sign_out(user_id: int) -> ResponseReturnValue:
    where = signing.here()
    said = _("They are signed out of every browser.")
    return changed(user_id, said, lambda by: colleagues.end_sessions(user_id, by=by, where=where))


@bp.get("/staff/<int:user_id>/two-step/removal")
@needs(Capability.STAFF_EDIT)
def confirm_two_step_removal(user_id: int) -> ResponseReturnValue:
    """The question on a page of its own, for browsers without script."""
    return removal_view.show(person=colleagues.find(user_id))


@bp.post("/staff/<int:user_id>/two-step/removal")
@needs(Capability.STAFF_EDIT)
def create_two_step_removal(user_id: int) -> ResponseReturnValue:
    where = signing.here()
    said = _("Their two-step sign-in is removed. They were told by mail.")
    return changed(user_id, said, lambda by: colleagues.remove_two_step(user_id, by=by, where=where))
