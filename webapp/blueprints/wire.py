"""What goes over the wire is small: text is compressed, and a browser keeps our files until they change."""

from __future__ import annotations

import gzip
import hashlib
import io
import secrets
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

KEPT = "public, max-age=31536000, immutable"
WORTH_IT = 1000
LEVEL_OF_PAGES, LEVEL_OF_FILES = 3, 9
TEXTS = ("text/", "application/json", "application/javascript", "application/xml", "image/svg+xml")
# Where somebody else's words are compressed together with a secret, the length of the answer may tell what that is
# (BREACH). So every page is longer by a random number of bytes, in a part of the gzip header that nobody reads.
PADDING_AT_MOST = 100

_versions: dict[tuple[str, int], str] = {}
_files: dict[str, bytes] = {}


def init_app(app: Flask) -> None:
    """Before what else is done to an answer: what is registered first comes last."""
    app.url_defaults(name_version)
    app.after_request(make_small)


# -- files -----------------------------------------------------------------------------------------------------------
def name_version(endpoint: str, values: dict[str, Any]) -> None:
    """The address of a file names what is in it, so that it may be kept for ever."""
    version = version_of(values.get("filename", "")) if endpoint == "static" else ""
    if version:
        values.setdefault("v", version)


def version_of(filename: str) -> str:
    """The first letters of its hash; `` for a file that is not there."""
    path = Path(current_app.static_folder or "") / filename
    try:
        key = (filename, path.stat().st_mtime_ns)
        if key not in _versions:
            _versions[key] = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except OSError:
        return ""
    return _versions[key]


def keep_file(response: Response) -> str:
    """Say how long it may be kept; returns the version that was asked for and is the file's."""
    version = version_of((request.view_args or {}).get("filename", ""))
    if not version or request.args.get("v") != version:
        return ""
    response.headers["Cache-Control"] = KEPT
    return version


# -- compressing -----------------------------------------------------------------------------------------------------
def make_small(response: Response) -> Response:
    version = keep_file(response) if request.endpoint == "static" else ""
    if not (response.mimetype or "").startswith(TEXTS) or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") <= 0 or response.status_code == 304:
        return response
    if version and response.status_code == 200:
        _send(response, _compressed_file(response, version))
    elif not response.is_streamed and not response.direct_passthrough:
        body = response.get_data()
        if len(body) >= WORTH_IT:
            _send(response, compressed(body, LEVEL_OF_PAGES, padding=secrets.randbelow(PADDING_AT_MOST)))
    return response


def _compressed_file(response: Response, version: str) -> bytes:
    if version not in _files:
        response.direct_passthrough = False
        _files[version] = compressed(response.get_data(), LEVEL_OF_FILES)
    response.close()  # the file on disk
    response.direct_passthrough = False
    return _files[version]


def compressed(body: bytes, level: int, *, padding: int = 0) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(filename="p" * padding, mode="wb", compresslevel=level, fileobj=out, mtime=0) as file:
        file.write(body)
    return out.getvalue()


def _send(response: Response, body: bytes) -> None:
    response.set_data(body)
    response.headers["Content-Encoding"] = "gzip"
    etag, _weak = response.get_etag()
    if etag is not None:
        response.set_etag(etag, weak=True)  # the same text, in other bytes
