"""A real Prometheus with the last day of a small platform in it; and a server that answers as badly as one can."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import httpx

from backends import PROMETHEUS_IMAGE, container, free_port, has_image, process, program

DAY = 86_400
EVERY = 30  # seconds from one sample to the next
AHEAD = 1_800  # seconds for which there is data still to come, longer than the tests take

SHOP, BLOG = 'stack="shop",service="shop_web"', 'stack="blog",service="blog_web"'
NODE = 'instance="vps",job="node"'


@dataclass(frozen=True)
class Sampled:
    """A series that is ``value``, and grows by ``rate`` a second, from ``since`` seconds before now on."""

    name: str
    labels: str
    value: float = 0.0
    rate: float = 0.0
    since: int = DAY


def _platform(now: float) -> list[Sampled]:
    router, bucket = "router:traefik_{}:rate5m", "traefik_router_request_duration_seconds_bucket"
    shop, api, blog = (f'router="{name}@swarm"' for name in ("shop--web-1", "shop--web-2", "blog--web"))
    web = f'{shop},protocol="http"'
    slow = 'router="shop--realtime@swarm",protocol="http"'
    sockets = f'{shop},protocol="websocket"'
    return [
        Sampled("node_cpu_seconds_total", f'{NODE},cpu="0",mode="idle"', rate=0.75),
        Sampled("node_memory_MemAvailable_bytes", NODE, 1e9),
        Sampled("node_memory_MemTotal_bytes", NODE, 4e9),
        *(Sampled(f"node_filesystem_{kind}", f'{NODE},fstype="ext4",mountpoint="/"', value) for kind, value in _DISK),
        *(
            Sampled(f"node_filesystem_{kind}", f'{NODE},fstype="tmpfs",mountpoint="/tmp"', value)
            for kind, value in _FULL
        ),
        *(Sampled("router:service:info", f"{one},{SHOP}", 1) for one in (shop, api, slow.partition(",")[0])),
        Sampled("router:service:info", f"{blog},{BLOG}", 1),
        Sampled("router:service:info", 'router="other@file"', 1),
        *(Sampled(router.format("requests"), one, value) for one, value in ((shop, 2), (api, 1), (blog, 0))),
        Sampled(router.format("requests"), 'router="other@file"', 7),
        *(Sampled(router.format("errors"), one, value) for one, value in ((shop, 0.3), (api, 0), (blog, 0))),
        *(Sampled(bucket, f'{web},le="{le}"', rate=rate) for le, rate in (("0.1", 0.98), ("1.0", 1.0), ("+Inf", 1.0))),
        *(Sampled(bucket, f'{one},le="+Inf"', rate=100) for one in (slow, sockets)),
        Sampled("skerry_container_cpu_seconds_total", f'{NODE},{SHOP},task="shop_web.1"', rate=0.1),
        Sampled("skerry_container_cpu_seconds_total", f'{NODE},{SHOP},task="shop_web.2"', rate=0.2),
        Sampled("skerry_container_memory_bytes", f'{NODE},{SHOP},task="shop_web.1"', 123_456_789),
        Sampled("skerry_container_memory_bytes", f'{NODE},{BLOG},task="blog_web.1"', 5e7, since=1_800),
        *(
            Sampled("probe_ssl_earliest_cert_expiry", _probed(domain, labels), now + days * DAY)
            for domain, days, labels in CERTIFICATES
        ),
        *(Sampled("probe_success", _probed(domain, labels), 1) for domain, _, labels in CERTIFICATES),
        Sampled("probe_success", _probed("gone.test/", BLOG), 0),
    ]


_DISK = (("avail_bytes", 30e9), ("size_bytes", 100e9))
_FULL = (("avail_bytes", 0.0), ("size_bytes", 1e9))
CERTIFICATES = (
    ("shop.test/", 40, SHOP),
    ("shop.test/api", 22, SHOP),
    ("blog.test/", 20, BLOG),
    ("old.test:8443/", 6, BLOG),
)


def _probed(route: str, labels: str) -> str:
    return f'job="blackbox-https",instance="https://{route}",{labels}'


def _openmetrics(now: int) -> str:
    """All samples of a name together, as the format wants it."""
    lines = [
        f"{one.name}{{{one.labels}}} {one.value + one.rate * (at - now + DAY)} {at}"
        for one in sorted(_platform(now), key=lambda one: one.name)
        for at in range(now - one.since, now + AHEAD, EVERY)
    ]
    return "\n".join([*lines, "# EOF", ""])


@contextmanager
def prometheus(directory: Path) -> Iterator[str]:
    """Its URL. Raises RuntimeError where there is no way to have one."""
    data, port = directory / "prometheus", free_port()
    data.mkdir()
    (data / "samples").write_text(_openmetrics(int(time.time()) // EVERY * EVERY))
    (data / "prometheus.yml").write_text("global: {}\n")
    blocks = ("tsdb", "create-blocks-from", "openmetrics", "--quiet")
    flags = ("--storage.tsdb.retention.time=15d", "--log.level=error")
    if has_image(PROMETHEUS_IMAGE):
        mine = ("--user", f"{os.getuid()}:{os.getgid()}", "-v", f"{data}:/data")
        tool = ["docker", "run", "--rm", "--network", "none", *mine, "--entrypoint", "promtool", PROMETHEUS_IMAGE]
        subprocess.run([*tool, *blocks, "/data/samples", "/data/blocks"], check=True, capture_output=True)
        command = ["--config.file=/data/prometheus.yml", "--storage.tsdb.path=/data/blocks", *flags]
        with container(PROMETHEUS_IMAGE, port, 9090, {}, *mine, command=command):
            yield _ready(port)
        return
    server = program("prometheus")
    subprocess.run(
        [program("promtool"), *blocks, str(data / "samples"), str(data / "blocks")], check=True, capture_output=True
    )
    where = (f"--config.file={data / 'prometheus.yml'}", f"--storage.tsdb.path={data / 'blocks'}")
    with process(server, *where, *flags, f"--web.listen-address=127.0.0.1:{port}"):
        yield _ready(port)


def _ready(port: int) -> str:
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/-/ready", timeout=5).status_code == 200:
                return url
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"Prometheus does not get ready on port {port}")


@dataclass
class Impostor:
    """Listens where a Prometheus should. ``asked`` has the paths of all requests.

    Until ``go`` is set nothing is answered, or, ``dripping``, an answer has no end.
    """

    url: str
    status: int = 200
    body: bytes = b'{"status": "success", "data": {"resultType": "matrix", "result": []}}'
    dripping: bool = False
    asked: list[str] = field(default_factory=list)
    go: Event = field(default_factory=Event)


@contextmanager
def impostor() -> Iterator[Impostor]:
    """One that answers at once, until told otherwise."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            go = made.go
            if not made.dripping:
                go.wait(60)
            try:
                self.send_response(made.status)
                self.end_headers()
                while not go.wait(0.2):
                    self.wfile.write(b" ")
                self.wfile.write(made.body)
            except OSError:
                return  # nobody waits any more

        def log_message(self, *words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Impostor(f"http://127.0.0.1:{server.server_port}")
    made.go.set()
    serving = Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield made
    finally:
        made.go.set()
        server.shutdown()
        server.server_close()
        serving.join()
