"""The demo on its Swarm, and somebody who visits it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from runs import Swarm, run
from testinfra.host import Host


@pytest.fixture(scope="module")
def swarm(vps: Host) -> Swarm:
    """The scenario's Swarm."""
    return Swarm(vps)


@pytest.fixture
def demo(swarm: Swarm) -> Swarm:
    """The demo as converge left it, whatever a test before did to it."""
    done = run()
    assert done.code == 0, done.output
    return swarm


@pytest.fixture
def visitor(demo: Swarm) -> Iterator[Callable[[], tuple[int, int]]]:
    """Ask the demo for its word ten times a second; calling the fixture ends that and returns (answered, failed)."""
    # Ten seconds: a machine at its limit answers late; what is looked for here is a request that is lost.
    ask = "if curl -fsS -m 10 http://web:8080/ > /dev/null; then echo answered; else echo failed; fi; sleep 0.1"
    demo.docker(
        "run --detach --name visitor --network demo_front nginxinc/nginx-unprivileged:1.26 "
        f"sh -c 'while :; do {ask}; done'"
    )

    def end() -> tuple[int, int]:
        demo.docker("kill visitor")
        log = demo.docker("logs visitor 2>/dev/null").split()
        return log.count("answered"), log.count("failed")

    time.sleep(1)
    yield end
    demo.docker("rm --force visitor")
