"""The pages that the law asks for: the operator's words in each language, with every version that ever held."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length

from webapp.blueprints.access import needs
from webapp.blueprints.admin import log_words
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.changes import Clash
from webapp.blueprints.admin.timeline import people_in
from webapp.blueprints.form import Form
from webapp.blueprints.legal.routes import shown
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, legal, network
from webapp.domain.staff import Capability
from webapp.errors import Conflict, Invalid
from webapp.languages import languages
from webapp.models import LegalText
from webapp.transactions import unit_of_work

list_view = View("admin/legal.html")
edit_view = View("admin/legal_page.html")
version_view = View("admin/legal_version.html")


class LegalForm(Form):
    """`seen`: the version that was edited; 0 for our own template."""

    body = TextAreaField(_l("Text"))
    seen = HiddenField("", validators=[Length(max=9)])


@bp.get("/legal")
@needs(Capability.LEGAL_VIEW)
def list_legal() -> ResponseReturnValue:
    known = network.settings()
    return list_view.show(
        pages=legal.PAGES,
        locales=languages(),
        newest=legal.newest(),
        elsewhere={page: url for page, url in legal.addresses(known).items() if not url.startswith("/legal/")},
        incomplete=not known.company_address.strip(),
    )


@bp.get("/legal/<legal_page>/<locale>")
@needs(Capability.LEGAL_EDIT)
def edit_legal(legal_page: str, locale: str) -> ResponseReturnValue:
    """`?version=2` begins with an older text, to take it up again."""
    legal.find_page(legal_page, locale)
    own = legal.current(legal_page, locale)
    asked = request.args.get("version", "")
    older = legal.version(legal_page, locale, int(asked)) if asked.isascii() and asked.isdigit() else own
    body = older.body if older is not None else legal.default(legal_page, locale)
    form = LegalForm(formdata=None, body=body, seen=str(own.version if own else 0))
    return show(legal_page, locale, form)


def show(legal_page: str, locale: str, form: LegalForm, *, status: int = 200, **more: Any) -> Response:
    versions = legal.history(legal_page, locale)
    people = people_in(one.actor for one in versions)
    return edit_view.show(
        status=status,
        form=form,
        errors=form.problems(),
        legal_page=legal_page,
        locale=locale,
        title=legal.PAGES[legal_page],
        language=languages()[locale],
        versions=[(one, log_words.actor(one.actor, people)) for one in versions],
        placeholders=sorted(legal.PLACEHOLDERS),
        **more,
    )


@bp.post("/legal/<legal_page>/<locale>")
@needs(Capability.LEGAL_EDIT)
def update_legal(legal_page: str, locale: str) -> ResponseReturnValue:
    """Publish it; what somebody else published meanwhile is shown first, and nothing typed is lost."""
    legal.find_page(legal_page, locale)
    form = LegalForm()
    body, seen = form.body.data or "", int(form.seen.data) if (form.seen.data or "").isdigit() else 0
    if not form.validate():
        return show(legal_page, locale, form, status=422)
    try:
        if "preview" in request.form:
            legal.check(body.strip())
            return show(legal_page, locale, form, preview=shown(body))
        with unit_of_work(actor()) as work:
            text = legal.change(legal_page, locale, body, seen=seen)
            work.flush()
            audit.note(text, "legal.publish", before={"version": seen}, after=facts_of(text))
    except Invalid as problem:
        form.body.errors = [problem.message]
        return show(legal_page, locale, form, status=problem.status)
    except Conflict as problem:
        return clashed(legal_page, locale, form, problem)
    flash(_("The page is published."), "success")
    return go_to(url_for("admin.list_legal"))


def facts_of(text: LegalText) -> dict[str, Any]:
    return {"page": text.page, "locale": text.locale, "version": text.version}


def clashed(legal_page: str, locale: str, form: LegalForm, error: Conflict) -> Response:
    """Show the text that is published now, and let what is typed here be published over it knowingly."""
    saved = legal.current(legal_page, locale)
    assert saved is not None
    form.seen.data = str(saved.version)
    who = log_words.actor(saved.actor, people_in([saved.actor]))
    clash = Clash(who, saved.created_at, [])
    return show(legal_page, locale, form, status=error.status, clash=clash, saved=saved.body)


@bp.get("/legal/<legal_page>/<locale>/<int:version>")
@needs(Capability.LEGAL_VIEW)
def show_legal_version(legal_page: str, locale: str, version: int) -> ResponseReturnValue:
    """A text that held once, as it stood."""
    legal.find_page(legal_page, locale)
    text = legal.version(legal_page, locale, version)
    return version_view.show(
        text=text,
        title=legal.PAGES[legal_page],
        language=languages()[locale],
        who=log_words.actor(text.actor, people_in([text.actor])),
        html=shown(text.body),
    )
