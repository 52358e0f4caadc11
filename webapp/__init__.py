"""Parzelle: sell sites and services by subscription. `create_app()` is the only place where the parts are joined."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, cast

from flask import Flask
from jinja2 import BaseLoader, ChoiceLoader, DictLoader
from sqlalchemy.pool import StaticPool
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import addons, blueprints, encryption, formatting, hooks, integrations, logs
from webapp.blueprints.language.choice import choose_locale
from webapp.domain import field_types, gateway_keys, invoice_links, mail_texts, network, outbox, transfers
from webapp.extensions import babel, csrf, db, htmx, limiter, login, migrate, queue
from webapp.flows import sandbox_bank, sandbox_refunds, site_making, watching
from webapp.gateways import Factory, gateways
from webapp.gateways.base import Config
from webapp.gateways.free import FreeGateway
from webapp.gateways.manual import ManualGateway
from webapp.gateways.paypal import PayPalGateway
from webapp.gateways.sandbox import SandboxGateway
from webapp.gateways.stripe import StripeGateway
from webapp.gateways.stripe_checkout import StripeCheckoutGateway
from webapp.jobs import commands
from webapp.languages import Texts
from webapp.provisioners import Factory as Maker
from webapp.provisioners import base as provisioning
from webapp.provisioners import provisioners
from webapp.provisioners.built_in import BuiltInProvisioner
from webapp.provisioners.webhook import WebhookProvisioner
from webapp.settings import ROOT, Settings
from webapp.transactions import prepare_engine

log = logging.getLogger(__name__)


def create_app(settings: Settings | None = None) -> Flask:
    """An application for these settings, or for the environment's."""
    settings = settings or Settings.from_environment()
    logs.init()
    if settings.address_is_guessed:
        log.warning("settings.base_url_missing", extra={"advice": "set BASE_URL, like https://example.com"})
    app = Flask(__name__, instance_path=str(settings.instance))
    app.extensions["settings"] = settings
    app.config.from_mapping(flask_config(settings))
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    encryption.init(settings.encryption_keys)
    mail_texts.init(settings.base_url)
    invoice_links.init(settings.secret_key)
    bind_extensions(app, settings)
    join_hooks(app, settings)
    app.jinja_loader = ChoiceLoader([cast(BaseLoader, app.jinja_loader), DictLoader(field_types.TEMPLATES)])
    formatting.init_app(app)
    blueprints.init_app(app, settings)
    commands.init_app(app)
    watching.init_app(app)
    return app


def flask_config(settings: Settings) -> dict[str, Any]:
    prefix = "__Host-" if settings.secure else ""
    return {
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.testing,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings),
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 256 * 1024,
        "SESSION_COOKIE_NAME": f"{prefix}parzelle",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",  # Strict would bring the buyer back from the gateway signed out
        # How long one may stay away is kept with the session's row. The cookie is written only when it changes: a slow
        # answer to an earlier request would otherwise bring back what the session was before, without its newest token.
        "PERMANENT_SESSION_LIFETIME": 90 * 86400,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "webapp" / "translations"),
        "RATELIMIT_ENABLED": not settings.testing,
        "RATELIMIT_STORAGE_URI": limit_storage(settings.redis_url),
        "RATELIMIT_STORAGE_OPTIONS": limit_options(settings.redis_url),
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_SWALLOW_ERRORS": True,
    }


def limit_storage(redis_url: str | None) -> str:
    """The limiter's own words for a Redis on a socket, and for none."""
    if redis_url and redis_url.startswith("unix:"):
        return f"redis+{redis_url}"
    return redis_url or "memory://"


def limit_options(redis_url: str | None) -> dict[str, Any]:
    """A Redis that hangs must not keep a buyer waiting."""
    return {"socket_connect_timeout": 0.5, "socket_timeout": 0.5} if redis_url else {}


def engine_options(settings: Settings) -> dict[str, Any]:
    """`hide_parameters`: an error of the database is logged, and must not tell addresses and hashes."""
    return {"hide_parameters": True, **pool_options(settings)}


def pool_options(settings: Settings) -> dict[str, Any]:
    if settings.database_url == "sqlite://":
        return {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    if settings.database_url.startswith("sqlite"):
        return {"pool_size": settings.pool_size, "max_overflow": 20, "connect_args": {"timeout": 30}}
    return {"pool_size": settings.pool_size, "max_overflow": 10, "pool_pre_ping": True}


def bind_extensions(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    migrate.init_app(app, db, directory=str(ROOT / "webapp" / "migrations"), render_as_batch=True, compare_type=True)
    csrf.init_app(app)
    login.init_app(app)
    htmx.init_app(app)
    limiter.init_app(app)
    if limiter.enabled:  # a view that is limited says so, and looks itself: no other page need be looked at before
        app.before_request_funcs[None].remove(limiter._check_request_limit)
    babel.init_app(app, locale_selector=choose_locale)
    babel.domain_instance = Texts()
    queue.init(settings.redis_url, at_once=settings.testing)


def join_hooks(app: Flask, settings: Settings) -> None:
    """Our own gateways, provisioners and integrations listen as an add-on's do; then the add-ons."""
    hooks.registry.deliver = outbox.record_call
    gateways.init(Config(settings.env, settings.base_url, gateway_keys.saved), our_gateways(settings))
    provisioners.init(provisioning.Config(settings.env, settings.base_url), our_provisioners())
    integrations.register(settings)
    addons.load(app, settings)


def our_gateways(settings: Settings) -> dict[str, Factory]:
    ours: dict[str, Factory] = {
        "stripe": partial(StripeGateway, value_of=network.value_of),
        "stripe-checkout": partial(StripeCheckoutGateway, value_of=network.value_of),
        "paypal": partial(PayPalGateway, value_of=network.value_of),
        "manual": partial(ManualGateway, terms=transfers.terms),
        "free": FreeGateway,
    }
    if settings.sandbox_gateway:
        ours = {"sandbox": partial(SandboxGateway, bank=sandbox_bank, refunds=sandbox_refunds), **ours}
    return ours


def our_provisioners() -> dict[str, Maker]:
    return {
        "built-in": partial(BuiltInProvisioner, build=site_making.make),
        "webhook": partial(WebhookProvisioner, value_of=network.value_of, offers=network.hosting_offers),
    }
