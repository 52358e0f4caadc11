"""Needs attention: everything that is open and waits for a person, who takes care of it, and a mail a day about it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_login import current_user
from wtforms import IntegerField, StringField
from wtforms.validators import NumberRange, Optional

from webapp.blueprints.access import needs
from webapp.blueprints.admin import attention_words
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import attention, attention_digests, audit
from webapp.domain.attention import Item
from webapp.domain.attention_sources import SOURCES
from webapp.domain.staff import Capability
from webapp.errors import DomainError, Invalid
from webapp.extensions import db
from webapp.models import AttentionMark, User
from webapp.transactions import unit_of_work

OF_EACH, OF_ONE = 5, 40
view = View("admin/attention.html")


class MarkForm(Form):
    """`held_by`: who took care of it when this was decided; `on`: 1 to put aside, 0 to bring back; `back`: the page."""

    held_by = IntegerField(validators=[Optional()])
    on = StringField()
    back = StringField()


class DigestForm(Form):
    """`hour`: from when on; empty: no mail."""

    hour = IntegerField(validators=[Optional(), NumberRange(0, 23)])


@bp.get("/attention")
@needs(Capability.ATTENTION_VIEW)
def list_attention() -> ResponseReturnValue:
    return show()


def show(*, problem: str = "", status: int = 200) -> ResponseReturnValue:
    """`problem`: why what was just asked for was not done; the page shows how things stand now."""
    whose, only = request.args.get("whose", ""), request.args.get("source", "")
    only = only if only in SOURCES else ""
    found = attention.look(
        db.session(),
        current_user,
        at_most=OF_ONE if only else OF_EACH,
        whose=current_user.id if whose == "mine" else None,
        aside=whose == "aside",
        only=only,
    )
    wish = attention_digests.of(db.session(), current_user.id)
    return view.show(
        status=status,
        problem=problem,
        groups=groups(found, OF_ONE if only else OF_EACH),
        choices=choices(whose, only),
        whose=whose,
        only=only,
        here=request.full_path.rstrip("?") if request.method == "GET" else url_for("admin.list_attention"),
        hours=[(str(hour), f"{hour:02d}:00") for hour in attention_digests.HOURS],
        hour="" if wish is None else str(wish.hour),
    )


def groups(found: list[Item], at_most: int) -> list[dict[str, Any]]:
    """The items of each source, in the order of the sources. `more`: there are others."""
    order = list(SOURCES)
    made = []
    for name, items in groupby(
        sorted(found, key=lambda one: order.index(one.source.name)), lambda one: one.source.name
    ):
        rows = [attention_words.row(one) for one in items]
        made.append({"name": name, "title": SOURCES[name].title, "rows": rows[:at_most], "more": len(rows) > at_most})
    return made


def choices(whose: str, only: str) -> dict[str, Any]:
    """For the macro `segments`."""
    words = (("", _("Open")), ("mine", _("Mine")), ("aside", pgettext("which", "Put aside")))
    links = [
        {
            "id": f"whose-{value or 'all'}",
            "label": label,
            "url": url_for("admin.list_attention", whose=value or None, source=only or None),
            "current": value == whose,
        }
        for value, label in words
    ]
    return {"label": _("Which"), "links": links}


# -- noting ----------------------------------------------------------------------------------------------------------
@bp.post("/attention/<source>/<int:object_id>/taking")
@needs(Capability.ATTENTION_TAKE)
def create_taking(source: str, object_id: int) -> ResponseReturnValue:
    """It is mine now, if it still is whose it was when I decided so."""
    form = MarkForm()
    try:
        with unit_of_work(actor()) as session:
            of = attention.find(session, current_user, source, object_id)
            mark = attention.take(session, current_user, of, object_id, held_by=form.held_by.data)
            note(mark, "attention.take", {"user": form.held_by.data}, {"user": mark.user_id})
    except DomainError as error:
        return show(problem=error.message, status=error.status)
    return back_to_the_page(form)


@bp.post("/attention/<source>/<int:object_id>/release")
@needs(Capability.ATTENTION_TAKE)
def create_release(source: str, object_id: int) -> ResponseReturnValue:
    """Somebody else may take it."""
    try:
        with unit_of_work(actor()) as session:
            of = attention.find(session, current_user, source, object_id)
            mark = attention.release(session, current_user, of, object_id)
            note(mark, "attention.release", {"user": current_user.id}, {"user": mark.user_id})
    except DomainError as error:
        return show(problem=error.message, status=error.status)
    return back_to_the_page(MarkForm())


@bp.post("/attention/<source>/<int:object_id>/aside")
@needs(Capability.ATTENTION_TAKE)
def update_aside(source: str, object_id: int) -> ResponseReturnValue:
    """Nothing more is to be done about it; or there is after all."""
    form = MarkForm()
    aside = form.on.data != "0"
    try:
        with unit_of_work(actor()) as session:
            of = attention.find(session, current_user, source, object_id)
            mark = attention.put_aside(session, of, object_id, aside=aside)
            note(mark, "attention.aside", {"aside": not aside}, {"aside": aside})
    except DomainError as error:
        return show(problem=error.message, status=error.status)
    flash(_("It is put aside.") if aside else _("It is open again."), "success")
    return back_to_the_page(form)


def note(mark: AttentionMark, action: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    about = {"item": f"{mark.source} {mark.object_id}"}
    audit.note(mark, action, before=before, after={**about, **after})


def back_to_the_page(form: MarkForm) -> ResponseReturnValue:
    """Where it was pressed, or all that is open."""
    page = url_for("admin.list_attention")
    given = form.back.data or ""
    return go_to(given if given == page or given.startswith(f"{page}?") else page)


@bp.post("/attention/digest")
@needs(Capability.ATTENTION_VIEW)
def update_digest() -> ResponseReturnValue:
    """Whether and from when on this person gets a mail a day."""
    form = DigestForm()
    if not form.validate():
        raise Invalid(_("Choose an hour of the list."))
    with unit_of_work(actor()) as session:
        wish = attention_digests.of(session, current_user.id)
        before = {"hour": None if wish is None else wish.hour}
        attention_digests.choose(session, current_user.id, form.hour.data)
        audit.note(
            session.get_one(User, current_user.id), "attention.digest", before=before, after={"hour": form.hour.data}
        )
    flash(_("Saved."), "success")
    return go_to(url_for("admin.list_attention"))
