"""A site as one file to take along: a ZIP of its pages in Markdown, its pictures as they are, and `site.json`.

`site.json` says what the files cannot: titles, addresses, order, colours. Its `seal` tells this network later that the
pictures are its own work and were not touched, so that they are taken back as they are (see site_import.py).
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import zipfile
from typing import IO, Any

from sqlalchemy import select

from webapp import clock, encryption
from webapp.errors import NotFound
from webapp.extensions import db
from webapp.models import Site, SitePicture, SiteStatus

FORMAT = 1
MANIFEST, PAGES, PICTURES = "site.json", "pages/", "pictures/"
IN_MEMORY = 2_000_000
HOLDS_SOMETHING = (SiteStatus.PUBLISHED, SiteStatus.SUSPENDED, SiteStatus.ARCHIVED)


def may_be_exported(site: Site) -> bool:
    """Also from the archive: before what it holds is deleted. One that is made elsewhere is kept there."""
    return site.status in HOLDS_SOMETHING and bool(site.design) and not site.is_elsewhere


def write(site: Site) -> IO[bytes]:
    """The file, to be read from its beginning; drafts are in it. Raises NotFound where there is nothing to export."""
    if not may_be_exported(site):
        raise NotFound()
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    moment = clock.now().timetuple()[:6]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        facts = manifest(site)
        put(archive, moment, MANIFEST, json.dumps(facts, indent=2, ensure_ascii=False).encode())
        for told, page in zip(facts["pages"], site.pages, strict=True):
            put(archive, moment, told["file"], page.body.encode())
        for number, name in db.session.execute(
            select(SitePicture.id, SitePicture.name).where(SitePicture.site_id == site.id).order_by(SitePicture.id)
        ).all():
            content = db.session.scalar(select(SitePicture.content).where(SitePicture.id == number)) or b""
            put(archive, moment, PICTURES + name, content, stored=not name.endswith(".svg"))
    if not is_small(file):
        return file
    with file:
        return io.BytesIO(file.read())


def is_small(file: IO[bytes]) -> bool:
    """Whether it need not lie on a disk until it is sent."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size <= IN_MEMORY


def put(archive: zipfile.ZipFile, moment: Any, name: str, data: bytes, *, stored: bool = False) -> None:
    """`stored`: it is as small as it gets."""
    entry = zipfile.ZipInfo(name, moment)
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


def manifest(site: Site) -> dict[str, Any]:
    pictures = [
        {"name": one.name, "label": one.label, "width": one.width, "height": one.height, "size": one.size}
        for one in site.pictures
    ]
    pages = [
        {
            "file": f"{PAGES}{number:03d}-{page.slug or 'index'}.md",
            "address": page.slug,
            "title": page.title,
            "in_menu": page.in_menu,
            "published": page.published,
        }
        for number, page in enumerate(site.pages, start=1)
    ]
    look = {name: getattr(site, name) for name in ("title", "design", "accent", "logo")}
    return {
        "format": FORMAT,
        "exported_at": clock.rfc3339(clock.now().replace(microsecond=0)),
        **look,
        "language": site.locale,
        "pages": pages,
        "pictures": pictures,
        "seal": encryption.encrypt(sealed(pictures)),
    }


def sealed(pictures: Any) -> str:
    """What the seal of these pictures is made of. Their names are hashes of what is in them."""
    text = json.dumps(pictures, sort_keys=True, ensure_ascii=True)
    return f"site-export:{hashlib.sha256(text.encode()).hexdigest()}"


def file_name(site: Site) -> str:
    return f"{site.slug}-{clock.now():%Y-%m-%d}.zip"
