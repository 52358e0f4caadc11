"""Making and changing a product: its form, the look at its card, and what is said when two edit it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from webapp.blueprints.access import needs
from webapp.blueprints.admin import product_form, product_words
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.changes import Clash
from webapp.blueprints.admin.product_form import ProductForm
from webapp.blueprints.admin.product_reading import read_facts
from webapp.blueprints.admin.products import cards_of
from webapp.blueprints.admin.saving import Edit, save
from webapp.blueprints.checkout.cards import PlanCard
from webapp.blueprints.views import View, go_to, is_fragment_request
from webapp.domain import catalog, network, product_addons, product_problems, product_rows, products, site_templates
from webapp.domain.product_facts import Facts
from webapp.domain.staff import Capability
from webapp.errors import Invalid
from webapp.models import PricingType, Product
from webapp.transactions import unit_of_work

form_view = View("admin/product_form.html", block="form")
preview_view = View("admin/product_form.html", block="preview")
OTHER_BUTTONS = ("preview", "add_row", "add_currency", "remove_row")


@bp.get("/products/new")
@needs(Capability.PRODUCTS_EDIT)
def new_product() -> ResponseReturnValue:
    return show(ProductForm(formdata=None), None)


@bp.get("/products/<int:product_id>/edit")
@needs(Capability.PRODUCTS_EDIT)
def edit_product(product_id: int) -> ResponseReturnValue:
    product = catalog.find(product_id)
    return show(ProductForm(formdata=None, data=product_form.values_of(product)), product)


def show(form: ProductForm, product: Product | None, *, clash: Clash | None = None, status: int = 200) -> Response:
    """`product`: the one that is changed; None: a new one."""
    url = url_for("admin.update_product", product_id=product.id) if product else url_for("admin.create_product")
    form.align()
    form.tax_category.choices = categories_of(product)
    form.provisioner.choices = makers_for(product)
    chosen = product.available_addons if product else ()
    return form_view.show(
        status=status,
        form=form,
        errors=form.problems(),
        product=product,
        action=url,
        clash=clash,
        currency=currency_of(product),
        added=next((name for name in ("add_row", "add_currency") if name in request.form), ""),
        addons=[(str(one.id), one.name, one) for one in product_addons.candidates(chosen)],
        groups=products.groups(),
        templates=templates_for(product),
        cards=cards(form, product),
    )


def currency_of(product: Product | None) -> str:
    return product.currency if product else network.settings().currency


def makers_for(product: Product | None) -> list[tuple[str, str]]:
    return product_words.makers(product.provisioner if product else "")


def templates_for(product: Product | None) -> list[tuple[str, str, bool]]:
    """Name in addresses, title, and whether it is offered; those that the plan names too, whatever became of them."""
    locale = str(get_locale() or "en")
    known = site_templates.known()
    able = [(slug, one.template.title(locale), one.active) for slug, one in known.items()]
    return able + [(one, one, False) for one in (product.site_templates if product else []) if one not in known]


def categories_of(product: Product | None) -> list[tuple[str, str]]:
    """Of the tax rates that there are, by the names that they were given."""
    return [(one, _("Default") if one == "default" else one) for one in products.tax_categories(product)]


def cards(form: ProductForm, product: Product | None) -> Sequence[tuple[PlanCard, str]]:
    """The card for what is typed so far; what cannot be read yet is left out and said nowhere."""
    kept = [(field, list(field.errors)) for field in form.every_field()]
    facts, _fine = read_facts(form, currency_of(product))
    for field, errors in kept:
        field.errors = errors
    shown = cards_of(products.preview(replace(facts, name=facts.name or _("Name"), slug=facts.slug or "name")))
    if facts.pricing_type != PricingType.PAID or facts.amount:
        return shown
    return [(replace(card, is_unpriced=True), path) for card, path in shown]


@bp.post("/products/preview", defaults={"product_id": None})
@bp.post("/products/<int:product_id>/preview")
@needs(Capability.PRODUCTS_EDIT)
def preview_product(product_id: int | None) -> ResponseReturnValue:
    """The card for what is typed now. Writes nothing."""
    product = catalog.find(product_id) if product_id is not None else None
    form = ProductForm()
    if not is_fragment_request():
        return show(form, product)
    return preview_view.show(form=form, product=product, cards=cards(form, product))


@bp.post("/products")
@needs(Capability.PRODUCTS_EDIT)
def create_product() -> ResponseReturnValue:
    form = ProductForm()
    if other_button(form):
        return show(form, None)
    facts = read(form, None)
    if facts is None:
        return show(form, None, status=422)
    try:
        with unit_of_work(actor()):
            product = products.create(facts, active=bool(form.active.data))
    except Invalid as problem:  # somebody was quicker with the same slug
        form.refuse(problem)
        return show(form, None, status=422)
    flash(_("“%(name)s” is saved.", name=product.name), "success")
    return go_to(url_for("admin.show_product", product_id=product.id))


@bp.post("/products/<int:product_id>")
@needs(Capability.PRODUCTS_EDIT)
def update_product(product_id: int) -> ResponseReturnValue:
    """Save it; what somebody else saved meanwhile is shown first, and nothing typed is lost."""
    product = catalog.find(product_id)
    form = ProductForm()
    if other_button(form):
        return show(form, product)
    facts = read(form, product)
    if facts is None:
        return show(form, product, status=422)
    edit = Edit(
        find=lambda: catalog.find(product_id),
        described=product_rows.described,
        yours=lambda: product_rows.described(products.preview(facts)),
        words=product_words,
        show=show,
    )
    return save(
        edit,
        form,
        lambda seen: products.change(products.locked(product_id), facts, seen=seen),
        said=_("Changes saved."),
        url=url_for("admin.show_product", product_id=product_id),
    )


def other_button(form: ProductForm) -> bool:
    """A press that saves nothing: another look, a row more, a row less."""
    if "add_row" in request.form:
        product_form.add_row(form)
    if "add_currency" in request.form:
        product_form.add_currency(form)
    if "remove_row" in request.form:
        product_form.remove_row(form, request.form["remove_row"])
    return any(name in request.form for name in OTHER_BUTTONS)


def read(form: ProductForm, product: Product | None) -> Facts | None:
    """What is to be kept; None when something is wrong, which then stands beside its field."""
    shape_is_right = form.validate()
    facts, all_read = read_facts(form, currency_of(product))
    if product is not None and form.list_order.data == form.placed.data:
        facts = replace(facts, list_order=product.list_order)  # moved in the list meanwhile: it stays there
    if form.tax_category.data not in dict(categories_of(product)):
        form.refuse(Invalid(_("Choose from the list."), field="tax_category"))
    if (form.provisioner.data or "") not in dict(makers_for(product)):
        form.refuse(Invalid(_("Choose from the list."), field="provisioner"))
    refused = list(product_problems.problems(facts, product)) if shape_is_right and all_read else []
    for problem in refused:
        form.refuse(problem)
    return None if form.problems() else facts
