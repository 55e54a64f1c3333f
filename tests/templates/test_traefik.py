"""Traefik's configuration and stack, rendered without a host."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.templates.render import render
from tools.workshop.settings import ROOT

VARIABLES: dict[str, Any] = {"ansible_facts": {"nodename": "vps"}, "skerry_email": "admin@example.org"}
DNS: dict[str, Any] = {
    "traefik_acme_challenge": "dns",
    "traefik_acme_dns_provider": "rfc2136",
    "traefik_acme_dns_environment": {"RFC2136_NAMESERVER": "192.0.2.1:53"},
    "traefik_acme_dns_secrets": {"RFC2136_TSIG_SECRET": "canary-tsig"},
    "traefik_acme_dns_propagation": {"delayBeforeChecks": "5s"},
    "traefik_acme_wildcard_domains": ["example.org"],
}


def load(template: str, **variables: Any) -> dict[str, Any]:
    """Return a rendered file, read."""
    loaded: dict[str, Any] = yaml.safe_load(render("traefik", template, {**VARIABLES, **variables}))
    return loaded


def acme(**variables: Any) -> dict[str, Any]:
    """Return the settings of the certificate resolver."""
    resolver: dict[str, Any] = load("stack/traefik.yml.j2", **variables)["certificatesResolvers"]["acme"]["acme"]
    return resolver


def test_lets_encrypt_by_http_is_the_default() -> None:
    """A first installation would ask nobody, or the staging directory that no browser trusts."""
    assert acme() == {
        "email": "admin@example.org",
        "caServer": "https://acme-v02.api.letsencrypt.org/directory",
        "keyType": "EC256",
        "storage": "/acme/acme.json",
        "httpChallenge": {"entryPoint": "web"},
    }


def test_each_directory_has_its_own_account() -> None:
    """Going from staging to production would fail with an account that the other server does not know."""
    storages = {
        acme(**which)["storage"]
        for which in ({}, {"traefik_acme_staging": True}, {"traefik_acme_directory": "https://a"})
    }
    assert len(storages) == 3


def test_a_directory_of_ones_own_wins_over_staging() -> None:
    """An own authority would not be asked."""
    found = acme(traefik_acme_directory="https://acme.example.org/dir", traefik_acme_staging=True)
    assert found["caServer"] == "https://acme.example.org/dir"


def test_the_tls_challenge_replaces_the_http_one() -> None:
    """A host without port 80 would get no certificate."""
    found = acme(traefik_acme_challenge="tls")
    assert found["tlsChallenge"] == {}
    assert "httpChallenge" not in found


def test_the_dns_challenge_asks_for_wildcards() -> None:
    """Each name would be published in a certificate of its own, or none would be issued."""
    static = load("stack/traefik.yml.j2", **DNS)
    assert static["certificatesResolvers"]["acme"]["acme"]["dnsChallenge"] == {
        "provider": "rfc2136",
        "propagation": {"delayBeforeChecks": "5s"},
    }
    domains = static["entryPoints"]["websecure"]["http"]["tls"]["domains"]
    assert domains == [{"main": "example.org", "sans": ["*.example.org"]}]


def test_a_dns_secret_is_a_file_for_traefiks_user_only() -> None:
    """A zone's key would show in `docker inspect`."""
    text = render("traefik", "stack/stack.yml.j2", {**VARIABLES, **DNS})
    assert "canary" not in text
    stack = yaml.safe_load(text)
    service = stack["services"]["traefik"]
    name = "RFC2136_TSIG_SECRET"
    assert service["environment"] == {"RFC2136_NAMESERVER": "192.0.2.1:53", f"{name}_FILE": f"/run/secrets/{name}"}
    assert service["secrets"] == [{"source": name, "target": name, "uid": "65532", "gid": "65532", "mode": 0o400}]
    assert stack["secrets"] == {name: {"file": f"secrets/{name}"}}


def test_without_the_dns_challenge_there_are_no_secrets() -> None:
    """An unused key of a zone would lie in the Swarm."""
    stack = load("stack/stack.yml.j2", **{**DNS, "traefik_acme_challenge": "http"})
    assert "secrets" not in stack
    assert "environment" not in stack["services"]["traefik"]


def test_a_ca_of_ones_own_is_mounted() -> None:
    """An own authority's directory would be refused as untrusted."""
    assert acme(traefik_acme_ca_file="/x/ca.pem")["caCertificates"] == ["/etc/traefik/acme-ca.pem"]
    stack = load("stack/stack.yml.j2", traefik_acme_ca_file="/x/ca.pem")
    assert {"source": "acme-ca.pem", "target": "/etc/traefik/acme-ca.pem"} in stack["services"]["traefik"]["configs"]
    assert "acme-ca.pem" not in load("stack/stack.yml.j2")["configs"]


def test_the_public_port_is_where_clients_are_sent() -> None:
    """Behind a mapped port, redirects and HTTP/3 would lead nowhere."""
    points = load("stack/traefik.yml.j2", traefik_public_https_port=8443)["entryPoints"]
    assert points["web"]["http"]["redirections"]["entryPoint"]["to"] == ":8443"
    assert points["websecure"]["http3"]["advertisedPort"] == 8443


def test_only_web_ports_are_published() -> None:
    """Metrics or ping would be open to the world."""
    services = load("stack/stack.yml.j2")["services"]
    published = {(port["published"], port.get("protocol", "tcp")) for port in services["traefik"]["ports"]}
    assert published == {(80, "tcp"), (443, "tcp"), (443, "udp")}
    assert {port["mode"] for port in services["traefik"]["ports"]} == {"host"}
    assert "ports" not in services["socket-proxy"]


def test_nothing_opens_the_dashboard() -> None:
    """Routes and addresses of all services could be read."""
    static = load("stack/traefik.yml.j2")
    assert "api" not in static
    assert static["entryPoints"]["traefik"]["address"].startswith("127.0.0.1:")


def test_the_extras_are_merged_in() -> None:
    """A setting that the role does not know would need a fork of it."""
    static = load("stack/traefik.yml.j2", traefik_static_extra={"entryPoints": {"websecure": {"address": ":9443"}}})
    assert static["entryPoints"]["websecure"]["address"] == ":9443"
    assert static["entryPoints"]["websecure"]["http3"] == {"advertisedPort": 443}
    extra = {"http": {"middlewares": {"limit": {"rateLimit": {"average": 10}}}}}
    dynamic = load("host/etc/skerry/traefik/dynamic/skerry.yml.j2", traefik_dynamic_extra=extra)
    assert {"limit", "security-headers", "compression", "retry", "nobody"} == set(dynamic["http"]["middlewares"])


@pytest.mark.parametrize("options", ["default", "routed"])
def test_tls_is_1_2_with_forward_secrecy_at_least(options: str) -> None:
    """Mozilla's intermediate profile would not be met for one of the two sets of names."""
    found = load("host/etc/skerry/traefik/dynamic/skerry.yml.j2")["tls"]["options"][options]
    assert found["minVersion"] == "VersionTLS12"
    assert all("ECDHE" in suite and ("GCM" in suite or "POLY1305" in suite) for suite in found["cipherSuites"])
    assert found.get("sniStrict", False) is (options == "default")


def test_a_traefik_that_is_about_to_end_says_so_in_every_answer() -> None:
    """Clients would keep their connections until they are cut, and lose the request that is under way."""
    folder = ROOT / "roles/traefik/vars/main"
    dynamic, static = (yaml.safe_load((folder / f"{name}.yml").read_text()) for name in ("dynamic", "static"))
    ((name, draining),) = dynamic["__traefik_draining"]["http"]["middlewares"].items()
    assert draining == {"headers": {"customResponseHeaders": {"Connection": "close"}}}
    assert name in dynamic["__traefik_dynamic"]["http"]["middlewares"]
    assert f"{name}@file" in static["__traefik_static"]["entryPoints"]["websecure"]["http"]["middlewares"]
