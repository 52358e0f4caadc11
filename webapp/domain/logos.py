"""The operator's logo: how large it is shown, and that no other is kept."""

from __future__ import annotations

from sqlalchemy import delete, select

from webapp.domain import audit, network, pictures
from webapp.domain.pictures import Picture
from webapp.extensions import db
from webapp.models import BrandFile, Invoice, Product, Setting

LARGEST = (1200, 360)  # what is larger is made smaller: it is shown 36 pixels high
SHOWN = (216, 36)


def read(data: bytes) -> Picture:
    """A file that somebody chose. Raises Invalid, with a sentence for them."""
    return pictures.read(data, LARGEST, "logo")


def shown(logo: Picture) -> tuple[int, int]:
    """Width and height on a page."""
    return logo.within(*SHOWN)


def keep(logo: Picture) -> None:
    """From now on it is on every page, and no other is kept."""
    network.lock()
    _forget(but=logo.name)
    pictures.keep(logo)
    _change(logo.name, *shown(logo))


def remove() -> None:
    network.lock()
    _forget(but="")
    _change("", 0, 0)


def _forget(*, but: str) -> None:
    """What no product shows either, nor an invoice, which looks the same for good."""
    of_products = select(Product.image)
    on_invoices = select(Invoice.id).where(Invoice.issued_at >= BrandFile.created_at)  # one may have it on its head
    needless = (BrandFile.name != but, BrandFile.name.not_in(of_products), ~on_invoices.exists())
    db.session.execute(delete(BrandFile).where(*needless))


def _change(name: str, width: int, height: int) -> None:
    before = network.settings().logo
    network.change({"logo": name, "logo_width": width, "logo_height": height})
    audit.note(Setting, "settings.logo", before={"logo": before}, after={"logo": name})
