"""Giving one's site to somebody else, and taking over what is offered."""

from __future__ import annotations

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import Optional

from webapp.blueprints import access
from webapp.blueprints.account.base import bp, changing, customer
from webapp.blueprints.checkout.forms import check_email
from webapp.blueprints.consumer.forms import email_field
from webapp.blueprints.form import Form
from webapp.blueprints.site_addresses import site_address
from webapp.blueprints.views import View, go_to
from webapp.domain import site_transfers, sites
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import limiter
from webapp.flows import site_changing
from webapp.models import Site, SiteChangeKind

offer_view = View("account/site_transfer.html")
answer_view = View("account/site_offered.html")


class TransferForm(Form):
    email = email_field(_l("E-mail address of the new owner"))

    def validate_email(self, _field: object) -> None:
        check_email(self.email.data)


class AcceptForm(Form):
    membership_id = RadioField(
        _l("Contract that the site shall belong to"), choices=[], validate_choice=False, validators=[Optional()]
    )

    @property
    def chosen(self) -> int | None:
        text = str(self.membership_id.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


# -- giving ----------------------------------------------------------------------------------------------------------
def given(site_id: int) -> Site:
    """Raises NotFound, also for one that cannot be given away."""
    site = sites.find(site_id, customer_id=customer().id)
    if not site_transfers.may_be_given(site, there=site_changing.may_be_asked(site, SiteChangeKind.TRANSFER)):
        raise NotFound()
    return site


@bp.get("/sites/<int:site_id>/transfer")
def confirm_transfer(site_id: int) -> ResponseReturnValue:
    """What goes along and what does not, before anybody is asked."""
    return show_giving(site_id, TransferForm(formdata=None))


def show_giving(site_id: int, form: TransferForm, *, status: int = 200) -> Response:
    site = given(site_id)
    return offer_view.show(
        status=status,
        site=site,
        form=form,
        errors=form.problems(),
        waiting=site_transfers.open_of(site),
        days=site_transfers.LASTS.days,
    )


@bp.post("/sites/<int:site_id>/transfer")
@limiter.limit("20 per hour")
def create_transfer(site_id: int) -> ResponseReturnValue:
    """The same is said whether the address has an account or not."""
    access.not_acting()
    form = TransferForm()
    if not form.validate():
        return show_giving(site_id, form, status=422)
    email = str(form.email.data or "")
    try:
        with changing():
            site = sites.locked(site_id, customer_id=customer().id)
            there, url = site_changing.may_be_asked(site, SiteChangeKind.TRANSFER), site_address(site)
            site_transfers.offer(site, email, locale=str(get_locale() or "en"), site_url=url, there=there)
    except Invalid as problem:
        form.email.errors = [problem.message]
        return show_giving(site_id, form, status=422)
    flash(_("We wrote to %(email)s. The site stays yours until they accept.", email=email), "success")
    return go_to(url_for(".confirm_transfer", site_id=site_id))


@bp.post("/sites/<int:site_id>/transfer/withdrawal")
def withdraw_transfer(site_id: int) -> ResponseReturnValue:
    with changing():
        site = sites.locked(site_id, customer_id=customer().id)
        was_open = site_transfers.withdraw_open(site, reason="withdrawn")
    if was_open:
        flash(_("The offer is withdrawn. The site stays yours."), "success")
    return go_to(url_for(".show_site", site_id=site_id))


# -- taking over -----------------------------------------------------------------------------------------------------
@bp.get("/transfers/<token>")
def show_transfer(token: str) -> ResponseReturnValue:
    """What is offered. Looking takes nothing over."""
    access.not_acting()
    return show_offer(token, AcceptForm(formdata=None))


def show_offer(token: str, form: AcceptForm, *, problem: str = "", status: int = 200) -> Response:
    """`problem`: why it was not taken over."""
    own = customer()
    asked, contracts = site_transfers.find(token, own), site_transfers.choices(own.id)
    free = [one.id for one, has_room in contracts if has_room]
    form.membership_id.data = form.membership_id.data or (str(free[0]) if len(free) == 1 else None)
    answer = answer_view.show(
        status=status,
        problem=problem,
        asked=asked,
        site=asked.site,
        token=token,
        form=form,
        errors=form.problems(),
        contracts=contracts,
        free=free,
    )
    answer.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    return answer


@bp.post("/transfers/<token>")
def accept_transfer(token: str) -> ResponseReturnValue:
    access.not_acting()
    form = AcceptForm()
    if not form.validate() or form.chosen is None:
        form.membership_id.errors = [_("Choose the contract that the site shall belong to.")]
        return show_offer(token, form, status=422)
    try:
        with changing():
            site = site_transfers.accept(token, customer().id, form.chosen)
            site_id, is_theirs = site.id, site.membership_id == form.chosen
    except Conflict as problem:
        return show_offer(token, form, problem=problem.message, status=problem.status)
    if not is_theirs:
        flash(_("The system that shows the site is told. The site stands here as soon as it is yours there."), "info")
        return go_to(url_for(".overview"))
    flash(_("The site is yours now."), "success")
    return go_to(url_for(".show_site", site_id=site_id))


@bp.post("/transfers/<token>/refusal")
def decline_transfer(token: str) -> ResponseReturnValue:
    access.not_acting()
    with changing():
        site_transfers.decline(token, customer().id)
    flash(_("You have declined the site. Who offered it is told."), "success")
    return go_to(url_for(".overview"))
