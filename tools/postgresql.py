"""A PostgreSQL server of one's own, of the programs that Debian's package `postgresql` brings (or Homebrew's, …)."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.workshop.shell import WorkshopError

SECONDS = 60  # for a start, and for an end


def programs() -> Path:
    """The directory of the newest `initdb`, `postgres` and `psql`. Raises WorkshopError where there are none."""
    found = [file.parent for file in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:  # Debian's are not on PATH
        return max(found, key=lambda directory: int(directory.parent.name))
    on_path = shutil.which("initdb")
    if on_path is None:
        raise WorkshopError("PostgreSQL's server is not installed", "install the package postgresql")
    return Path(on_path).parent


@contextmanager
def server(directory: Path, port: int, password: str, options: Sequence[str] = ()) -> Iterator[str]:
    """Runs on 127.0.0.1 until the end, and gives the URL of database `console`, which its user `console` owns.

    `directory` is made where it is not there, and kept; its parents must let user `postgres` through where this runs as
    root, since PostgreSQL does not. `options` are settings, as in `fsync=off`. Raises WorkshopError
    with what a program said.
    """
    place, data = programs(), directory / "data"
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)  # whoever reaches the socket in it is superuser
    user = _user_for(directory)
    if not (data / "PG_VERSION").exists():
        rules = ["--auth-local=trust", "--auth-host=scram-sha-256", "--username=postgres"]
        _run([str(place / "initdb"), "--pgdata", str(data), "--encoding=UTF8", "--no-locale", *rules], user)
    settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={directory}", *options]
    words = [word for setting in settings for word in ("-c", setting)]
    psql = [
        str(place / "psql"),
        "-XqAt",
        "-vON_ERROR_STOP=1",
        "-h",
        str(directory),
        "-p",
        str(port),
        "-U",
        "postgres",
        "postgres",
    ]
    log = directory / "postgresql.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [place / "postgres", "-D", data, *words],
            stdout=output,
            stderr=output,
            cwd=directory,
            start_new_session=True,  # Ctrl-C is for us: it ends when those that use it have ended
            user=user,
        )
    try:
        _wait_until_it_answers(psql, process, log)
        _make_database(psql, password)
        yield f"postgresql://console:{password}@127.0.0.1:{port}/console"
    finally:
        process.send_signal(signal.SIGINT)  # on SIGTERM it would wait for clients to leave
        process.wait(SECONDS)


def _user_for(directory: Path) -> str | None:
    """Whom PostgreSQL runs as: where we are root, Debian's user, whose `directory` becomes; otherwise who we are."""
    if os.geteuid() != 0:
        return None
    name = "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"
    shutil.chown(directory, name)
    return name


def _wait_until_it_answers(psql: Sequence[str], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while subprocess.run([*psql, "-c", "SELECT 1"], capture_output=True, check=False).returncode:
        if process.poll() is not None or time.monotonic() > deadline:
            raise WorkshopError(f"PostgreSQL did not start: {log.read_text().strip()}")
        time.sleep(0.1)


def _make_database(psql: Sequence[str], password: str) -> None:
    """User and database `console`, unless they are there."""
    if not _run([*psql, "-c", "SELECT 1 FROM pg_database WHERE datname = 'console'"]):
        # Read, not given as an argument, which other users of this machine see.
        make_user = f"CREATE ROLE console LOGIN PASSWORD '{password}';\n"
        _run(psql, said=f"{make_user}CREATE DATABASE console OWNER console;\n")


def _run(argv: Sequence[str], user: str | None = None, said: str | None = None) -> str:
    """What the program prints, after it read `said`. Raises WorkshopError."""
    done = subprocess.run(argv, input=said, capture_output=True, text=True, check=False, user=user, cwd="/")
    if done.returncode:
        raise WorkshopError(f"{Path(argv[0]).name}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()
