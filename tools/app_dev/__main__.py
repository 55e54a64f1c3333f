"""`make app-dev`: api, realtime and the frontend's dev server, until Ctrl-C.

PORT is where the browser goes, 5173 where it is not given; everything listens on 127.0.0.1 only. DATABASE_URL and
REDIS_URL take servers of one's own instead of those that are started here.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
from watchfiles import PythonFilter, watch

from tools import postgresql
from tools.app_dev import broker, frontend
from tools.app_dev.child import Child
from tools.workshop.settings import ROOT
from tools.workshop.shell import WorkshopError, write_private

SOURCE = ROOT / "app/src"
ADMIN = "admin"
READY_SECONDS = 120


def main() -> int:
    """The exit code: 0 after Ctrl-C."""
    for ends in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ends, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            _run(stack, Path(os.environ.get("SKERRY_APP_DEV") or ROOT / ".local/app-dev"))
    except WorkshopError as error:
        print(f"✗ {error}" + (f"\n  {error.hint}" if error.hint else ""), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nended", flush=True)
    return 0


def _run(stack: ExitStack, state: Path) -> None:
    port = _port(os.environ.get("PORT") or "5173")
    api_port, realtime_port, database_port, broker_port = (_free_port() for _ in range(4))
    print("— node and the frontend's packages", flush=True)
    frontend.install()
    database = os.environ.get("DATABASE_URL") or stack.enter_context(
        postgresql.server(state / "postgresql", database_port, _kept(state / "database-password"))
    )
    redis = os.environ.get("REDIS_URL") or stack.enter_context(broker.server(broker_port))
    environment = _environment(state, port, {"DATABASE_URL": database, "REDIS_URL": redis})
    console = [sys.executable, "-m", "console"]
    backend = [
        Child("api", [*console, "api"], ROOT, environment | {"PORT": str(api_port)}),
        Child("realtime", [*console, "realtime"], ROOT, environment | {"PORT": str(realtime_port)}),
    ]
    api, realtime = f"http://127.0.0.1:{api_port}", f"http://127.0.0.1:{realtime_port}"
    targets = {"CONSOLE_API": api, "CONSOLE_REALTIME": realtime}
    vite = Child("frontend", frontend.command(port), frontend.SOURCE, os.environ | frontend.environment() | targets)
    for child in [*backend, vite]:
        stack.callback(child.stop)
        child.start()
    # While all is being ended, another Ctrl-C must not leave half of it.
    stack.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)
    stack.callback(signal.signal, signal.SIGTERM, signal.SIG_IGN)
    urls = [f"{api}/api/ready", f"{realtime}/ready", f"http://127.0.0.1:{port}/"]
    _wait(urls, [*backend, vite])
    print(
        f"\n  http://127.0.0.1:{port}   user {ADMIN}, password in {state / 'admin-password'}"
        "\n  Changes are taken at once. Ctrl-C ends it.\n",
        flush=True,
    )
    _follow(backend, vite)


def _follow(backend: list[Child], vite: Child) -> None:
    """Start the processes anew with each change of their source. Raises WorkshopError when the frontend's has ended."""
    for changes in watch(SOURCE, watch_filter=PythonFilter(), rust_timeout=1000, yield_on_timeout=True):
        if changes:
            names = sorted({Path(name).relative_to(SOURCE).as_posix() for _, name in changes})
            print(f"— changed: {', '.join(names)}", flush=True)
            for child in backend:
                child.stop()
                child.start()
        for child in backend:
            if (code := child.ended()) is not None:
                print(f"✗ {child.name} ended with {code}; it starts again with the next change", flush=True)
        if (code := vite.ended()) is not None:
            raise WorkshopError(f"the frontend's server ended with {code}")


def _wait(urls: list[str], children: list[Child]) -> None:
    """Until all answer. Raises WorkshopError."""
    deadline = time.monotonic() + READY_SECONDS
    for url in urls:
        while not _answers(url):
            for child in children:
                if (code := child.ended()) is not None:
                    raise WorkshopError(f"{child.name} ended with {code}: its lines above say why")
            if time.monotonic() > deadline:
                raise WorkshopError(f"{url} did not become ready")
            time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _environment(state: Path, port: int, urls: dict[str, str]) -> dict[str, str]:
    """Settings as role app gives them: secrets as files, made once and kept."""
    for name, url in urls.items():
        write_private(state / name, url)
    secret_files = {name: state / name for name in urls}
    for name in ("SECRET_KEY", "REPORTER_TOKEN", "ALERTS_TOKEN", "RUNNER_TOKEN", "ADMIN_PASSWORD"):
        secret_files[name] = state / name.lower().replace("_", "-")
        _kept(secret_files[name])
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCE),
        "PYTHONUNBUFFERED": "1",
        "HOST": "127.0.0.1",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",  # not localhost, which may be ::1, and somebody else there
        "TRUSTED_PROXIES": "127.0.0.1",
        "ADMIN_USER": ADMIN,
        "DRAIN_SECONDS": "0",
        **{f"{name}_FILE": str(file) for name, file in secret_files.items()},
    }


def _kept(file: Path) -> str:
    if not file.is_file():
        write_private(file, secrets.token_urlsafe(32 if file.name != "admin-password" else 12))
    return file.read_text()


def _port(text: str) -> int:
    """Raises WorkshopError where it is no port, or taken."""
    try:
        port = int(text)
        socket.create_server(("127.0.0.1", port)).close()
    except (ValueError, OverflowError):
        raise WorkshopError(f"PORT is {text!r}", "a number from 1 to 65535 is needed") from None
    except OSError as error:
        hint = f"stop what listens there (another make app-dev?), or take another: make app-dev PORT={port + 1}"
        raise WorkshopError(f"port {port} of 127.0.0.1 cannot be had: {os.strerror(error.errno or 0)}", hint) from error
    return port


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


if __name__ == "__main__":
    raise SystemExit(main())
