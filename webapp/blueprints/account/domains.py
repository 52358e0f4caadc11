"""A site's own domains: adding one, the records it needs, how it stands, and which is the main address."""

from __future__ import annotations

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField

from webapp.blueprints import domain_words
from webapp.blueprints.account.base import bp, changing, customer
from webapp.blueprints.form import Form
from webapp.blueprints.site_addresses import address_at, own_names
from webapp.blueprints.views import View, go_to
from webapp.domain import domain_names, entitlements, sites
from webapp.domain.limits import Limit
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import limiter
from webapp.models import DomainName, Site

list_view = View("account/domains.html")
domain_view = View("account/domain.html", block="state")
removal_view = View("account/domain_removal.html")


class DomainForm(Form):
    domain = StringField(_l("Domain"))
    becomes_main = BooleanField(_l("Make it the main address as soon as it leads here"))


def own_site(site_id: int) -> Site:
    """Raises NotFound, also where there are no domains to be had."""
    site = sites.find(site_id, customer_id=customer().id)
    if not domain_names.is_offered(site):
        raise NotFound()
    return site


def own_domain(site_id: int, domain_id: int) -> DomainName:
    return domain_names.find(domain_id, site_id=own_site(site_id).id)


def locked(site_id: int) -> Site:
    return sites.locked(own_site(site_id).id)


@bp.get("/sites/<int:site_id>/domains")
def list_domains(site_id: int) -> ResponseReturnValue:
    return show(site_id, DomainForm(formdata=None, data={"becomes_main": True}))


def show(site_id: int, form: DomainForm, *, status: int = 200) -> Response:
    site = own_site(site_id)
    here = domain_words.here(site)
    main = site.main_domain or here
    return list_view.show(
        status=status,
        use=entitlements.use(site.membership, Limit.CUSTOM_DOMAINS),
        site=site,
        here=here,
        main_url=address_at(main),
        form=form,
        errors=form.problems(),
    )


@bp.post("/sites/<int:site_id>/domains")
@limiter.limit("30 per hour")
def create_domain(site_id: int) -> ResponseReturnValue:
    form = DomainForm()
    if not form.validate():
        return show(site_id, form, status=422)
    try:
        with changing():
            text, main = str(form.domain.data or ""), bool(form.becomes_main.data)
            domain_id = domain_names.add(locked(site_id), text, ours=own_names(), main=main).id
    except Invalid as problem:
        form.domain.errors = [problem.message]
        return show(site_id, form, status=422)
    flash(_("The domain is in the list. Now enter its records where you have registered it."), "success")
    return go_to(url_for(".show_domain", site_id=site_id, domain_id=domain_id))


@bp.get("/sites/<int:site_id>/domains/<int:domain_id>")
def show_domain(site_id: int, domain_id: int) -> ResponseReturnValue:
    domain = own_domain(site_id, domain_id)
    return domain_view.show(
        site=domain.site,
        domain=domain,
        url=address_at(domain.name),
        pointers=domain_words.pointers(domain),
        alias=domain_words.alias(domain),
        proof=domain_words.proof(domain),
        is_top=domain_words.is_top(domain),
    )


@bp.post("/sites/<int:site_id>/domains/<int:domain_id>/check")
@limiter.limit("60 per hour")
def create_domain_check(site_id: int, domain_id: int) -> ResponseReturnValue:
    try:
        with changing():
            domain_names.check_again(own_domain(locked(site_id).id, domain_id))
    except Invalid as problem:
        flash(problem.message, "error")
    else:
        flash(_("We are looking at the records now."), "success")
    return go_to(url_for(".show_domain", site_id=site_id, domain_id=domain_id))


@bp.post("/sites/<int:site_id>/main-address")
def update_main_address(site_id: int) -> ResponseReturnValue:
    """`domain_id`: which; without it the address at the network."""
    chosen = request.form.get("domain_id", "", type=str)
    number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else None
    try:
        with changing():
            site = locked(site_id)
            domain_names.make_main(site, own_domain(site_id, number) if number is not None else None)
    except Conflict as problem:
        flash(problem.message, "error")
    else:
        flash(_("Your site has another main address. Its other addresses lead there."), "success")
    return go_to(url_for(".list_domains", site_id=site_id))


@bp.get("/sites/<int:site_id>/domains/<int:domain_id>/removal")
def confirm_domain_removal(site_id: int, domain_id: int) -> ResponseReturnValue:
    domain = own_domain(site_id, domain_id)
    return removal_view.show(site=domain.site, domain=domain)


@bp.post("/sites/<int:site_id>/domains/<int:domain_id>/removal")
def delete_domain(site_id: int, domain_id: int) -> ResponseReturnValue:
    with changing():
        domain_names.remove(own_domain(locked(site_id).id, domain_id))
    flash(_("The domain is removed."), "success")
    return go_to(url_for(".list_domains", site_id=site_id))
