"""``console api``, ``console realtime``, ``console migrate``: the entry point of the image."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import subprocess
import sys

from console import logs, settings
from console.lifecycle import Lifecycle, StartupError

log = logging.getLogger("console")


def main(arguments: list[str] | None = None) -> int:
    """Run one of the processes; returns the exit code (2: settings, 1: migration or start-up)."""
    parser = argparse.ArgumentParser(prog="console", description="The console of a Skerry platform.")
    parser.add_argument(
        "process",
        choices=("api", "realtime", "migrate"),
        help="api: migrate the database, then serve; realtime: serve Socket.IO; migrate: only migrate",
    )
    process = parser.parse_args(arguments).process
    # Until the server takes over: the kernel ignores signals without a handler for a container's first process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    logs.configure()
    try:
        logs.configure(settings.log_level(os.environ))
        return {"api": _api, "realtime": _realtime, "migrate": _migrate}[process]()
    except settings.SettingsError as error:
        log.error("%s", error)
        return 2


def _migrate() -> int:
    from console.migrate import MigrationError, migrate

    try:
        asyncio.run(migrate(settings.migrate_settings(os.environ), Lifecycle()))
    except (MigrationError, StartupError) as error:
        log.error("migration failed: %s", error)
        return 1
    return 0


def _api() -> int:
    configured = settings.api_settings(os.environ)
    to_migrate = settings.migrate_settings(os.environ)

    from console.api import make_asgi, make_services
    from console.schema import is_current
    from console.server import serve

    if not asyncio.run(is_current(to_migrate)) and (code := _migrate_apart()):
        return code
    lifecycle = Lifecycle()
    return serve(
        make_asgi(make_services(configured, lifecycle), lifecycle),
        lifecycle,
        host=configured.host,
        port=configured.port,
        drain_seconds=configured.drain_seconds,
        trusted_proxies=configured.trusted_proxies,
    )


def _migrate_apart() -> int:
    """Migrate in a process of its own, so that the memory it takes is given back before serving."""
    child = subprocess.Popen([sys.executable, "-m", "console", "migrate"])
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    code = child.wait()
    return code if code >= 0 else 128 - code


def _realtime() -> int:
    from console.realtime.app import make_asgi
    from console.realtime.direct import DirectProtocol
    from console.server import serve

    configured, lifecycle = settings.realtime_settings(os.environ), Lifecycle()
    app, on_drain = make_asgi(configured, lifecycle)
    return serve(
        app,
        lifecycle,
        host=configured.host,
        port=configured.port,
        drain_seconds=configured.drain_seconds,
        trusted_proxies=configured.trusted_proxies,
        websockets=DirectProtocol,
        on_drain=on_drain,
    )
