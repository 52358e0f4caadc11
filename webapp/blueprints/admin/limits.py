"""What a membership, or one site of it, may use: how much of it is used, and what the staff allows instead."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, abort, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, StringField
from wtforms.validators import DataRequired, Length, Optional

from webapp.blueprints import limit_words
from webapp.blueprints.access import needs
from webapp.blueprints.admin import memberships, sites
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.product_reading import read_limits
from webapp.blueprints.admin.reading import Reader
from webapp.blueprints.form import Form
from webapp.blueprints.limit_words import NAMES
from webapp.blueprints.views import View, go_to
from webapp.domain import entitlements, locks
from webapp.domain import sites as domain_sites
from webapp.domain.entitlements import LIMITS_OF
from webapp.domain.limits import OF_SITE, Limit
from webapp.domain.staff import Capability
from webapp.errors import Conflict
from webapp.models import Membership, Site
from webapp.transactions import unit_of_work

limits_view = View("admin/limits.html")
Row = Membership | Site


class OverrideForm(Form):
    """`version`: of what was looked at."""

    limit_sites = StringField(NAMES[Limit.SITES])
    limit_custom_domains = StringField(NAMES[Limit.CUSTOM_DOMAINS])
    limit_pages = StringField(NAMES[Limit.PAGES])
    limit_disk = StringField(NAMES[Limit.DISK])
    limit_visits = StringField(NAMES[Limit.VISITS])
    flags_on = StringField(_l("Features that it has as well"))
    flags_off = StringField(_l("Features that it does not have"))
    reason = StringField(
        _l("Reason"),
        validators=[
            DataRequired(_l("Say why, so that others know.")),
            Length(max=300, message=_l("Use at most 300 characters.")),
        ],
    )
    version = IntegerField(validators=[Optional()])


def values_of(row: Row) -> dict[str, Any]:
    kept = row.overrides or {}
    flags: dict[str, bool] = kept.get("flags", {})
    return {
        **{f"limit_{limit}": limit_words.written(limit, kept.get("limits", {})) for limit in LIMITS_OF[type(row)]},
        "flags_on": limit_words.written_flags(one for one, on in flags.items() if on),
        "flags_off": limit_words.written_flags(one for one, on in flags.items() if not on),
        "reason": kept.get("reason", ""),
    }


# -- of a membership -------------------------------------------------------------------------------------------------
@bp.get("/memberships/<int:membership_id>/limits")
@needs(Capability.MEMBERSHIPS_VIEW)
def show_membership_limits(membership_id: int) -> ResponseReturnValue:
    membership = memberships.look_at(membership_id)
    return show(membership, OverrideForm(formdata=None, data=values_of(membership)))


@bp.post("/memberships/<int:membership_id>/limits")
@needs(Capability.MEMBERSHIPS_STEER)
def update_membership_limits(membership_id: int) -> ResponseReturnValue:
    return keep(partial(memberships.look_at, membership_id), partial(locks.membership, membership_id))


# -- of a site -------------------------------------------------------------------------------------------------------
@bp.get("/sites/<int:site_id>/limits")
@needs(Capability.SITES_VIEW)
def show_site_limits(site_id: int) -> ResponseReturnValue:
    site = sites.look_at(site_id)
    return show(site, OverrideForm(formdata=None, data=values_of(site)))


@bp.post("/sites/<int:site_id>/limits")
@needs(Capability.SITES_EDIT)
def update_site_limits(site_id: int) -> ResponseReturnValue:
    return keep(partial(sites.look_at, site_id), partial(domain_sites.locked, site_id))


# -- both ------------------------------------------------------------------------------------------------------------
def address_of(row: Row) -> str:
    if isinstance(row, Site):
        return url_for("admin.show_site", site_id=row.id)
    return url_for("admin.show_membership", membership_id=row.id)


def show(row: Row, form: OverrideForm, *, problem: str = "", status: int = 200) -> Response:
    is_site = isinstance(row, Site)
    entitled = entitlements.of_site(row) if isinstance(row, Site) else entitlements.of(row)
    return limits_view.show(
        status=status,
        title=row.title if isinstance(row, Site) else row.plan.name,
        back=address_of(row),
        action=url_for("admin.update_site_limits", site_id=row.id)
        if is_site
        else url_for("admin.update_membership_limits", membership_id=row.id),
        may_edit=Capability.SITES_EDIT if is_site else Capability.MEMBERSHIPS_STEER,
        uses=entitlements.uses_of(row) if isinstance(row, Site) else entitlements.uses(row, entitled),
        entitled=entitled,
        of_each_site=() if is_site else [(limit, limit_words.said(limit, entitled.limits[limit])) for limit in OF_SITE],
        is_site=is_site,
        kinds=LIMITS_OF[type(row)],
        form=form,
        version=row.version,
        errors=form.problems(),
        problem=problem,
    )


def keep(look: Any, lock: Any) -> ResponseReturnValue:
    """What is typed is kept for it; what somebody else changed of it meanwhile is not overwritten."""
    form = OverrideForm()
    row: Row = look() or abort(404)
    reader = Reader("")
    limits = read_limits(reader, {limit: form[f"limit_{limit}"] for limit in LIMITS_OF[type(row)]})
    none: tuple[str, ...] = ()
    on, off = (reader.take(field, limit_words.read_flags, none) for field in (form.flags_on, form.flags_off))
    if set(on) & set(off):
        form.flags_off.errors = [*form.flags_off.errors, _("A feature cannot be in both.")]
        reader.fine = False
    typed = {one: list(form[one].errors) for one in [field.name for field in form] if form[one].errors}
    fine = form.validate() and reader.fine
    for name, messages in typed.items():
        form[name].errors = [*form[name].errors, *messages]
    if not fine:
        return show(row, form, status=422)
    try:
        with unit_of_work(actor()):
            held: Row = lock()
            if form.version.data not in (None, held.version):
                raise Conflict()
            flags = {flag: flag in on for flag in (*on, *off)}
            entitlements.override(held, limits, flags, reason=(form.reason.data or "").strip())
    except Conflict as error:
        return show(look(), form, problem=error.message, status=error.status)
    flash(_("Changes saved."), "success")
    return go_to(address_of(row))
