"""Clients of the scenario: verified HTTP/1.1 to a chosen address, and commands inside a container's network."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SCENARIO = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
DOMAIN = "demo.example.test"


@dataclass
class Answer:
    """What a server answered: status, headers by small name, body, and the certificate as the ssl module gives it."""

    status: int
    headers: dict[str, str]
    body: str
    certificate: dict | None


@pytest.fixture(scope="session")
def domain() -> str:
    """The demo application's domain."""
    return DOMAIN


@pytest.fixture(scope="session")
def acme() -> str:
    """The ACME server's address."""
    return (SCENARIO / "acme-address").read_text().strip()


@pytest.fixture(scope="session")
def trusted(acme: str) -> ssl.SSLContext:
    """A client's context that trusts the ACME server's root, and nothing else."""
    context = ssl.create_default_context(cafile=SCENARIO / "acme-ca.pem")
    with urllib.request.urlopen(f"https://{acme}:15000/roots/0", context=context, timeout=10) as answer:
        root = answer.read().decode()
    return ssl.create_default_context(cadata=root)


@pytest.fixture(scope="session")
def blind() -> ssl.SSLContext:
    """A client's context that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.fixture
def blind_of() -> Callable[[ssl.TLSVersion, str], ssl.SSLContext]:
    """A client's context that speaks only this version with these ciphers, and takes any certificate."""

    def make(version: ssl.TLSVersion, ciphers: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        context.set_ciphers(ciphers)
        return context

    return make


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], bool], float], bool]:
    """Tell whether something becomes true within so many seconds."""

    def wait(true: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                return False
            time.sleep(0.3)
        return True

    return wait


@pytest.fixture(scope="module")
def fetch(address: str, trusted: ssl.SSLContext) -> Callable[..., Answer]:
    """Send one request over verified TLS (or http, with port 80) and give the Answer."""

    def request(path="/", *, name=DOMAIN, port=443, method="GET", headers=None, context=trusted) -> Answer:
        plain = socket.create_connection((address, port), timeout=10)
        client = http.client.HTTPConnection(name, timeout=10)
        client.sock = plain if port == 80 else context.wrap_socket(plain, server_hostname=name)
        certificate = None if port == 80 else client.sock.getpeercert()
        client.request(method, path, headers=headers or {})
        answer = client.getresponse()
        fields = {key.lower(): value for key, value in answer.getheaders()}
        body = answer.read().decode(errors="replace")
        client.close()
        return Answer(answer.status, fields, body, certificate)

    return request


@pytest.fixture(scope="module")
def inside(vps) -> Callable[[str, str], str]:
    """Run a command of the machine's in the network of the first container whose name begins so; give its output."""

    def run(container: str, command: str) -> str:
        pid = vps.check_output(
            "docker inspect -f '{{.State.Pid}}' $(docker ps --quiet --filter name=%s | head -n 1)", container
        )
        return vps.run(f"nsenter --target {pid} --net -- {command}").stdout.strip()

    return run


@pytest.fixture
def acme_cut(vps, acme) -> Iterator[None]:
    """Cut the machine and its containers off the ACME server, and join them again afterwards."""
    rules = [f"OUTPUT -d {acme} -j REJECT", f"DOCKER-USER -d {acme} -j REJECT"]
    for rule in rules:
        vps.check_output(f"iptables -I {rule}")
    yield
    for rule in rules:
        vps.run(f"iptables -D {rule}")
