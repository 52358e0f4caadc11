"""Typed settings, read once from the environment. A missing or unusable one stops the start with a sentence."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from webapp.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
YES = {"1", "true", "yes", "on"}
NO = {"", "0", "false", "no", "off"}


def database_url(given: str | None, instance: Path) -> str:
    """SQLAlchemy's URL; Heroku's `postgres://` is accepted, SQLite under `instance/` is the default."""
    if not given:
        return f"sqlite:///{instance / 'parzelle.sqlite'}"
    for scheme in ("postgres://", "postgresql://"):
        if given.startswith(scheme):
            return "postgresql+psycopg://" + given.removeprefix(scheme)
    return given


def boolean(name: str, given: str | None, default: bool) -> bool:
    if given is None:
        return default
    if given.lower() in YES | NO:
        return given.lower() in YES
    raise ConfigurationError(f"{name} must be 1 or 0, not {given!r}.")


def number(name: str, given: str | None, default: int) -> int:
    try:
        return default if given is None or given == "" else int(given)
    except ValueError:
        raise ConfigurationError(f"{name} must be a whole number, not {given!r}.") from None


def _secret(name: str, env: Mapping[str, str], development: bool, instance: Path, make: str) -> str:
    """From the environment; in development made once and kept in `instance/`."""
    if env.get(name):
        return env[name]
    if not development:
        raise ConfigurationError(f"{name} is not set. Production needs it: see docs/deployment.md.")
    path = instance / name.lower()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make)
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from None
    return path.read_text().strip()


@dataclass(frozen=True)
class Settings:
    """What the environment says. Values a network edits itself live in the database (domain/network.py)."""

    secret_key: str
    encryption_keys: tuple[str, ...]
    database_url: str
    redis_url: str | None
    base_url: str
    network_domain: str
    instance: Path
    address_is_guessed: bool = False
    development: bool = False
    testing: bool = False
    trusted_proxies: int = 0
    sandbox_gateway: bool = False
    sandbox_late_seconds: int = 20
    outbound_allow_private: str = ""
    addons: tuple[str, ...] = ()
    pool_size: int = 10
    lease_seconds: int = 60
    env: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def secure(self) -> bool:
        """Whether the network is served over https; then cookies are `__Host-` and `Secure`."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Raises ConfigurationError with one sentence that says what to set."""
        env = os.environ if env is None else env
        instance = Path(env.get("INSTANCE_PATH") or ROOT / "instance")
        # Heroku and its like set DYNO or name a database; without either this is someone's own machine.
        development = env.get("PARZELLE_ENV", "production" if env.get("DATABASE_URL") else "development")
        if development not in ("development", "production"):
            raise ConfigurationError("PARZELLE_ENV must be development or production.")
        local = development == "development"
        base_url = (env.get("BASE_URL") or f"http://localhost:{env.get('PORT') or 8000}").rstrip("/")
        if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).hostname:
            raise ConfigurationError(f"BASE_URL must be an address like https://example.com, not {base_url!r}.")
        keys = _secret("ENCRYPTION_KEYS", env, local, instance, Fernet.generate_key().decode())
        return cls(
            secret_key=_secret("SECRET_KEY", env, local, instance, secrets.token_urlsafe(48)),
            encryption_keys=checked_keys(keys),
            database_url=database_url(env.get("DATABASE_URL"), instance),
            redis_url=env.get("REDIS_URL") or None,
            base_url=base_url,
            network_domain=(env.get("NETWORK_DOMAIN") or "localhost").lower(),
            instance=instance,
            address_is_guessed=not local and not env.get("BASE_URL"),
            development=local,
            trusted_proxies=number("TRUSTED_PROXIES", env.get("TRUSTED_PROXIES"), 1 if env.get("DYNO") else 0),
            sandbox_gateway=boolean("SANDBOX_GATEWAY", env.get("SANDBOX_GATEWAY"), local),
            sandbox_late_seconds=number("SANDBOX_LATE_SECONDS", env.get("SANDBOX_LATE_SECONDS"), 20),
            outbound_allow_private=env.get("OUTBOUND_ALLOW_PRIVATE", "0"),
            addons=tuple(name.strip() for name in env.get("ADDONS", "").split(",") if name.strip()),
            pool_size=number("DATABASE_POOL", env.get("DATABASE_POOL"), 10),
            lease_seconds=number("LEASE_SECONDS", env.get("LEASE_SECONDS"), 60),
            env=dict(env),
        )


def checked_keys(text: str) -> tuple[str, ...]:
    """Comma-separated Fernet keys: the first encrypts, all decrypt."""
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ConfigurationError("ENCRYPTION_KEYS must hold Fernet keys (32 bytes, url-safe base64).") from None
    if not keys:
        raise ConfigurationError("ENCRYPTION_KEYS is empty.")
    return keys
