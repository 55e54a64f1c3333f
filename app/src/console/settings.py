"""Settings from the environment. A secret is a file: ``NAME_FILE`` names it, as in the official images."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from console.gates.gate import Gate, gates_of

MIN_SECRET = 32
MIN_PASSWORD = 12
DRIVERS = {
    **dict.fromkeys(("mysql", "mariadb", "mysql+asyncmy"), "mysql+asyncmy"),
    **dict.fromkeys(("postgresql", "postgres", "postgresql+asyncpg"), "postgresql+asyncpg"),
}
PRIVATE_NETWORKS = "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,::1,fc00::/7"


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one sentence that says what to do."""


@dataclass(frozen=True, kw_only=True)
class CommonSettings:
    """What both processes need."""

    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    public_url: str
    redis_prefix: str
    host: str
    port: int
    drain_seconds: float
    startup_seconds: float
    trusted_proxies: str


@dataclass(frozen=True, kw_only=True)
class RealtimeSettings(CommonSettings):
    """What realtime needs besides. Without a token no runner gets in."""

    runner_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class ApiSettings(CommonSettings):
    """What api needs besides."""

    database_url: str = field(repr=False)
    reporter_token: str = field(repr=False)
    alerts_token: str | None = field(default=None, repr=False)
    gates: Mapping[str, Gate] = field(default_factory=dict)
    prometheus_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class MigrateSettings:
    """What the migration step needs: the database, and the first admin."""

    database_url: str = field(repr=False)
    admin_user: str
    admin_password: str = field(repr=False)
    startup_seconds: float


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str, default: str | None = None) -> str:
        value = self._environ.get(name, "").strip() or default
        if value is None:
            raise SettingsError(f"{name} is missing: set it in the environment.")
        return value

    def secret(self, name: str, minimum: int = 1) -> str:
        path, value = self._environ.get(f"{name}_FILE"), self._environ.get(name, "")
        if path and value:
            raise SettingsError(f"{name} and {name}_FILE are both set: keep only one of them.")
        if path:
            try:
                value = Path(path).read_text(encoding="utf-8")
            except OSError as error:
                raise SettingsError(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error
        value = value.strip()
        if not value:
            raise SettingsError(f"{name} is missing: set {name}_FILE to a file that holds it.")
        if len(value) < minimum:
            raise SettingsError(f"{name} is too short: it has {len(value)} characters, at least {minimum} are needed.")
        return value

    def optional_secret(self, name: str, minimum: int) -> str | None:
        given = self._environ.get(f"{name}_FILE") or self._environ.get(name)
        return self.secret(name, minimum) if given else None

    def optional_url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        value = self.text(name, "")
        return self.url(name, value, schemes) if value else None

    def number(self, name: str, default: float, low: float, high: float) -> float:
        text = self.text(name, str(default))
        try:
            value = float(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise SettingsError(f"{name} is {text!r}: a number from {low:g} to {high:g} is needed.")
        return value

    def url(self, name: str, value: str, schemes: tuple[str, ...]) -> str:
        parts = urlsplit(value)
        try:
            good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:  # its port is no number
            good = False
        if not good:
            raise SettingsError(f"{name} is not a URL of the form {schemes[0]}://host: check it.")
        return value

    def matching(self, name: str, default: str, pattern: str, wanted: str) -> str:
        value = self.text(name, default)
        if not re.fullmatch(pattern, value):
            raise SettingsError(f"{name} is {value!r}: {wanted} is needed.")
        return value

    def database_url(self) -> str:
        """The URL with the async driver that belongs to its scheme."""
        url = self.secret("DATABASE_URL")
        scheme, separator, rest = url.partition("://")
        if not separator or scheme not in DRIVERS:
            raise SettingsError(
                "DATABASE_URL is not a URL of the form mysql://host/name or postgresql://host/name: check it."
            )
        return f"{DRIVERS[scheme]}://{rest}"

    def gates(self) -> dict[str, Gate]:
        """Other sites that are entered by the console's sign-in."""
        try:
            return gates_of(self.text("GATES", "{}"))
        except ValueError as error:
            wanted = '{"grafana": {"url": "https://grafana.example.com", "role": "viewer"}}'
            raise SettingsError(f"GATES cannot be read ({error}): JSON such as {wanted} is needed.") from error

    def common(self) -> dict[str, object]:
        public_url = self.url("PUBLIC_URL", self.text("PUBLIC_URL"), ("https", "http"))
        return {
            "redis_url": self.url("REDIS_URL", self.secret("REDIS_URL"), ("redis", "rediss")),
            "secret_key": self.secret("SECRET_KEY", MIN_SECRET),
            "public_url": public_url.rstrip("/"),
            "redis_prefix": self.matching(
                "REDIS_PREFIX", "console:", r"[a-z0-9][a-z0-9_.:-]*:", "a name that ends in a colon"
            ),
            "host": self.matching("HOST", "0.0.0.0", r"[0-9.]+|[0-9a-f:]+", "an IP address"),  # noqa: S104 - in a container
            "port": int(self.number("PORT", 8000, 1, 65535)),
            "drain_seconds": self.number("DRAIN_SECONDS", 6, 0, 300),
            "startup_seconds": self.number("STARTUP_SECONDS", 60, 1, 600),
            "trusted_proxies": self.text("TRUSTED_PROXIES", PRIVATE_NETWORKS),
        }


def log_level(environ: Mapping[str, str]) -> str:
    """The level of what is logged, by name. Raises SettingsError."""
    levels = "DEBUG|INFO|WARNING|ERROR"
    return _Reader(environ).matching("LOG_LEVEL", "INFO", levels, f"one of {levels}")


def realtime_settings(environ: Mapping[str, str]) -> RealtimeSettings:
    """Settings of ``console realtime``. Raises SettingsError."""
    read = _Reader(environ)
    return RealtimeSettings(
        **read.common(),  # type: ignore[arg-type]
        runner_token=read.optional_secret("RUNNER_TOKEN", MIN_SECRET),
    )


def api_settings(environ: Mapping[str, str]) -> ApiSettings:
    """Settings of ``console api``. Raises SettingsError."""
    read = _Reader(environ)
    return ApiSettings(
        **read.common(),  # type: ignore[arg-type]
        database_url=read.database_url(),
        reporter_token=read.secret("REPORTER_TOKEN", MIN_SECRET),
        alerts_token=read.optional_secret("ALERTS_TOKEN", MIN_SECRET),
        gates=read.gates(),
        prometheus_url=read.optional_url("PROMETHEUS_URL", ("http",)),
    )


def migrate_settings(environ: Mapping[str, str]) -> MigrateSettings:
    """Settings of ``console migrate``. Raises SettingsError."""
    read = _Reader(environ)
    return MigrateSettings(
        database_url=read.database_url(),
        admin_user=read.matching(
            "ADMIN_USER",
            "admin",
            r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}",
            "a name of up to 64 letters and digits",
        ),
        admin_password=read.secret("ADMIN_PASSWORD", MIN_PASSWORD),
        startup_seconds=read.number("STARTUP_SECONDS", 60, 1, 600),
    )
