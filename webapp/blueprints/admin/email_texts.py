"""How messages are worded: ours and the operator's, in each language, with a preview and a test."""

from __future__ import annotations

import difflib
from typing import Any

from flask import Response, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from wtforms import HiddenField, StringField, TextAreaField

from webapp.blueprints.access import needs
from webapp.blueprints.admin import changes
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.emails import framed
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, mail_texts, mails
from webapp.domain.mail_kinds.kind import EVERYWHERE, KINDS, Audience, Kind
from webapp.domain.mail_rendering import Source
from webapp.domain.staff import Capability
from webapp.errors import Conflict, Invalid
from webapp.extensions import db, limiter
from webapp.languages import languages
from webapp.models import MailText
from webapp.transactions import unit_of_work

list_view = View("admin/email_texts.html")
edit_view = View("admin/email_text.html")
AUDIENCES = {
    Audience.CUSTOMER: _l("customers"),
    Audience.USER: _l("everybody who signs in"),
    Audience.STAFF: _l("the staff"),
}
LABELS = {"subject": _l("Subject"), "body": _l("Text")}


class TextForm(Form):
    """`seen`: the version of the own text that was edited; empty for ours."""

    subject = StringField(_l("Subject"))
    body = TextAreaField(_l("Text"))
    seen = HiddenField("")

    @property
    def source(self) -> Source:
        return Source(self.subject.data or "", self.body.data or "")

    @property
    def version(self) -> int | None:
        given = self.seen.data or ""
        return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def find(kind: str, locale: str) -> Kind:
    if kind not in KINDS or locale not in languages():
        abort(404)
    return KINDS[kind]


@bp.get("/emails/texts")
@needs(Capability.EMAILS_VIEW)
def list_email_texts() -> ResponseReturnValue:
    own = list(db.session.scalars(select(MailText)))
    changed = {(one.kind, one.locale) for one in own}
    behind = {(one.kind, one.locale) for one in own if one.kind in KINDS and mail_texts.is_behind(one)}
    kinds = sorted(KINDS.values(), key=lambda one: (list(AUDIENCES).index(one.audience), str(one.name)))
    return list_view.show(kinds=kinds, locales=languages(), changed=changed, behind=behind, audiences=AUDIENCES)


@bp.get("/emails/texts/<kind>/<locale>")
@needs(Capability.EMAILS_EDIT)
def edit_email_text(kind: str, locale: str) -> ResponseReturnValue:
    """`?ours=1` begins with our text: saved, it is used again."""
    declared, own = find(kind, locale), mail_texts.own(kind, locale)
    ours = mail_texts.default(kind, locale)
    source = ours if own is None or "ours" in request.args else Source(own.subject, own.body)
    form = TextForm(formdata=None, data={**source._asdict(), "seen": str(own.version) if own else ""})
    return show(declared, locale, form)


def show(kind: Kind, locale: str, form: TextForm, *, status: int = 200, **more: Any) -> Response:
    own = mail_texts.own(kind.slug, locale)
    return edit_view.show(
        status=status,
        form=form,
        errors=form.problems(),
        kind=kind,
        locale=locale,
        language=languages()[locale],
        audience=AUDIENCES[kind.audience],
        is_own=own is not None,
        ours=differences(own) if own is not None and mail_texts.is_behind(own) else [],
        placeholders=(*kind.placeholders, *EVERYWHERE),
        history=changes.of(own, label, value) if own is not None else [],
        **more,
    )


def differences(own: MailText) -> list[tuple[str, str]]:
    """(sign, line) from the operator's text to ours as it is now: "-" only in theirs, "+" only in ours, "" in both."""
    ours = mail_texts.default(own.kind, own.locale)
    lines = difflib.ndiff([own.subject, *own.body.splitlines()], [ours.subject, *ours.body.splitlines()])
    return [(one[0].strip(), one[2:]) for one in lines if one[0] != "?"]


def label(name: str) -> str:
    return str(LABELS.get(name, name))


def value(_name: str, text: Any) -> str:
    """As much of it as a line of a history holds."""
    words = " ".join(str(text).split())
    return words if len(words) <= 80 else words[:80] + " …"


@bp.post("/emails/texts/<kind>/<locale>")
@needs(Capability.EMAILS_EDIT)
@limiter.limit("60 per minute")
def update_email_text(kind: str, locale: str) -> ResponseReturnValue:
    """Use these words, or with the button for it only send them to whoever is writing them."""
    declared, form = find(kind, locale), TextForm()
    try:
        if "test" in request.form:
            return send_test(declared, locale, form)
        with unit_of_work(actor()) as session:
            before, after = mail_texts.change(declared, locale, form.source, version=form.version)
            session.flush()
            note(declared, locale, before, after)
    except Invalid as problem:
        return refused(declared, locale, form, problem)
    except Conflict as problem:
        return clashed(declared, locale, form, problem)
    flash(_("Changes saved."), "success")
    return go_to(url_for(".edit_email_text", kind=kind, locale=locale))


def note(kind: Kind, locale: str, before: Any, after: Any) -> None:
    """What was changed, and of which message; a text that is ours again has no row any more."""
    changed = {name: before[name] for name in before if before[name] != after[name]}
    now = {name: after[name] for name in changed}
    row = mail_texts.own(kind.slug, locale) or MailText
    audit.note(row, "emails.change", before=changed, after=now | {"kind": kind.slug, "locale": locale})


def refused(kind: Kind, locale: str, form: TextForm, problem: Invalid) -> Response:
    field = form.subject if problem.field == "subject" else form.body
    field.errors = [problem.message]
    return show(kind, locale, form, status=problem.status)


def clashed(kind: Kind, locale: str, form: TextForm, problem: Conflict) -> Response:
    """Show what was saved meanwhile, and let what is typed here be saved over it knowingly."""
    own = mail_texts.own(kind.slug, locale)
    saved = Source(own.subject, own.body) if own else mail_texts.default(kind.slug, locale)
    form.seen.data = str(own.version) if own else ""
    clash = changes.clash(own or MailText(), saved._asdict(), form.source._asdict(), label, value)
    return show(kind, locale, form, status=problem.status, clash=clash, saved=saved.body)


def send_test(kind: Kind, locale: str, form: TextForm) -> ResponseReturnValue:
    user_id, email = current_user.id, current_user.email
    with unit_of_work(actor()):
        mail = mails.send_sample(kind, locale, form.source, to=email, user_id=user_id)
        audit.note(mail, "emails.test", before={}, after={"kind": kind.slug, "to": email})
    flash(_("A test message goes to %(email)s. Your text is not saved yet.", email=email), "info")
    return show(kind, locale, form)


@bp.route("/emails/texts/<kind>/<locale>/preview", methods=["GET", "POST"])
@needs(Capability.EMAILS_EDIT)
def preview_email_text(kind: str, locale: str) -> ResponseReturnValue:
    """What is typed, or what is used now, with sample values; shown in a frame of the form's page."""
    declared, own = find(kind, locale), mail_texts.own(kind, locale)
    usual = Source(own.subject, own.body) if own else mail_texts.default(kind, locale)
    try:
        words = mail_texts.preview(declared, locale, TextForm().source if request.method == "POST" else usual)
    except Invalid as problem:
        return framed(render_template("admin/email_preview_failed.html", message=problem.message), problem.status)
    return framed(words.html)
