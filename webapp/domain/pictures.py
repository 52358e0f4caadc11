"""Pictures that operators upload: what is taken, and what is kept of them.

What it is, its bytes say, never its name. A picture is drawn anew, so that nothing but the picture is left of a file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO

from flask_babel import gettext as _
from PIL import Image, ImageOps

from webapp.domain import vector_graphics
from webapp.errors import Invalid, NotFound
from webapp.extensions import db
from webapp.models import BrandFile

BYTES_AT_MOST = 1_000_000
PIXELS_AT_MOST = 16_000_000
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "svg": "image/svg+xml"}
FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}


@dataclass(frozen=True, slots=True)
class Picture:
    content: bytes
    kind: str
    width: float
    height: float

    @property
    def name(self) -> str:
        """Never used for anything else, so whoever has it may keep it for good."""
        return f"{hashlib.sha256(self.content).hexdigest()[:40]}.{self.kind}"

    def within(self, width: int, height: int) -> tuple[int, int]:
        """Width and height on a page, in its own proportions, in a frame of this size."""
        scale = min(height / self.height, width / self.width)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


def read(data: bytes, largest: tuple[int, int], field: str, *, at_most: int = BYTES_AT_MOST) -> Picture:
    """A file that somebody chose; what is larger is made smaller. Raises Invalid, with a sentence for them."""
    if not data:
        raise Invalid(_("Choose a file."), field=field)
    if len(data) > at_most:
        number = at_most // 10**6
        text = _("This file is larger than %(number)s MB. Choose a smaller one.", number=number)
        raise Invalid(text, field=field)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") and b"<svg" in data:
        content, width, height = vector_graphics.cleaned(data)
        return Picture(content, "svg", width, height)
    return _drawn_anew(data, largest, field)


def _drawn_anew(data: bytes, largest: tuple[int, int], field: str) -> Picture:
    try:
        with Image.open(BytesIO(data), formats=list(FORMATS)) as found:
            if found.width * found.height > PIXELS_AT_MOST:
                raise Invalid(_("This picture has too many pixels. Make it smaller."), field=field)
            kind = str(found.format)
            picture = ImageOps.exif_transpose(found)
            picture.thumbnail(largest)
            return _saved(picture, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Invalid(_("This picture has too many pixels. Make it smaller."), field=field) from None
    except (OSError, SyntaxError, ValueError, EOFError):
        raise Invalid(_("Choose a picture in the format PNG, JPEG, WebP or SVG."), field=field) from None


def _saved(picture: Image.Image, kind: str) -> Picture:
    """The pixels and nothing else: no place where it was taken, no program's notes."""
    mode = "RGB" if kind == "JPEG" else "RGBA"
    pixels = Image.new(mode, picture.size)
    pixels.paste(picture.convert(mode))
    file = BytesIO()
    pixels.save(file, kind, **({"optimize": True} if kind == "PNG" else {"quality": 90}))
    return Picture(file.getvalue(), FORMATS[kind], picture.width, picture.height)


def keep(picture: Picture) -> None:
    """One file for all who show the same picture."""
    if db.session.get(BrandFile, picture.name) is None:
        db.session.add(BrandFile(name=picture.name, content=picture.content))


def find(name: str) -> tuple[bytes, str]:
    """What is in it, and its content type. Raises NotFound."""
    file = db.session.get(BrandFile, name)
    if file is None:
        raise NotFound()
    return file.content, CONTENT_TYPES[name.rpartition(".")[2]]
