"""Settings: a console that is told something wrong does not start, and says why in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.settings import SettingsError, api_settings, migrate_settings, realtime_settings

SECRET = "0123456789" * 4
DATABASE = "mysql+asyncmy://console:pw@mariadb:3306/console"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """All that api needs, as role app gives it."""
    secrets = {
        "DATABASE_URL": DATABASE,
        "REDIS_URL": "redis://console:pw@redis:6379/0",
        "SECRET_KEY": SECRET,
        "ADMIN_PASSWORD": "correct horse battery staple",
        "REPORTER_TOKEN": SECRET[::-1],
    }
    for name, value in secrets.items():
        (tmp_path / name).write_text(f"{value}\n")
    files = {f"{name}_FILE": str(tmp_path / name) for name in secrets}
    return files | {"PUBLIC_URL": "https://console.test:8443/", "ADMIN_USER": "admin"}


def test_everything_is_read_from_files(environ: dict[str, str]) -> None:
    """If this failed, the console would not start as the role deploys it."""
    settings = api_settings(environ)
    assert (settings.database_url, settings.secret_key, settings.reporter_token, settings.public_url) == (
        DATABASE,
        SECRET,
        SECRET[::-1],
        "https://console.test:8443",
    )
    assert (settings.redis_prefix, settings.drain_seconds) == ("console:", 6)
    assert settings.host == "0.0.0.0"  # noqa: S104 - in a container nobody else could reach it otherwise


@pytest.mark.parametrize(
    ("read", "name"), [(api_settings, "alerts_token"), (realtime_settings, "runner_token")], ids=["alerts", "runner"]
)
@pytest.mark.parametrize(("wrong", "said"), [("", "is missing"), ("short", "is too short")])
def test_a_token_is_not_needed_until_there_is_one(
    environ: dict[str, str], tmp_path: Path, read: Callable[[dict[str, str]], Any], name: str, wrong: str, said: str
) -> None:
    """If this failed, a console without Alertmanager or runner would not start, or take what anybody sends."""
    assert getattr(read(environ), name) is None
    file = tmp_path / name
    with_token = environ | {f"{name.upper()}_FILE": str(file)}
    file.write_text(f"{SECRET}\n")
    assert getattr(read(with_token), name) == SECRET
    assert SECRET not in repr(read(with_token))
    file.write_text(wrong)
    with pytest.raises(SettingsError, match=f"{name.upper()} {said}"):
        read(with_token)


def test_no_secret_is_shown(environ: dict[str, str]) -> None:
    """If this failed, a log line with the settings would give the secrets away."""
    shown = repr(api_settings(environ)) + repr(realtime_settings(environ)) + repr(migrate_settings(environ))
    assert not any(secret in shown for secret in (SECRET, SECRET[::-1], "pw@", "correct horse"))


def test_prometheus_is_not_needed(environ: dict[str, str]) -> None:
    """If this failed, a console without monitoring would not start."""
    assert api_settings(environ).prometheus_url is None
    assert (
        api_settings(environ | {"PROMETHEUS_URL": "http://prometheus:9090"}).prometheus_url == "http://prometheus:9090"
    )


def test_realtime_needs_no_database(environ: dict[str, str]) -> None:
    """If this failed, realtime would have to be given secrets that are none of its business."""
    for name in ("DATABASE_URL_FILE", "ADMIN_PASSWORD_FILE", "REPORTER_TOKEN_FILE"):
        del environ[name]
    assert realtime_settings(environ).secret_key == SECRET


@pytest.mark.parametrize(
    ("changes", "files", "message"),
    [
        ({"SECRET_KEY_FILE": ""}, {}, "SECRET_KEY is missing: set SECRET_KEY_FILE to a file that holds it."),
        ({}, {"SECRET_KEY": " \n"}, "SECRET_KEY is missing: set SECRET_KEY_FILE to a file that holds it."),
        ({}, {"SECRET_KEY": "short"}, "SECRET_KEY is too short: it has 5 characters, at least 32 are needed."),
        ({}, {"REPORTER_TOKEN": "x"}, "REPORTER_TOKEN is too short: it has 1 characters, at least 32 are needed."),
        ({"SECRET_KEY": SECRET}, {}, "SECRET_KEY and SECRET_KEY_FILE are both set: keep only one of them."),
        (
            {"SECRET_KEY_FILE": "/nowhere"},
            {},
            "SECRET_KEY_FILE names /nowhere, which cannot be read: No such file or directory.",
        ),
        ({"PUBLIC_URL": ""}, {}, "PUBLIC_URL is missing: set it in the environment."),
        ({"PUBLIC_URL": "console.test"}, {}, "PUBLIC_URL is not a URL of the form https://host: check it."),
        ({"PROMETHEUS_URL": "prometheus"}, {}, "PROMETHEUS_URL is not a URL of the form http://host: check it."),
        ({"PROMETHEUS_URL": "http://p:x"}, {}, "PROMETHEUS_URL is not a URL of the form http://host: check it."),
        ({"DRAIN_SECONDS": "soon"}, {}, "DRAIN_SECONDS is 'soon': a number from 0 to 300 is needed."),
        ({"HOST": "localhost"}, {}, "HOST is 'localhost': an IP address is needed."),
        ({"REDIS_PREFIX": "*"}, {}, "REDIS_PREFIX is '*': a name that ends in a colon is needed."),
        (
            {},
            {"DATABASE_URL": "oracle://x/y"},
            "DATABASE_URL is not a URL of the form mysql://host/name or postgresql://host/name: check it.",
        ),
    ],
)
def test_refusals(
    environ: dict[str, str], tmp_path: Path, changes: dict[str, str], files: dict[str, str], message: str
) -> None:
    """If this failed, the console would start with a default secret, or stop without saying what to do."""
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(SettingsError) as refused:
        api_settings(environ | changes)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("mysql://u:p@h/d", "mysql+asyncmy://u:p@h/d"),
        ("mariadb://u:p@h/d", "mysql+asyncmy://u:p@h/d"),
        ("mysql+asyncmy://u:p@h/d", "mysql+asyncmy://u:p@h/d"),
        ("postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgres://u:p@h/d?sslmode=require", "postgresql+asyncpg://u:p@h/d?sslmode=require"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
    ],
)
def test_database_urls_get_the_async_driver(environ: dict[str, str], tmp_path: Path, given: str, used: str) -> None:
    """If this failed, the URL that a cloud service hands out would not work."""
    (tmp_path / "DATABASE_URL").write_text(given)
    assert api_settings(environ).database_url == used
