"""Tax rates: which there are, making, changing, copying and deleting one."""

from __future__ import annotations

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.blueprints.access import needs
from webapp.blueprints.admin import changes, tax_rate_form, tax_rate_words
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.changes import Clash
from webapp.blueprints.admin.saving import Edit, save
from webapp.blueprints.admin.tax_rate_form import TaxRateForm
from webapp.blueprints.views import View, go_to
from webapp.domain import network, tax_rates
from webapp.domain.staff import Capability
from webapp.domain.tax_rates import Facts
from webapp.models import TaxRate
from webapp.transactions import unit_of_work

list_view = View("admin/tax_rates.html")
form_view = View("admin/tax_rate_form.html")
deletion_view = View("admin/tax_rate_deletion.html")


@bp.get("/tax-rates")
@needs(Capability.SETTINGS_VIEW)
def list_tax_rates() -> ResponseReturnValue:
    known = tax_rates.categories()
    category = request.args.get("category", "")
    return list_view.show(
        rates=tax_rates.listed(category if category in known else ""),
        tabs=tabs(known, category) if len(known) > 1 else [],
        untaxed=tax_rates.untaxed_categories() if network.settings().enable_taxes else [],
        network=network.settings(),
        words=tax_rate_words,
    )


def tabs(known: list[str], chosen: str) -> list[dict[str, object]]:
    every = {"label": _("All categories"), "url": url_for("admin.list_tax_rates"), "current": chosen not in known}
    own = [
        {"label": one, "url": url_for("admin.list_tax_rates", category=one), "current": one == chosen} for one in known
    ]
    return [every, *own]


@bp.get("/tax-rates/new")
@needs(Capability.SETTINGS_EDIT)
def new_tax_rate() -> ResponseReturnValue:
    return show(tax_rate_form.empty(), None)


@bp.get("/tax-rates/<int:tax_rate_id>")
@needs(Capability.SETTINGS_VIEW)
def show_tax_rate(tax_rate_id: int) -> ResponseReturnValue:
    rate = tax_rates.find(tax_rate_id)
    return show(tax_rate_form.filled(rate), rate)


def show(form: TaxRateForm, rate: TaxRate | None, *, clash: Clash | None = None, status: int = 200) -> Response:
    """`rate`: the one that is changed; None: a new one."""
    action = url_for("admin.update_tax_rate", tax_rate_id=rate.id) if rate else url_for("admin.create_tax_rate")
    return form_view.show(
        status=status,
        form=form,
        errors=form.problems(),
        rate=rate,
        words=tax_rate_words,
        action=action,
        clash=clash,
        categories=tax_rates.categories(),
        changes=changes.of(rate, tax_rate_words.label, tax_rate_words.value) if rate else [],
    )


def read(form: TaxRateForm) -> Facts | None:
    """What is to be kept; None when something is wrong, which then stands beside its field."""
    facts = form.facts()
    if form.validate():
        for problem in tax_rates.problems(facts):
            form.refuse(problem)
    return None if form.problems() else facts


@bp.post("/tax-rates")
@needs(Capability.SETTINGS_EDIT)
def create_tax_rate() -> ResponseReturnValue:
    form = TaxRateForm()
    facts = read(form)
    if facts is None:
        return show(form, None, status=422)
    with unit_of_work(actor()):
        rate = tax_rates.create(facts)
    flash(_("“%(name)s” is saved.", name=rate.title), "success")
    return go_to(url_for("admin.list_tax_rates"))


@bp.post("/tax-rates/<int:tax_rate_id>")
@needs(Capability.SETTINGS_EDIT)
def update_tax_rate(tax_rate_id: int) -> ResponseReturnValue:
    """Save it; what somebody else saved meanwhile is shown first, and nothing typed is lost."""
    rate, form = tax_rates.find(tax_rate_id), TaxRateForm()
    facts = read(form)
    if facts is None:
        return show(form, rate, status=422)
    edit = Edit(
        find=lambda: tax_rates.find(tax_rate_id),
        described=tax_rates.described,
        yours=lambda: tax_rates.described(facts),
        words=tax_rate_words,
        show=show,
    )
    return save(
        edit,
        form,
        lambda seen: tax_rates.change(tax_rates.locked(tax_rate_id), facts, seen=seen),
        said=_("Changes saved. They count from the next order on."),
        url=url_for("admin.list_tax_rates"),
    )


@bp.post("/tax-rates/<int:tax_rate_id>/copies")
@needs(Capability.SETTINGS_EDIT)
def create_tax_rate_copy(tax_rate_id: int) -> ResponseReturnValue:
    with unit_of_work(actor()):
        copy = tax_rates.duplicate(tax_rates.locked(tax_rate_id))
    flash(_("This is the copy. It does not count until you say so."), "info")
    return go_to(url_for("admin.show_tax_rate", tax_rate_id=copy.id))


@bp.get("/tax-rates/<int:tax_rate_id>/deletion")
@needs(Capability.SETTINGS_EDIT)
def confirm_tax_rate_deletion(tax_rate_id: int) -> ResponseReturnValue:
    """The question on a page of its own, for browsers without script."""
    return deletion_view.show(rate=tax_rates.find(tax_rate_id), words=tax_rate_words)


@bp.post("/tax-rates/<int:tax_rate_id>/deletion")
@needs(Capability.SETTINGS_EDIT)
def create_tax_rate_deletion(tax_rate_id: int) -> ResponseReturnValue:
    with unit_of_work(actor()):
        rate = tax_rates.locked(tax_rate_id)
        title = rate.title
        tax_rates.delete(rate)
    flash(_("“%(name)s” is deleted.", name=title), "success")
    return go_to(url_for("admin.list_tax_rates"))
