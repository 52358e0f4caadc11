"""The pictures of a site that its owner uploads, uses on pages or as its logo, and takes away again."""

from __future__ import annotations

from flask_babel import gettext as _

from webapp.domain import entitlements, pictures
from webapp.domain.limits import Limit
from webapp.domain.pictures import Picture
from webapp.errors import Conflict, NotFound
from webapp.extensions import db
from webapp.models import Site, SitePicture

BYTES_AT_MOST = 10_000_000  # of a file: what a telephone takes is smaller
LARGEST = (2000, 2000)


def add(site: Site, data: bytes, label: str) -> SitePicture:
    """A file that its owner chose, drawn anew; the same one is kept once. Raises Invalid for the field `picture`."""
    picture = pictures.read(data, LARGEST, "picture", at_most=BYTES_AT_MOST)
    kept = next((one for one in site.pictures if one.name == picture.name), None)
    if kept is not None:
        return kept
    more = len(picture.content)
    entitlements.room_for(site.membership, Limit.DISK, site=site, more=more, field="picture")
    row = add_picture(site, picture, " ".join(label.split()) or _("Picture"))
    site.note_change()
    db.session.flush()
    return row


def of(site: Site, picture_id: int) -> SitePicture:
    """Raises NotFound."""
    found = next((one for one in site.pictures if one.id == picture_id), None)
    if found is None:
        raise NotFound()
    return found


def used(site: Site) -> int:
    """How many bytes its pictures take."""
    return sum(one.size for one in site.pictures)


def pages_with(picture: SitePicture) -> list[str]:
    """The titles of the pages whose text names it, drafts too."""
    return [page.title for page in picture.site.pages if picture.name in page.body]


def is_shown(picture: SitePicture) -> bool:
    return picture.site.logo == picture.name or bool(pages_with(picture))


def use_as_logo(site: Site, picture: SitePicture | None) -> None:
    """None: the site's name stands there instead."""
    site.logo = picture.name if picture is not None else ""
    site.note_change()


def remove(picture: SitePicture) -> None:
    """Raises Conflict while something shows it."""
    if is_shown(picture):
        raise Conflict(_("This picture is shown on the site. Take it off there first."))
    picture.site.note_change()
    picture.site.pictures.remove(picture)


def add_picture(site: Site, picture: Picture, label: str) -> SitePicture:
    """One row for the same picture, however often it is added."""
    for kept in site.pictures:
        if kept.name == picture.name:
            return kept
    row = SitePicture(
        name=picture.name,
        label=label[:120],
        width=round(picture.width),
        height=round(picture.height),
        size=len(picture.content),
        content=picture.content,
    )
    site.pictures.append(row)
    return row
