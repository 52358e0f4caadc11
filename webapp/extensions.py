"""Bare objects, bound to an application in create_app()."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Enum, Integer, MetaData, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

from webapp.queue import Doorbell
from webapp.sessions import UnitSession


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant; stored in UTC. A naive datetime is refused, so no local time slips in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal kept as text: SQLite knows only floats. Not for sums in SQL; amounts are integers."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# On the registry, not the class: Flask-SQLAlchemy rebuilds the base from its namespace and refuses a map there.
Base.registry.update_type_annotation_map(
    {
        int: BigInteger().with_variant(Integer, "sqlite"),
        datetime: UTCDateTime(),
        Decimal: ExactDecimal(),
        # By value and as text: a renamed member must not rename what is stored.
        enum.StrEnum: Enum(
            enum.StrEnum, native_enum=False, length=32, values_callable=lambda kind: [member.value for member in kind]
        ),
    }
)

db = SQLAlchemy(model_class=Base, session_options={"class_": UnitSession})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

migrate = Migrate()
csrf = CSRFProtect()
login = LoginManager()
login.session_protection = None  # a session is a row that ends itself (domain/sessions.py); phones change their address
htmx = Htmx()
babel = Babel()
limiter = Limiter(key_func=get_remote_address)
queue = Doorbell()


def application() -> Flask:
    """The application itself, for threads and for what outlives a request; `current_app` stands for it in one only."""
    proxy: Any = current_app
    found: Flask = proxy._get_current_object()
    return found


def dialect_name() -> str:
    """`sqlite` or `postgresql`, of the database that is bound."""
    return str(engine().dialect.name)


def engine() -> Engine:
    """The database that this session works on: the network's, or in a rehearsal one of its own."""
    session = db.session()
    own = session.engine if isinstance(session, UnitSession) else None
    return own or db.engine
