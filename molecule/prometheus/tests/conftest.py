"""Prometheus's answers, and what arrived at the receiver of alerts beside the machine."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from testinfra.host import Host

Arrival = dict[str, Any]


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], Any], str], Any]:
    """Return a function that waits for something true, and returns it; two minutes at most."""

    def wait(ask: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + 120
        while not (found := ask()):
            if time.monotonic() > end:
                pytest.fail(f"waited in vain for {what}")
            time.sleep(0.5)
        return found

    return wait


@pytest.fixture(scope="module")
def query(vps: Host, task: Callable[..., str]) -> Callable[[str], dict[str, float]]:
    """Return a function that asks Prometheus, and returns values by their labels (JSON, without the name)."""

    def ask(expression: str) -> dict[str, float]:
        url = f"http://127.0.0.1:9090/api/v1/query?query={quote(expression)}"
        container = task("prometheus_prometheus")
        answer = json.loads(vps.check_output(f"docker exec {container} wget -q -O - '{url}'"))
        found = {}
        for one in answer["data"]["result"]:
            labels = {key: value for key, value in sorted(one["metric"].items()) if key != "__name__"}
            found[json.dumps(labels)] = float(one["value"][1])
        return found

    return ask


@pytest.fixture(scope="module")
def arrived(host: Host) -> Callable[[], list[Arrival]]:
    """Return a function that tells what has arrived at the receiver: molecule/shared/sink.py."""
    program = "import urllib.request as u; print(u.urlopen('http://127.0.0.1/', timeout=5).read().decode())"

    def ask() -> list[Arrival]:
        command = ["docker", "exec", f"{host.backend.host}-sink", "python3", "-c", program]
        found: list[Arrival] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        return found

    return ask


@pytest.fixture
def trouble(vps: Host) -> Iterator[Callable[[int], None]]:
    """Return a function that sets the metric which the scenario's own rule looks at; it is gone afterwards."""
    file = "/var/lib/skerry/metrics/molecule.prom"

    def set_to(value: int) -> None:
        vps.check_output(f"echo 'molecule_trouble{{where=\"here\"}} {value}' > {file}.new && mv {file}.new {file}")

    yield set_to
    vps.run(f"rm -f {file}")


@pytest.fixture
def demo(vps: Host) -> Iterator[Callable[[int], None]]:
    """Return a function that runs a service with so many replicas and the label that asks for scraping."""

    def run(replicas: int) -> None:
        vps.check_output(
            f"docker service create --quiet --detach --name demo --replicas {replicas} --network monitoring"
            " --endpoint-mode dnsrr --label skerry.metrics.port=9121 --label skerry.metrics.job=demo"
            " oliver006/redis_exporter:v1.69.0"
        )

    yield run
    vps.run("docker service rm demo")
