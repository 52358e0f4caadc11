"""The operator's logo: what is taken, what is kept of it, and where it is served.

What it is, its bytes say, never its name. A picture is drawn anew, so that nothing but the picture is left of a file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO

from flask_babel import gettext as _
from PIL import Image, ImageOps
from sqlalchemy import delete

from webapp.domain import audit, network, vector_graphics
from webapp.errors import Invalid, NotFound
from webapp.extensions import db
from webapp.models import BrandFile, Setting

BYTES_AT_MOST = 1_000_000
PIXELS_AT_MOST = 16_000_000
LARGEST = (1200, 360)  # what is larger is made smaller: it is shown 36 pixels high
SHOWN_HEIGHT, SHOWN_WIDTH_AT_MOST = 36, 216
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "svg": "image/svg+xml"}
FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}


@dataclass(frozen=True, slots=True)
class Logo:
    content: bytes
    kind: str
    width: float
    height: float

    @property
    def name(self) -> str:
        """Never used for anything else, so whoever has it may keep it for good."""
        return f"{hashlib.sha256(self.content).hexdigest()[:40]}.{self.kind}"

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height on a page, in its own proportions."""
        scale = min(SHOWN_HEIGHT / self.height, SHOWN_WIDTH_AT_MOST / self.width)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


def read(data: bytes) -> Logo:
    """A file that somebody chose. Raises Invalid, with a sentence for them."""
    if not data:
        raise Invalid(_("Choose a file."), field="logo")
    if len(data) > BYTES_AT_MOST:
        raise Invalid(_("This file is larger than 1 MB. Choose a smaller one."), field="logo")
    if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        content, width, height = vector_graphics.cleaned(data)
        return Logo(content, "svg", width, height)
    return _drawn_anew(data)


def _drawn_anew(data: bytes) -> Logo:
    try:
        with Image.open(BytesIO(data), formats=list(FORMATS)) as found:
            if found.width * found.height > PIXELS_AT_MOST:
                raise Invalid(_("This picture has too many pixels. Make it smaller."), field="logo")
            kind = str(found.format)
            picture = ImageOps.exif_transpose(found)
            picture.thumbnail(LARGEST)
            return _saved(picture, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Invalid(_("This picture has too many pixels. Make it smaller."), field="logo") from None
    except (OSError, SyntaxError, ValueError, EOFError):
        raise Invalid(_("Choose a picture in the format PNG, JPEG, WebP or SVG."), field="logo") from None


def _saved(picture: Image.Image, kind: str) -> Logo:
    """The pixels and nothing else: no place where it was taken, no program's notes."""
    mode = "RGB" if kind == "JPEG" else "RGBA"
    pixels = Image.new(mode, picture.size)
    pixels.paste(picture.convert(mode))
    file = BytesIO()
    pixels.save(file, kind, **({"optimize": True} if kind == "PNG" else {"quality": 90}))
    return Logo(file.getvalue(), FORMATS[kind], picture.width, picture.height)


def keep(logo: Logo) -> None:
    """From now on it is on every page, and no other is kept."""
    network.lock()
    _forget(but=logo.name)
    if db.session.get(BrandFile, logo.name) is None:
        db.session.add(BrandFile(name=logo.name, content=logo.content))
    width, height = logo.shown
    _change(logo.name, width, height)


def remove() -> None:
    network.lock()
    _forget(but="")
    _change("", 0, 0)


def _forget(*, but: str) -> None:
    db.session.execute(delete(BrandFile).where(BrandFile.name != but))


def _change(name: str, width: int, height: int) -> None:
    before = network.settings().logo
    network.change({"logo": name, "logo_width": width, "logo_height": height})
    audit.note(Setting, "settings.logo", before={"logo": before}, after={"logo": name})


def find(name: str) -> tuple[bytes, str]:
    """What is in it, and its content type. Raises NotFound."""
    file = db.session.get(BrandFile, name)
    if file is None:
        raise NotFound()
    return file.content, CONTENT_TYPES[name.rpartition(".")[2]]
