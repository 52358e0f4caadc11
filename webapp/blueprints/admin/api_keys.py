"""Keys of other systems: who has one, what it may do, when it was last used; making one and taking one back."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length

from webapp.blueprints.access import needs
from webapp.blueprints.admin import api_key_words as words
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.auth.security import proof_first
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import api_keys
from webapp.domain.staff import Capability
from webapp.errors import Invalid
from webapp.models import ApiKey
from webapp.transactions import unit_of_work

list_view = View("admin/api_keys.html")
new_view = View("admin/api_key_new.html")
made_view = View("admin/api_key_made.html")
end_view = View("admin/api_key_end.html")


class ApiKeyForm(Form):
    name = StringField(
        _l("Name"),
        validators=[
            DataRequired(_l("Enter a name.")),
            Length(max=api_keys.NAME_LONGEST, message=_l("Use at most %(max)d characters.")),
        ],
        render_kw={"autocomplete": "off"},
    )
    scopes = SelectMultipleField(_l("What it may do"), choices=words.scopes, validate_choice=False)


@bp.get("/api-keys")
@needs(Capability.API_KEYS_VIEW)
def list_api_keys() -> ResponseReturnValue:
    return list_view.show(keys=api_keys.everyone(), words=words)


@bp.get("/api-keys/new")
@needs(Capability.API_KEYS_EDIT)
def new_api_key() -> ResponseReturnValue:
    if (first := proof_first()) is not None:
        return first
    return show(ApiKeyForm(formdata=None))


def show(form: ApiKeyForm, status: int = 200) -> Response:
    return new_view.show(status=status, form=form, errors=form.problems())


@bp.post("/api-keys")
@needs(Capability.API_KEYS_EDIT)
def create_api_key() -> ResponseReturnValue:
    """The answer itself shows the secret, and nothing keeps it: no cookie carries it to another page."""
    if (first := proof_first(url_for("admin.new_api_key"))) is not None:
        return first
    form = ApiKeyForm()
    if form.validate():
        try:
            with unit_of_work(actor()):
                row, secret = api_keys.make(form.name.data or "", form.scopes.data or [])
                answer = made_view.show(name=row.name, key=row.key, secret=secret)
            answer.headers["Cache-Control"] = "no-store"
            return answer
        except Invalid as problem:
            field = form[problem.field or "name"]
            field.errors = [*field.errors, problem.message]
    return show(form, 422)


@bp.get("/api-keys/<int:api_key_id>/end")
@needs(Capability.API_KEYS_EDIT)
def confirm_api_key_end(api_key_id: int) -> ResponseReturnValue:
    """The question on a page of its own, for browsers without script."""
    key: ApiKey = api_keys.find(api_key_id)
    return end_view.show(key=key, keep_url=url_for("admin.list_api_keys"))


@bp.post("/api-keys/<int:api_key_id>/end")
@needs(Capability.API_KEYS_EDIT)
def create_api_key_end(api_key_id: int) -> ResponseReturnValue:
    """It is good for nothing from the next request on."""
    if (first := proof_first(url_for("admin.list_api_keys"))) is not None:
        return first
    with unit_of_work(actor()):
        name = api_keys.revoke(api_key_id).name
    flash(_("“%(name)s” is good for nothing any more.", name=name), "success")
    return go_to(url_for("admin.list_api_keys"))
