"""What all pages of the network admin share: the blueprint, its guard, its navigation."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from flask import Blueprint, abort, g, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from webapp.blueprints import access, limit_words
from webapp.blueprints.admin import product_words, reasons, words
from webapp.domain import attention, attention_digests, bulk, site_templates
from webapp.domain.limits import Limit, Use
from webapp.extensions import db

bp = Blueprint("admin", __name__, url_prefix="/admin")
bp.before_request(access.operators_only)

LAYOUT = "base_admin.html"
ENDED_JOBS = "ended_jobs"
HIGHEST_ID = 2**63 - 1


@bp.before_request
def keep_the_frame() -> None:
    """Whoever is let in also sees refusals and failures beside the admin's navigation."""
    g.layout = LAYOUT


bp.before_request(access.two_step_first)
bp.before_request(access.able_only)


@bp.url_value_preprocessor
def no_row_beyond(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A number that no column can hold names no row; the database would not even compare it."""
    if any(isinstance(value, int) and value > HIGHEST_ID for value in (values or {}).values()):
        abort(404)


def actor() -> str:
    """Who changes something, as the rows' history keeps it."""
    return f"operator:{current_user.id}"


def open_things() -> dict[str, int]:
    """How many things need a person, by their source; asked for once a page. None when the database is away."""
    if "open_things" not in g:
        try:
            known = attention.counts(db.session(), current_user, **{ENDED_JOBS: bulk.unseen(current_user)})
        except SQLAlchemyError:
            db.session.rollback()
            known = {}
        g.has_job_news = known.pop(ENDED_JOBS, 0) > 0
        g.open_things = known
    found: dict[str, int] = g.open_things
    return found


def has_job_news() -> bool:
    """Whether jobs of who looks have ended, and they have not seen that."""
    open_things()
    return bool(g.has_job_news)


def count_of(number: int) -> str:
    """Empty for none; no further than is useful."""
    return attention_digests.shown(number) if number else ""


def navigation() -> list[dict[str, Any]]:
    """The admin's rooms; the one that the page belongs to is current."""
    groups = (
        (
            _("Selling"),
            (
                (_("Customers"), "customers"),
                (_("Memberships"), "memberships"),
                (_("Payments"), "payments"),
                (_("Invoices"), "invoices"),
                (_("Products"), "products"),
                (_("Discount codes"), "discount-codes"),
                (_("Order forms"), "checkout-forms"),
                (_("Sites"), "sites"),
                (_("Templates for sites"), "site-templates"),
                (_("Domains"), "domains"),
                (_("Declarations"), "declarations"),
                (_("Notes"), "notes"),
                (_("Figures"), "figures"),
            ),
        ),
        (
            _("Told and heard"),
            (
                (_("E-mails"), "emails"),
                (_("Events"), "events"),
                (_("Deliveries"), "deliveries"),
                (_("Notices"), "inbound-events"),
                (_("Comparison with gateways"), "reconciliations"),
            ),
        ),
        (
            _("System"),
            (
                (_("Jobs"), "jobs"),
                (_("Hooks"), "hooks"),
                (_("Add-ons"), "add-ons"),
                (_("Audit log"), "audit"),
                (_("Components"), "components"),
            ),
        ),
        (
            _("Network"),
            (
                (_("Settings"), "settings"),
                (_("Tax rates"), "tax-rates"),
                (_("Exchange rates"), "exchange-rates"),
                (_("API keys"), "api-keys"),
                (_("Staff"), "staff"),
            ),
        ),
    )
    dashboard = {"label": _("Dashboard"), "url": url_for("admin.dashboard"), "current": request.path == "/admin/"}
    return [
        dashboard,
        room(_("Needs attention"), "attention", count_of(sum(open_things().values()))),
        *(room(label, noun) | {"group": group} for group, rooms in groups for label, noun in rooms),
    ]


def room(label: str, noun: str, count: str = "") -> dict[str, Any]:
    """A room whose pages all begin with its noun."""
    return {
        "label": label,
        "url": url_for(f"admin.list_{noun.replace('-', '_')}"),
        "current": request.path.startswith(f"/admin/{noun}"),
        "count": count,
    }


FORM_NAMES = {"Registration": _l("Registration"), "Registration in steps": _l("Registration in steps")}


@bp.context_processor
def admin_context() -> dict[str, Any]:
    """Only for those who were let in: to others a refusal shows nothing of the admin."""
    if g.get("layout") != LAYOUT:
        return {}
    return {"admin_nav": navigation(), "home_url": url_for("admin.dashboard")}


@bp.app_template_filter("standing")
def standing(status: StrEnum) -> tuple[str, str]:
    """Word and tone of a status, as the macro `badge` takes them."""
    return words.of(status)


@bp.app_template_filter("reason")
def reason(text: str) -> str:
    """What rules noted, in the reader's language."""
    return reasons.told(text)


@bp.app_template_filter("outcome")
def outcome(name: str) -> tuple[str, str]:
    """The same for how an attempt went."""
    return words.of_outcome(name)


@bp.app_template_filter("without_cells")
def without_cells(row: Markup, places: list[int]) -> Markup:
    """The cells of a row but for those at these places; what somebody wrote is escaped in it, so no text is a cell."""
    if not places:
        return row
    _before, *cells = re.split(r"(?=<t[hd][ >])", str(row))
    left = "".join(cell for place, cell in enumerate(cells) if place not in places)
    return Markup(left)  # noqa: S704 - parts of a row that was safe as a whole


@bp.app_template_filter("on_sale")
def on_sale(active: bool) -> tuple[str, str]:
    """The same for whether a product is sold."""
    return product_words.standing(active)


@bp.app_template_filter("product_type")
def product_type(kind: str) -> str:
    return str(product_words.TYPES[kind])


@bp.app_template_filter("form_name")
def form_name(name: str) -> str:
    """Of an order form: as its operator calls it; what it came with is said in the reader's language."""
    return str(FORM_NAMES.get(name, name))


@bp.app_template_filter("limits")
def limits_said(said: dict[str, int | None]) -> str:
    """What a product says of limits."""
    return limit_words.all_said(said)


@bp.app_template_filter("limit_name")
def limit_name(limit: Limit) -> str:
    return str(limit_words.OWN_NAMES[limit])


@bp.app_template_filter("use_said")
def use_said(use: Use) -> str:
    """How much of a limit is used."""
    return limit_words.use_said(use)


@bp.app_template_filter("gateway_name")
def gateway_name(name: str) -> str:
    return words.of_gateway(name)


@bp.app_template_filter("template_titles")
def template_titles(slugs: list[str]) -> str:
    """Of templates for sites, in the reader's language."""
    known, locale = site_templates.known(), str(get_locale() or "en")
    return ", ".join(known[one].template.title(locale) if one in known else one for one in slugs)


@bp.app_template_filter("maker")
def maker_word(value: str) -> str:
    return dict(product_words.makers(value))[value]


@bp.app_template_filter("recurring_mode")
def recurring_mode(mode: str) -> str:
    return str(product_words.RECURRING_MODES[mode])
