"""The workshop's own images: the ACME server issues, the registry keeps, the VPS boots."""

from __future__ import annotations

import json
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.container import Container, docker, running, wait_until
from tests.images.test_contract import TRAEFIK

NAME = "console.skerry.localhost"
VPS = (
    "--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cap-add", "SYS_PTRACE", "--cgroupns", "private",
    "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
    "--tmpfs", "/run", "--tmpfs", "/tmp", "--volume", "/var/lib/docker",
)  # fmt: skip


@pytest.fixture
def acme() -> Iterator[Container]:
    """Run the ACME server, known by the address that the engine gave it."""
    with running("skerry/acme", hardened=False) as container:
        wait_until(lambda: container.state("{{.State.Health.Status}}") == "healthy", "a healthy ACME server")
        yield container


def fetch(url: str, authority: str) -> str:
    """Return the body of `url`, its certificate verified against `authority` (PEM)."""
    https = urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=authority))
    with urllib.request.build_opener(urllib.request.ProxyHandler({}), https).open(url, timeout=5) as answer:
        return str(answer.read().decode())


def served(address: str, name: str, authority: str) -> bool:
    """Tell whether `address` serves a certificate for `name` that `authority` vouches for."""
    context = ssl.create_default_context(cadata=authority)
    try:
        with (
            socket.create_connection((address, 443), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=name),
        ):
            return True
    except OSError:
        return False


def test_acme_issues_a_certificate_for_the_console(acme: Container, tmp_path: Path) -> None:
    """No run of the platform would ever get past its first certificate."""
    authority = acme.out("cat", "/data/ca.pem")
    (tmp_path / "ca.pem").write_text(authority)
    dynamic = tmp_path / "dynamic"
    dynamic.mkdir()
    resolver = {
        "email": "admin@skerry.localhost",
        "storage": "/acme/acme.json",
        "caserver": f"https://{acme.address}:14000/dir",
        "cacertificates": "/ca.pem",
        "httpchallenge.entrypoint": "web",
        "keytype": "EC256",
    }
    flags = [f"--certificatesresolvers.acme.acme.{key}={value}" for key, value in resolver.items()]
    flags += [
        "--entrypoints.web.address=:80",
        "--entrypoints.websecure.address=:443",
        "--providers.file.directory=/dynamic",
    ]
    options = (
        "--tmpfs",
        "/acme:mode=0700",
        "--volume",
        f"{tmp_path}/ca.pem:/ca.pem:ro",
        "--volume",
        f"{dynamic}:/dynamic:ro",
    )
    with running(TRAEFIK, *flags, options=options) as traefik:
        change = json.dumps({"ip": traefik.address}).encode()
        urllib.request.urlopen(f"http://{acme.address}:8055/set-default-ipv4", data=change, timeout=5).close()
        router = {"rule": f"Host(`{NAME}`)", "service": "noop@internal", "tls": {"certResolver": "acme"}}
        (dynamic / "site.json.new").write_text(json.dumps({"http": {"routers": {"console": router}}}))
        (dynamic / "site.json.new").rename(dynamic / "site.yml")

        root = fetch(f"https://{acme.address}:15000/roots/0", authority)
        wait_until(lambda: served(traefik.address, NAME, root), f"a certificate\n{traefik.logs}\n{acme.logs[-3000:]}")


def test_acme_keeps_its_authority_over_a_restart(acme: Container) -> None:
    """Traefik would distrust the ACME server after each reboot of the workshop."""
    before = acme.out("cat", "/data/ca.pem")

    docker("restart", acme.name)

    wait_until(lambda: acme.state("{{.State.Health.Status}}") == "healthy", "a healthy ACME server")
    assert acme.out("cat", "/data/ca.pem") == before
    fetch(f"https://{acme.address}:14000/dir", before)


def test_registry_keeps_and_forgets_images() -> None:
    """The VPS could pull nothing, or the registry only ever grow."""
    with running("skerry/registry", hardened=True, options=("--publish", "127.0.0.1::5000")) as registry:
        wait_until(lambda: registry.http(5000, "/v2/").status == 200, "the registry")
        reference = f"{docker('port', registry.name, '5000/tcp').stdout.split()[0]}/library/probe:1"
        docker("tag", "skerry-standin/oliver006/redis_exporter:v1.69.0", reference)
        try:
            pushed = docker("push", reference).stdout
        finally:
            docker("rmi", reference)
        digest = pushed.split("digest: ")[1].split()[0]

        docker("pull", reference)
        docker("rmi", reference)
        assert registry.http(5000, f"/v2/library/probe/manifests/{digest}", "DELETE").status == 202
        assert registry.http(5000, "/v2/library/probe/manifests/1").status == 404
        assert registry.stop() in {0, 2, 143}


def test_vps_boots_clean_with_host_keys_of_its_own() -> None:
    """A role would meet a half-booted host, or all VPS would share one identity."""
    keys = set()
    for _ in range(2):
        with running("skerry/vps:debian13", options=VPS, hardened=False) as vps:
            vps.succeeds(["systemctl", "is-system-running", "--wait"])
            assert vps.out("systemctl", "is-active", "ssh") == "active"
            keys.add(vps.out("cat", "/etc/ssh/ssh_host_ed25519_key.pub"))
    assert len(keys) == 2
