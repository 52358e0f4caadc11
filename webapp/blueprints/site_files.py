"""Exports of sites on their way out and in."""

from __future__ import annotations

from typing import IO

from flask import Response, request, send_file
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.blueprints.form import Form
from webapp.domain import site_export, site_import
from webapp.domain.site_import import Package
from webapp.errors import Invalid
from webapp.models import Site

ROOM_FOR_FIELDS = 20_000


def answer_export(site: Site) -> Response:
    file = site_export.write(site)
    answer = send_file(
        file, mimetype="application/zip", as_attachment=True, download_name=site_export.file_name(site), max_age=0
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def take_files() -> None:
    """Let this request bring an export. Before anything of it is read."""
    request.max_content_length = site_import.BYTES_AT_MOST + ROOM_FOR_FIELDS


def chosen() -> IO[bytes] | None:
    """The file that was chosen, if any. Raises Invalid when the request is larger than any export."""
    try:
        file = request.files.get("file")
    except RequestEntityTooLarge:
        raise site_import.wrong(site_import.too_large()) from None
    return file.stream if file is not None and file.filename else None


def package_for(form: Form) -> Package:
    """What the chosen file holds. Raises Invalid: for no file, and for whatever is wrong with it."""
    file = chosen()
    if form.general:
        raise Invalid(" ".join(form.general), field="file")
    if file is None:
        raise site_import.wrong(_("Choose a file."))
    return site_import.read(file)
