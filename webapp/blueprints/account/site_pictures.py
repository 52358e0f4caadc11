"""The pictures of a customer's site: uploaded, chosen for pages and as its logo, taken away when nothing shows them."""

from __future__ import annotations

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.blueprints.account.base import bp, changing
from webapp.blueprints.account.sites import own_site
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import entitlements, site_pictures
from webapp.domain.limits import Limit
from webapp.errors import Conflict, Invalid
from webapp.extensions import csrf

pictures_view = View("account/site_pictures.html")
deletion_view = View("account/site_picture_deletion.html")
ROOM_FOR_FIELDS = 10_000


@bp.get("/sites/<int:site_id>/pictures")
def list_pictures(site_id: int) -> ResponseReturnValue:
    return show(site_id)


def show(site_id: int, *, problem: str = "", status: int = 200) -> Response:
    site = own_site(site_id)
    shown = {one.id: site_pictures.pages_with(one) for one in site.pictures}
    facts = {"use": entitlements.use_of(site, Limit.DISK), "most": site_pictures.BYTES_AT_MOST}
    errors = [("picture", problem)] if problem else []
    return pictures_view.show(status=status, site=site, shown=shown, errors=errors, problem=problem, **facts)


# The view checks the token itself: what is too large is then said beside the field, and not on a page of its own.
@csrf.exempt
@bp.post("/sites/<int:site_id>/pictures")
def create_picture(site_id: int) -> ResponseReturnValue:
    own_site(site_id)
    request.max_content_length = site_pictures.BYTES_AT_MOST + ROOM_FOR_FIELDS
    try:
        form = Form()
        file = request.files.get("picture")
        if not form.validate():
            return show(site_id, problem=" ".join(form.general), status=422)
        data = file.stream.read(site_pictures.BYTES_AT_MOST + 1) if file else b""
        with changing():
            site_pictures.add(own_site(site_id), data, (file.filename or "")[:120] if file else "")
    except RequestEntityTooLarge:
        most = site_pictures.BYTES_AT_MOST // 10**6
        text = _("This file is larger than %(number)s MB. Choose a smaller one.", number=most)
        return show(site_id, problem=text, status=413)
    except Invalid as problem:
        return show(site_id, problem=problem.message, status=422)
    flash(_("The picture is here. Copy its line into the text of a page."), "success")
    return go_to(url_for(".list_pictures", site_id=site_id))


@bp.post("/sites/<int:site_id>/logo")
def update_logo(site_id: int) -> ResponseReturnValue:
    """One of the pictures, or none."""
    chosen = request.form.get("picture_id", "")
    with changing():
        site = own_site(site_id)
        number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else 0
        site_pictures.use_as_logo(site, site_pictures.of(site, number) if chosen else None)
    flash(_("Changes saved."), "success")
    return go_to(url_for(".list_pictures", site_id=site_id))


@bp.get("/sites/<int:site_id>/pictures/<int:picture_id>/deletion")
def confirm_picture_deletion(site_id: int, picture_id: int) -> ResponseReturnValue:
    site = own_site(site_id)
    return deletion_view.show(site=site, picture=site_pictures.of(site, picture_id))


@bp.post("/sites/<int:site_id>/pictures/<int:picture_id>/deletion")
def delete_picture(site_id: int, picture_id: int) -> ResponseReturnValue:
    try:
        with changing():
            site_pictures.remove(site_pictures.of(own_site(site_id), picture_id))
    except Conflict as problem:
        flash(problem.message, "error")
    else:
        flash(_("The picture is deleted."), "success")
    return go_to(url_for(".list_pictures", site_id=site_id))
