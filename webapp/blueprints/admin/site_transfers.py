"""Giving a site to another customer directly, by the staff."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload
from wtforms import IntegerField, StringField
from wtforms.validators import Length, Optional

from webapp.blueprints.access import needs
from webapp.blueprints.admin import sites as pages
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.related import CUSTOMER_NAME, PLAN
from webapp.blueprints.form import Form
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, locks, site_transfers, sites
from webapp.domain.staff import Capability
from webapp.errors import Conflict, DomainError
from webapp.extensions import db
from webapp.flows import site_changing
from webapp.models import Membership, Site, SiteChangeKind
from webapp.transactions import unit_of_work

transfer_view = View("admin/site_transfer.html")
HIGHEST = 2**63 - 1


class TransferForm(Form):
    """`version`: of the site that was looked at. `sure`: both names were shown before."""

    membership = StringField(
        _l("Number of the membership"),
        validators=[Length(max=40)],
        description=_l("The one of another customer's that the site shall belong to; its page shows the number."),
    )
    version = IntegerField(_l("Version"), validators=[Optional()])
    sure = StringField("", validators=[Length(max=1)])


@bp.get("/sites/<int:site_id>/transfer")
@needs(Capability.SITES_TRANSFER)
def confirm_site_transfer(site_id: int) -> ResponseReturnValue:
    return ask(site_id, TransferForm(formdata=None))


def ask(site_id: int, form: TransferForm, to: Membership | None = None, *, status: int = 200) -> Response:
    """`to`: the membership that was named, to look at it with its customer before anything is done."""
    site = pages.look_at(site_id)
    return transfer_view.show(
        status=status,
        site=site,
        form=form,
        to=to,
        waiting=site_transfers.open_of(site),
        errors=form.problems(),
    )


@bp.post("/sites/<int:site_id>/transfer")
@needs(Capability.SITES_TRANSFER)
def create_site_transfer(site_id: int) -> ResponseReturnValue:
    """First both names are shown; only who has seen them gives the site away."""
    form = TransferForm()
    if not form.validate():
        return ask(site_id, form, status=422)
    to = named(str(form.membership.data or ""))
    if to is None:
        form.membership.errors = [_("There is no membership with this number.")]
        return ask(site_id, form, status=422)
    if form.sure.data != "1":
        return ask(site_id, form, to)
    try:
        is_done = give(site_id, to.id, form)
    except DomainError as error:
        return pages.show(pages.look_at(site_id), problem=error.message, status=error.status)
    if is_done:
        flash(_("The site belongs to another customer now."), "success")
    else:
        flash(_("The hosting system is asked for it. The site stays as it is until that says yes."), "info")
    return go_to(url_for("admin.show_site", site_id=site_id))


def named(number: str) -> Membership | None:
    number = number.strip().lstrip("#")
    if not (number.isascii() and number.isdigit()) or int(number) > HIGHEST:
        return None
    names = joinedload(Membership.customer).options(CUSTOMER_NAME), PLAN
    return db.session.get(Membership, int(number), options=names)


def give(site_id: int, membership_id: int, form: TransferForm) -> bool:
    """Whether it is done; else it is asked for where the site is made. Raises DomainError."""
    with unit_of_work(actor()):
        site_transfers.lock(sites.find(site_id).membership_id, membership_id)
        site = db.session.get_one(Site, site_id, populate_existing=True)
        if form.version.data not in (None, site.version):
            raise Conflict()
        before = facts(site)
        there = site_changing.may_be_asked(site, SiteChangeKind.TRANSFER)
        to = locks.membership(membership_id)
        site_transfers.give(site, to, there=there)
        after = {"customer": f"{to.customer_id}", "membership": f"{to.id}"}
        audit.note(site, "sites.transfer", before=before, after=after)
        return not site.is_elsewhere


def facts(site: Site) -> dict[str, str]:
    """Numbers: a name would stay in the log when its owner's account is deleted."""
    return {"customer": f"{site.customer.id}", "membership": f"{site.membership.id}"}
