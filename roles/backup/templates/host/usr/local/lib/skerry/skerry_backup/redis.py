"""The platform's Redis server: a snapshot of all keys, and keys written back one by one.

A snapshot put in the place of an append-only file would start a server with no key at all, so nothing is put in place:
keys are read out of the snapshot by a second server and handed to the first with RESTORE (redis.io/commands/restore).
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import docker
from .settings import STATE, BackupError

SERVICE = "redis_redis"
CHUNK = 1 << 20
# The password comes from a file in the container: on a command line everybody on the host could read it.
AS_ADMIN = 'REDISCLI_AUTH=$(cat /run/secrets/admin_password) exec redis-cli --user admin "$@"'
START_SECONDS = 60
# A snapshot ends with this byte and a checksum of 8. Writing to a pipe, redis-cli leaves behind it the 40 random
# hexadecimal digits with which the server tells where a snapshot without a length ends.
RDB_END, MARK = b"\xff", 40
HELD = 9 + MARK


def cli(*words: str, interactive: bool = False) -> list[str]:
    """Return the docker arguments that run redis-cli as the administrator in the server's container."""
    options = ["--interactive"] if interactive else []
    return ["exec", *options, docker.container(SERVICE), "sh", "-c", AS_ADMIN, "sh", *words]


def stream(facts: str) -> int:
    """Be the command that restic reads a snapshot from; what it holds as JSON to the file `facts`."""
    try:
        keys = int(docker.docker(*cli("dbsize")).split()[-1])
        size, held = 0, b""
        with subprocess.Popen(
            ["docker", *cli("--rdb", "-")], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout and process.stderr
            while piece := process.stdout.read(CHUNK):
                if not (size or held) and not piece.startswith(b"REDIS"):
                    raise BackupError(f"redis-cli --rdb wrote something else than a snapshot: {piece[:200]!r}")
                held += piece
                size += sys.stdout.buffer.write(held[:-HELD])
                held = held[-HELD:]
            said = process.stderr.read().decode(errors="replace").strip()
        held = held[:-MARK] if held[-HELD : 1 - HELD] == RDB_END else held
        if process.returncode or held[-9:-8] != RDB_END:
            raise BackupError(f"redis-cli --rdb failed with code {process.returncode}, {size} bytes: {said[-300:]}")
        size += sys.stdout.buffer.write(held)
    except BackupError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.flush()
    Path(facts).write_text(json.dumps({"bytes": size, "keys": keys}))
    return 0


class Connection:
    """A client of the second server, by its socket. https://redis.io/docs/latest/develop/reference/protocol-spec/"""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("rb")

    def ask(self, *words: bytes) -> Any:
        """Send one command and return its reply: int, bytes, None or a list of these."""
        self._socket.sendall(encode(*words))
        return self._reply()

    def _reply(self) -> Any:
        line = self._file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise BackupError(f"redis: {rest.decode(errors='replace')}")
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return self._file.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        return rest


def encode(*words: bytes) -> bytes:
    """Return a command as the protocol wants it."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


@contextmanager
def opened(source: subprocess.Popen[bytes]) -> Iterator[Connection]:
    """Run a second server, without network, on the snapshot that `source` writes."""
    directory = Path(tempfile.mkdtemp(prefix="redis-", dir=STATE))
    name = f"skerry-{directory.name}"
    try:
        directory.chmod(0o777)  # the container's user is another; nobody else gets into STATE
        with (directory / "dump.rdb").open("wb") as file:
            assert source.stdout and source.stderr
            shutil.copyfileobj(source.stdout, file, CHUNK)
        said = source.stderr.read().decode(errors="replace")
        if source.wait():
            raise BackupError(f"reading the snapshot of Redis failed: {said.strip()[-300:]}")
        (directory / "dump.rdb").chmod(0o644)
        command = (
            "redis-server --dir /data --save '' --appendonly no --port 0 --unixsocket /data/s --unixsocketperm 777"
        )
        image = docker.image_of(docker.container(SERVICE))
        docker.docker(
            "run", "--detach", "--name", name, "--network", "none", "--cap-drop", "ALL", "--user", "999:999",
            "--volume", f"{directory}:/data", "--entrypoint", "sh", image, "-c", f"exec {command}",
        )  # fmt: skip
        yield _ready(directory / "s", name)
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=False)
        shutil.rmtree(directory, ignore_errors=True)


def _ready(path: Path, name: str) -> Connection:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = Connection(path)
            if connection.ask(b"PING") == b"PONG":
                return connection
        except (OSError, BackupError) as error:  # not there yet, or still loading
            if time.monotonic() > end:
                said = docker.docker("logs", "--tail", "5", name)
                raise BackupError(f"the snapshot of Redis does not load: {said.strip()}") from error
        time.sleep(0.2)


# Keys may hold any byte, so no list of them passes through a text.
FORGET = b"""local cursor = '0' repeat
local found = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 1000) cursor = found[1]
for _, name in ipairs(found[2]) do redis.call('UNLINK', name) end until cursor == '0'"""


def pattern(prefix: str) -> bytes:
    """Return the glob pattern of the keys that begin with `prefix`."""
    return prefix.translate({ord(sign): f"\\{sign}" for sign in "*?[]\\"}).encode() + b"*"


def put_back(connection: Connection, prefix: str) -> int:
    """Make the running server's keys of `prefix` those of the second server; return how many there are."""
    words = ["docker", *cli("--pipe", interactive=True)]
    count, cursor = 0, b"0"
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as sink:
        assert sink.stdin and sink.stdout
        sink.stdin.write(encode(b"EVAL", FORGET, b"0", pattern(prefix)))
        while True:
            cursor, names = connection.ask(b"SCAN", cursor, b"MATCH", pattern(prefix), b"COUNT", b"1000")
            for name in names:
                content, left = connection.ask(b"DUMP", name), connection.ask(b"PTTL", name)
                if content is not None:  # else it has expired since
                    sink.stdin.write(encode(b"RESTORE", name, b"%d" % max(left, 0), content, b"REPLACE"))
                    count += 1
            if cursor == b"0":
                break
        sink.stdin.close()
        said = sink.stdout.read().decode(errors="replace")
    if sink.returncode or "errors: 0" not in said:
        raise BackupError(f"Redis did not take every key: {said.strip()[-300:]}")
    return count
