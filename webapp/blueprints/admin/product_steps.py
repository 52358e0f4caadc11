"""What is done to a product with one press: copied, put on sale and off, moved, given a picture, deleted."""

from __future__ import annotations

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints.access import needs
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.products import show, show_list
from webapp.blueprints.views import View, go_to, is_fragment_request
from webapp.domain import catalog, pictures, product_pictures, products
from webapp.domain.staff import Capability
from webapp.errors import DomainError, Invalid
from webapp.models import Product
from webapp.transactions import unit_of_work

deletion_view = View("admin/product_deletion.html")


@bp.post("/products/<int:product_id>/copies")
@needs(Capability.PRODUCTS_EDIT)
def create_copy(product_id: int) -> ResponseReturnValue:
    """On to the copy's form: it is put on sale when somebody has looked at it."""
    with unit_of_work(actor()):
        copy = products.duplicate(products.locked(product_id))
    flash(_("This is the copy. It is off sale until you put it on sale."), "info")
    return go_to(url_for("admin.edit_product", product_id=copy.id))


@bp.post("/products/<int:product_id>/sale")
@needs(Capability.PRODUCTS_EDIT)
def update_sale(product_id: int) -> ResponseReturnValue:
    """`on_sale=1` puts it on sale, anything else takes it off."""
    on_sale = request.form.get("on_sale") == "1"
    with unit_of_work(actor()):
        products.put_on_sale(products.locked(product_id), on_sale=on_sale)
    if on_sale:
        flash(_("It is on sale now."), "success")
    else:
        flash(_("It is off sale. Memberships that have it go on as before."), "success")
    return go_to(url_for("admin.show_product", product_id=product_id))


@bp.post("/products/<int:product_id>/place")
@needs(Capability.PRODUCTS_EDIT)
def update_place(product_id: int) -> ResponseReturnValue:
    """One place up or down (`by`) among all products; the list stays as it was looked at."""
    by = -1 if request.form.get("by") == "-1" else 1
    product = catalog.find(product_id)
    said = refused = ""
    try:
        with unit_of_work(actor()):
            said = told(product, by, moved=products.move(product, by=by))
    except DomainError as error:
        said = refused = error.message
    if is_fragment_request():
        return show_list(said)
    flash(said, "error" if refused else "success")
    here = url_for("admin.list_products")
    return go_to(f"{here}?{request.query_string.decode()}" if request.query_string else here)


def told(product: Product, by: int, *, moved: bool) -> str:
    if not moved:
        return (
            _("“%(name)s” is first already.", name=product.name)
            if by < 0
            else _("“%(name)s” is last already.", name=product.name)
        )
    if by < 0:
        return _("“%(name)s” moved up.", name=product.name)
    return _("“%(name)s” moved down.", name=product.name)


@bp.post("/products/<int:product_id>/picture")
@needs(Capability.PRODUCTS_EDIT)
def update_picture(product_id: int) -> ResponseReturnValue:
    """A new one from the file `picture`; `remove=1` takes it away."""
    removes = request.form.get("remove") == "1"
    file = request.files.get("picture")
    try:
        data = file.stream.read(pictures.BYTES_AT_MOST + 1) if file else b""
        picture = None if removes else product_pictures.read(data)
    except Invalid as problem:
        product = catalog.find(product_id)
        return show(product, picture_error=problem.message, status=problem.status)
    with unit_of_work(actor()):
        product = products.locked(product_id)
        product_pictures.keep(product, picture) if picture else product_pictures.remove(product)
    flash(_("The picture is on its card now.") if picture else _("The picture is removed."), "success")
    return go_to(url_for("admin.show_product", product_id=product_id))


@bp.get("/products/<int:product_id>/deletion")
@needs(Capability.PRODUCTS_EDIT)
def confirm_deletion(product_id: int) -> ResponseReturnValue:
    """The question on a page of its own, for browsers without script."""
    product = catalog.find(product_id)
    if products.is_used(product):
        return go_to(url_for("admin.show_product", product_id=product_id))
    return deletion_view.show(product=product)


@bp.post("/products/<int:product_id>/deletion")
@needs(Capability.PRODUCTS_EDIT)
def create_deletion(product_id: int) -> ResponseReturnValue:
    try:
        with unit_of_work(actor()):
            product = products.locked(product_id)
            name = product.name
            products.delete(product)
    except DomainError as error:
        return refuse(product_id, error)
    flash(_("“%(name)s” is deleted.", name=name), "success")
    return go_to(url_for("admin.list_products"))


def refuse(product_id: int, error: DomainError) -> Response:
    """NotFound stays one."""
    return show(catalog.find(product_id), problem=error.message, status=error.status)
