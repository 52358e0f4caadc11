"""The picture on a product's card."""

from __future__ import annotations

from sqlalchemy import delete, select

from webapp.domain import audit, network, pictures
from webapp.domain.pictures import Picture
from webapp.extensions import db
from webapp.models import BrandFile, Product

LARGEST = (960, 640)
SHOWN = (480, 320)


def read(data: bytes) -> Picture:
    """A file that somebody chose. Raises Invalid, with a sentence for them."""
    return pictures.read(data, LARGEST, "picture")


def keep(product: Product, picture: Picture) -> None:
    """From now on it is on the product's card, in place of the one before."""
    pictures.keep(picture)
    _change(product, picture.name, *picture.within(*SHOWN))


def remove(product: Product) -> None:
    _change(product, "", 0, 0)


def _change(product: Product, name: str, width: int, height: int) -> None:
    before = product.image
    product.image, product.image_width, product.image_height = name, width, height
    db.session.flush()
    forget(before)
    audit.note(product, "products.picture", before={"image": before}, after={"image": name})


def forget(name: str) -> None:
    """A file that nothing shows any more."""
    others = select(Product.id).where(Product.image == name)
    if name and network.settings().logo != name and db.session.scalar(others.limit(1)) is None:
        db.session.execute(delete(BrandFile).where(BrandFile.name == name))
