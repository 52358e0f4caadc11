"""The edges: a folder per audience. Here they are joined, with what every answer has in common."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, Response, abort, current_app, g, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from webapp.blueprints import access, content_policy, domain_words, errors, site_addresses, wire
from webapp.blueprints.account.routes import bp as account
from webapp.blueprints.admin.routes import bp as admin
from webapp.blueprints.api.docs import bp as api_docs
from webapp.blueprints.api.routes import bp as api
from webapp.blueprints.auth import signing
from webapp.blueprints.auth.rooms import auth, security
from webapp.blueprints.brand.routes import bp as brand
from webapp.blueprints.checkout.conversions import bp as conversions
from webapp.blueprints.checkout.pay import bp as pay
from webapp.blueprints.checkout.paying_here import bp as paying_here
from webapp.blueprints.checkout.routes import bp as checkout
from webapp.blueprints.consumer.routes import bp as consumer
from webapp.blueprints.cookies import choice as cookie_choice
from webapp.blueprints.cookies.routes import bp as cookies
from webapp.blueprints.incoming import Request
from webapp.blueprints.invoices.routes import bp as invoices
from webapp.blueprints.language.choice import is_for_programs, note_language
from webapp.blueprints.language.routes import bp as language
from webapp.blueprints.legal.routes import bp as legal_pages
from webapp.blueprints.ops.routes import bp as ops
from webapp.blueprints.sandbox.routes import bp as sandbox
from webapp.blueprints.session_cookie import SessionCookie
from webapp.blueprints.site_templates.routes import bp as site_templates
from webapp.blueprints.tenant import routes as tenant
from webapp.blueprints.webhooks.addons import bp as addon_hooks
from webapp.blueprints.webhooks.routes import bp as webhooks
from webapp.domain import legal, network
from webapp.extensions import csrf, db, login
from webapp.flows import watching
from webapp.hook_registry import begin_scope
from webapp.languages import languages
from webapp.settings import Settings

STEPS = "contract"  # linked from the checkout only


def init_app(app: Flask, settings: Settings) -> None:
    app.request_class, app.session_interface = Request, SessionCookie()
    wire.init_app(app)
    app.before_request(start_request)
    tenant.init_app(app, settings)
    buying = (checkout, pay, conversions, paying_here, consumer, legal_pages)
    everywhere = (*buying, account, invoices, auth, security, language, cookies, admin, brand, site_templates)
    for bp in (*everywhere, ops, webhooks, addon_hooks, api, api_docs):
        app.register_blueprint(bp)
    if settings.sandbox_gateway:
        app.register_blueprint(sandbox)
    csrf.exempt(webhooks)
    csrf.exempt(addon_hooks)
    csrf.exempt(api)
    access.init_app(app)
    errors.init_app(app)
    site_addresses.init_app(app)
    domain_words.init_app(app)
    login.user_loader(signing.load_user)
    app.after_request(finish_response)
    app.context_processor(common_context)


def start_request() -> None:
    begin_scope()
    watching.begin(current_app)
    g.request_id = secrets.token_hex(8)
    if "\x00" in request.path:  # no database takes one
        abort(404)


def finish_response(response: Response) -> Response:
    """Headers of every answer. Nothing is loaded from elsewhere, and no script or style stands in a page."""
    settings = errors.settings()
    response.headers.setdefault("Content-Security-Policy", content_policy.allowing(settings.base_url))
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    response.headers.setdefault("X-Request-Id", g.get("request_id", ""))
    if settings.secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.status_code == 308 and response.location is not None:
        response.location = response.location.removeprefix(request.host_url.rstrip("/"))  # a host may be a lie
        response.data = b""  # and is repeated there
    note_language(response)
    if is_for_programs(request.path):
        return response
    signing.mark_seen()
    # `session` is in the answer's Vary once it was read; what belongs to a person is kept by no cache.
    if session.get("_user_id") and request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def common_context() -> dict[str, Any]:
    """What base.html is rendered with; also when the database is away, for the page that says so."""
    try:
        settings, person = network.settings(), current_user.is_authenticated
        optional = cookie_choice.is_optional_used(settings)
    except SQLAlchemyError:
        db.session.rollback()
        settings, person, optional = network.Network(), False, False
    return {
        "network": settings,
        "brand_css": settings.brand_css,
        "lang": str(get_locale() or "en"),
        "languages": languages(),
        "home_url": "/",
        "network_url": errors.settings().base_url,
        "contract_links": contract_links(settings),
        "legal_links": legal_links(settings) + ([(_("Cookie settings"), "/cookies")] if optional else []),
        "legal_urls": legal.addresses(settings),
        **cookie_choice.state(optional and not (person and access.acted_as())),  # it is not theirs to choose
        "help_url": f"mailto:{settings.support_email}",
        "sign_out_url": "/logout" if person else None,
        "account_url": "/account/" if person and access.customer_id() else None,
        "security_url": "/account/security" if person else None,
        "acting_as": acting_as() if person else None,
    }


def contract_links(settings: network.Network) -> list[tuple[str, str]]:
    """What a consumer in the EU must find on every page. The words are the law's own, and exact."""
    if settings.consumer_law != "eu":
        return []
    return [(_("Cancel contracts here"), "/cancel-contract"), (_("Withdraw from contract here"), "/withdraw")]


def acting_as() -> dict[str, str] | None:
    """For the banner of skeleton.html, on every page."""
    customer = access.acted_as()
    return {"name": customer.display_name, "end_url": url_for("admin.end_acting")} if customer is not None else None


def legal_links(settings: network.Network) -> list[tuple[str, str]]:
    """The pages the law asks for. Where no consumer law holds, those whose address the operator has given."""
    addresses = legal.addresses(settings)
    if settings.consumer_law != "eu":
        addresses = {page: url for page, url in addresses.items() if getattr(settings, f"{page}_url", "")}
    kept = {page: title for page, title in legal.PAGES.items() if page in addresses and page != STEPS}
    return [(str(title), addresses[page]) for page, title in kept.items()]
