"""Exports of sites on their way out and in."""

from __future__ import annotations

from typing import IO

from flask import Response, request, send_file
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms import BooleanField, FileField

from webapp.blueprints.form import Form
from webapp.domain import site_export, site_import, site_imports, site_zip
from webapp.domain.site_import import Package
from webapp.errors import Invalid
from webapp.models import Site

ROOM_FOR_FIELDS = 20_000


class ImportForm(Form):
    """`sure`: what the site shows now may go."""

    file = FileField(_l("Export of a site"))
    sure = BooleanField(_l("Replace what the site shows"))


def answer_export(site: Site) -> Response:
    file = site_export.write(site)
    answer = send_file(
        file, mimetype="application/zip", as_attachment=True, download_name=site_export.file_name(site), max_age=0
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def take_files() -> None:
    """Let this request bring an export. Before anything of it is read."""
    request.max_content_length = site_zip.BYTES_AT_MOST + ROOM_FOR_FIELDS


def chosen() -> IO[bytes] | None:
    """The file that was chosen, if any. Raises Invalid when the request is larger than any export."""
    try:
        file = request.files.get("file")
    except RequestEntityTooLarge:
        raise site_zip.wrong(site_zip.too_large()) from None
    return file.stream if file is not None and file.filename else None


def package_for(form: ImportForm) -> Package | None:
    """What the chosen file holds, once its sender is sure; None for a large one, which is a worker's to read.

    Raises Invalid, with the field that it is about.
    """
    file = chosen()
    if form.general:
        raise Invalid(" ".join(form.general), field="file")
    if file is None:
        raise site_zip.wrong(_("Choose a file."))
    package = None
    if site_imports.is_large(file):
        site_zip.check(file)
    else:
        package = site_import.read(file)
    if not form.sure.data:
        raise Invalid(_("Confirm that the pages and pictures of now are replaced."), field="sure")
    return package


def send(site: Site, actor: str, *, by_staff: bool = False) -> None:
    """Keep the chosen file for a worker. Raises NotFound and Conflict."""
    file = chosen()
    if file is not None:
        site_imports.send(site, file, actor=actor, locale=str(get_locale() or "en"), by_staff=by_staff)


def refused(form: ImportForm, problem: Invalid) -> int:
    """Say it at its field; the status of the answer."""
    form[problem.field or "file"].errors = [problem.message]
    return 413 if problem.message == site_zip.too_large() else 422
