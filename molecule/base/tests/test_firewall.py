"""What answers from outside."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

LISTEN = Path(__file__).parents[2] / "shared" / "listen.py"
Scan = Callable[..., list[int]]


def listen(vps: Host) -> None:
    """Serve more ports than may be reached, and wait until each is served."""
    subprocess.run(["docker", "cp", LISTEN, f"{vps.backend.name}:/root/listen.py"], check=True, capture_output=True)
    vps.run("systemctl stop listen")
    vps.check_output("systemd-run --unit=listen --collect python3 /root/listen.py 80 443 2377 4789 7946 8080 9999")
    for _ in range(100):
        if vps.run("ss -Hlun sport = 9999").stdout:
            return
        time.sleep(0.1)
    pytest.fail(vps.run("systemctl status listen").stdout)


@pytest.fixture(scope="module", autouse=True)
def listening(vps: Host) -> Iterator[None]:
    """Serve the ports as long as the tests of this file run."""
    listen(vps)
    yield
    vps.run("systemctl stop listen")


@pytest.fixture(scope="module")
def scan(vps: Host, outside: Callable[..., str]) -> Scan:
    """Return a function that tells which ports answer. The address may have changed with a restart."""

    def run(*last: str) -> list[int]:
        address = vps.check_output("ip -4 -oneline address show dev eth0").split()[3].partition("/")[0]
        return list(json.loads(outside("scan.py", address, *last)))

    return run


def test_only_ssh_and_the_web_answer(scan: Scan) -> None:
    """A port beside 22, 80 and 443 would be open to the world."""
    assert scan() == [22, 80, 443]


@pytest.mark.parametrize(("port", "answer"), [(443, "answer"), (80, "silence"), (4789, "silence"), (7946, "silence")])
def test_only_http3_answers_over_udp(outside: Callable[..., str], address: str, port: int, answer: str) -> None:
    """HTTP/3 would not work, or the Swarm's gossip and overlay traffic could be forged from outside."""
    assert outside("datagram.py", address, str(port)).strip() == answer


def test_the_host_reaches_itself(vps: Host) -> None:
    """What is meant for the host alone (metrics, say) would be shut off as well."""
    assert vps.run("""python3 -c 'import socket; socket.create_connection(("127.0.0.1", 9999), 2)'""").rc == 0


@pytest.mark.parametrize("action", ["reload", "restart"])
def test_rules_survive(vps: Host, scan: Scan, action: str) -> None:
    """A reload or restart of the firewall would leave the host open, or shut."""
    vps.check_output(f"systemctl {action} skerry-firewall.service")
    assert scan("10000") == [22, 80, 443]


def test_rules_changed_by_hand_are_mended(vps: Host, converge: Callable[..., Any], scan: Scan) -> None:
    """A hole that somebody made by hand would stay."""
    vps.check_output("nft insert rule inet skerry input tcp dport 9999 accept")
    assert scan("10000") == [22, 80, 443, 9999]
    assert converge().changed > 0
    assert scan("10000") == [22, 80, 443]


def test_rules_are_there_after_a_restart_of_the_machine(vps: Host, restart: Callable[[], None], scan: Scan) -> None:
    """The host would be open from a reboot to the next run."""
    restart()
    listen(vps)
    assert scan("10000") == [22, 80, 443]
