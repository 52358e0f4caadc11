"""The demo network: something to sell from the first minute, and an operator. Loaded once."""

from __future__ import annotations

import secrets
from decimal import Decimal

from sqlalchemy import select

from webapp.domain import customers, network
from webapp.extensions import db
from webapp.models import (
    DiscountCode,
    DiscountType,
    PriceVariation,
    PricingType,
    Product,
    Role,
    Setting,
    User,
)
from webapp.periods import Unit

LOADED = "demo_loaded"
ADMIN = "admin@example.com"


def is_loaded() -> bool:
    return db.session.get(Setting, LOADED) is not None


def load() -> str | None:
    """Make the demo network; the operator's new password, or None when it had been loaded before."""
    if is_loaded():
        return None
    db.session.add(Setting(key=LOADED, value=True))
    network.change({"network_name": "Parzelle Demo", "company_name": "Parzelle Demo"})
    db.session.add_all([_free(), _premium(), _studio(), *_codes()])
    return create_operator(ADMIN)


def create_operator(email: str, name: str = "Operator", role: Role = Role.OWNER) -> str:
    """A new operator; their password, to be shown once. Raises Invalid when the address is taken."""
    password = secrets.token_urlsafe(12)
    customers.create_user(email, password, name, role)
    return password


def has_operator() -> bool:
    return db.session.scalars(select(User.id).where(User.role == Role.OWNER).limit(1)).first() is not None


def _free() -> Product:
    return Product(
        slug="free",
        name="Free",
        description="A small site to begin with.",
        pricing_type=PricingType.FREE,
        currency="EUR",
        recurring=False,
        list_order=10,
        feature_list=["One site", "Address on our domain", "Community help"],
    )


def _premium() -> Product:
    return Product(
        slug="premium",
        name="Premium",
        description="For a business that lives from its site.",
        currency="EUR",
        amount_minor=2999,
        setup_fee_minor=9900,
        list_order=20,
        feature_list=["One site", "Your own domain", "E-mail support", "Daily backups"],
        variations=[PriceVariation(duration=1, duration_unit=Unit.YEAR, amount_minor=29900)],
    )


def _studio() -> Product:
    return Product(
        slug="studio",
        name="Studio",
        description="Try everything for two weeks, then decide.",
        currency="EUR",
        amount_minor=4900,
        trial_duration=14,
        trial_duration_unit=Unit.DAY,
        list_order=30,
        feature_list=["Five sites", "Your own domains", "Help by telephone", "Daily backups"],
        variations=[PriceVariation(duration=1, duration_unit=Unit.YEAR, amount_minor=49000)],
    )


def _codes() -> list[DiscountCode]:
    percent = DiscountCode(code="WELCOME10", name="Ten percent off the first payment", value=Decimal(10))
    amount = DiscountCode(
        code="FIVEOFF",
        name="Five euros off the first payment",
        type=DiscountType.ABSOLUTE,
        value=Decimal(500),
        currency="EUR",
    )
    return [percent, amount]
