"""Making and changing a discount code, copying it, and switching it on and off."""

from __future__ import annotations

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from webapp.blueprints.access import needs
from webapp.blueprints.admin import discount_code_form, discount_code_words
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.changes import Clash
from webapp.blueprints.admin.discount_code_form import DiscountCodeForm, read_facts
from webapp.blueprints.admin.related import found
from webapp.blueprints.admin.saving import Edit, save
from webapp.blueprints.views import View, go_to
from webapp.domain import discount_codes, network
from webapp.domain.discount_codes import Facts
from webapp.domain.staff import Capability
from webapp.errors import Invalid
from webapp.extensions import db
from webapp.models import DiscountCode, PricingType, Product
from webapp.transactions import unit_of_work

TICKS_AT_MOST = 200
form_view = View("admin/discount_code_form.html", block="form")


@bp.get("/discount-codes/new")
@needs(Capability.DISCOUNT_CODES_EDIT)
def new_discount_code() -> ResponseReturnValue:
    return show(DiscountCodeForm(formdata=None, data={"currency": network.settings().currency}), None)


@bp.get("/discount-codes/<int:code_id>/edit")
@needs(Capability.DISCOUNT_CODES_EDIT)
def edit_discount_code(code_id: int) -> ResponseReturnValue:
    code: DiscountCode = found(DiscountCode, code_id)
    return show(DiscountCodeForm(formdata=None, data=discount_code_form.values_of(code)), code)


def show(
    form: DiscountCodeForm, code: DiscountCode | None, *, clash: Clash | None = None, status: int = 200
) -> Response:
    """`code`: the one that is changed; None: a new one."""
    url = url_for("admin.update_discount_code", code_id=code.id) if code else url_for("admin.create_discount_code")
    form.offer(tickable())
    return form_view.show(status=status, form=form, errors=form.problems(), code=code, action=url, clash=clash)


def tickable() -> list[Product]:
    """What a code can take something off: all that is sold for a price."""
    query = select(Product).where(Product.pricing_type.in_((PricingType.PAID, PricingType.PAY_WHAT_YOU_WANT)))
    return list(db.session.scalars(query.order_by(Product.list_order, Product.id).limit(TICKS_AT_MOST)))


@bp.post("/discount-codes")
@needs(Capability.DISCOUNT_CODES_EDIT)
def create_discount_code() -> ResponseReturnValue:
    form = DiscountCodeForm()
    facts = read(form, None)
    if facts is None:
        return show(form, None, status=422)
    try:
        with unit_of_work(actor()):
            code = discount_codes.create(facts, active=bool(form.active.data))
    except Invalid as problem:  # somebody was quicker with the same code
        form.refuse(problem)
        return show(form, None, status=422)
    flash(_("“%(name)s” is saved.", name=code.code), "success")
    return go_to(url_for("admin.show_discount_code", code_id=code.id))


@bp.post("/discount-codes/<int:code_id>")
@needs(Capability.DISCOUNT_CODES_EDIT)
def update_discount_code(code_id: int) -> ResponseReturnValue:
    """Save it; what somebody else saved meanwhile is shown first, and nothing typed is lost."""
    code: DiscountCode = found(DiscountCode, code_id)
    form = DiscountCodeForm()
    facts = read(form, code)
    if facts is None:
        return show(form, code, status=422)
    edit = Edit(
        find=lambda: found(DiscountCode, code_id),
        described=discount_codes.described,
        yours=lambda: discount_codes.described(discount_codes.preview(facts)),
        words=discount_code_words,
        show=show,
    )
    return save(
        edit,
        form,
        lambda seen: discount_codes.change(discount_codes.locked(code_id), facts, seen=seen),
        said=_("Changes saved."),
        url=url_for("admin.show_discount_code", code_id=code_id),
    )


def read(form: DiscountCodeForm, code: DiscountCode | None) -> Facts | None:
    """What is to be kept; None when something is wrong, which then stands beside its field."""
    shape_is_right = form.validate()
    facts, all_read = read_facts(form, network.settings().currency)
    for problem in discount_codes.problems(facts, code) if shape_is_right and all_read else ():
        form.refuse(problem)
    return None if form.problems() else facts


# -- with one press ----------------------------------------------------------------------------------------------
@bp.post("/discount-codes/<int:code_id>/copies")
@needs(Capability.DISCOUNT_CODES_EDIT)
def create_code_copy(code_id: int) -> ResponseReturnValue:
    """On to the copy's form: it is switched on when somebody has looked at it."""
    with unit_of_work(actor()):
        copy = discount_codes.duplicate(discount_codes.locked(code_id))
    flash(_("This is the copy. It is switched off until you switch it on."), "info")
    return go_to(url_for("admin.edit_discount_code", code_id=copy.id))


@bp.post("/discount-codes/<int:code_id>/switch")
@needs(Capability.DISCOUNT_CODES_EDIT)
def update_code_switch(code_id: int) -> ResponseReturnValue:
    """`on=1` switches it on, anything else off."""
    on = request.form.get("on") == "1"
    with unit_of_work(actor()):
        discount_codes.switch(discount_codes.locked(code_id), on=on)
    flash(_("It can be used now.") if on else _("It can no longer be used. What was agreed with it stays."), "success")
    return go_to(url_for("admin.show_discount_code", code_id=code_id))
