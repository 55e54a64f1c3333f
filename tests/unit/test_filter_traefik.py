"""The labels that route a service, and what the role traefik refuses."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from filter_plugins.traefik import (
    traefik_labels,
    traefik_priority,
    traefik_problems,
    traefik_rule,
    traefik_secret_environment,
    traefik_wildcards,
)


def service(**settings: Any) -> dict[str, Any]:
    """Return a valid service; arguments override."""
    return {"name": "shop-web", "domain": "shop.example.org", "port": 8000, **settings}


def values(**settings: Any) -> dict[str, Any]:
    """Return valid variables of the role; arguments override."""
    return {
        "skerry_domain": "example.org",
        "traefik_acme_email": "admin@example.org",
        "traefik_acme_challenge": "http",
        "traefik_acme_directory": "",
        "traefik_acme_ca_file": "",
        "traefik_acme_dns_provider": "",
        "traefik_acme_dns_secrets": [],
        "traefik_acme_wildcard_domains": [],
        "traefik_acme_wait": 60,
        "traefik_public_https_port": 443,
        **settings,
    }


def test_a_plain_service_gets_one_router() -> None:
    """A service with nothing but a domain and a port would not be routed, or not with TLS's entry point."""
    labels = traefik_labels(service())
    assert labels == {
        "traefik.enable": "true",
        "traefik.http.routers.shop-web.rule": "Host(`shop.example.org`)",
        "traefik.http.routers.shop-web.priority": "1000",
        "traefik.http.routers.shop-web.entrypoints": "websecure",
        "traefik.http.routers.shop-web.service": "shop-web",
        "traefik.http.routers.shop-web-metrics.rule": (
            "Host(`shop.example.org`) && PathRegexp(`(?i)^/+metrics(/|\\z)`)"
        ),
        "traefik.http.routers.shop-web-metrics.priority": "1000000",
        "traefik.http.routers.shop-web-metrics.entrypoints": "websecure",
        "traefik.http.routers.shop-web-metrics.middlewares": "nobody@file",
        "traefik.http.routers.shop-web-metrics.service": "noop@internal",
        "traefik.http.services.shop-web.loadbalancer.server.port": "8000",
    }


def test_no_label_holds_what_a_stack_file_takes_for_a_variable() -> None:
    """`docker stack deploy` would refuse the whole stack."""
    labels = traefik_labels(service(paths=["/", "/api"], ready="/ready", sticky=True))
    assert "$" not in "".join([*labels, *labels.values()])


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/", "Host(`a.b`)"),
        ("/api", "Host(`a.b`) && (Path(`/api`) || PathPrefix(`/api/`))"),
        ("/api/", "Host(`a.b`) && (Path(`/api`) || PathPrefix(`/api/`))"),
    ],
)
def test_a_path_is_not_a_prefix_of_a_word(path: str, rule: str) -> None:
    """/apiary would be answered by the service of /api."""
    assert traefik_rule("a.b", path) == rule


def test_the_longer_path_wins_and_none_wins_against_metrics() -> None:
    """/api/slow would be answered by /api, or a long path would uncover /metrics."""
    paths = ["/", "/api", "/api/slow"]
    priorities = [traefik_priority(path) for path in paths]
    assert priorities == sorted(set(priorities))
    assert traefik_priority("/" + "x" * 4000) < 999999


def test_each_path_has_a_router_of_its_own_priority() -> None:
    """A short path of one service would win against a longer one of another because a third is long."""
    labels = traefik_labels(service(paths=["/", "/hook"]))
    assert labels["traefik.http.routers.shop-web.priority"] == "1000"
    assert labels["traefik.http.routers.shop-web-1.priority"] == "1005"
    assert labels["traefik.http.routers.shop-web-1.service"] == "shop-web"


@pytest.mark.parametrize(("path", "caught"), [("/", True), ("/metrics/x", True), ("/metricsx", False), ("/api", False)])
def test_metrics_are_caught_where_the_service_could_be_asked_for_them(path: str, caught: bool) -> None:
    """Anyone could read the service's figures."""
    assert ("traefik.http.routers.shop-web-metrics.rule" in traefik_labels(service(paths=[path]))) is caught


def test_readiness_stickiness_and_middlewares() -> None:
    """A replica that drains would go on being asked, Socket.IO would lose its session, or a guard would be left out."""
    labels = traefik_labels(service(ready="/ready", sticky=True, middlewares=["limit@file", "auth@swarm"]))
    balancer = "traefik.http.services.shop-web.loadbalancer"
    assert labels[f"{balancer}.healthcheck.path"] == "/ready"
    assert labels[f"{balancer}.healthcheck.interval"] == "1s"
    assert labels[f"{balancer}.sticky.cookie.name"] == "skerry_shop-web"
    assert labels[f"{balancer}.sticky.cookie.secure"] == labels[f"{balancer}.sticky.cookie.httponly"] == "true"
    assert labels["traefik.http.routers.shop-web.middlewares"] == "limit@file,auth@swarm"


@pytest.mark.parametrize(
    ("domain", "wildcards", "own"),
    [
        ("shop.example.org", [], False),
        ("shop.example.org", ["example.org"], False),
        ("example.org", ["example.org"], False),
        ("a.shop.example.org", ["example.org"], True),
        ("shop.example.net", ["example.org"], True),
    ],
)
def test_a_domain_that_no_wildcard_covers_gets_its_own_certificate(
    domain: str, wildcards: list[str], own: bool
) -> None:
    """A domain beside the wildcard would be served with a certificate that is not for it."""
    labels = traefik_labels(service(domain=domain), wildcards)
    routers = {key.split(".")[3] for key in labels if ".routers." in key}
    resolvers = {key.split(".")[3]: value for key, value in labels.items() if key.endswith("tls.certresolver")}
    assert resolvers == (dict.fromkeys(routers, "acme") if own else {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "Shop Web"),
        ("name", None),
        ("domain", "shop"),
        ("domain", "shop.example.org`) || Host(`x.y"),
        ("domain", "Shop.example.org"),
        ("port", 0),
        ("port", 70000),
        ("port", "http"),
        ("port", True),
        ("port", None),
        ("paths", "/api"),
        ("paths", ["api"]),
        ("paths", ["/a`) || Path(`/b"]),
        ("ready", "ready"),
        ("ready", "/ready?deep=1"),
        ("middlewares", ["limit"]),
        ("middlewares", "limit@file"),
    ],
)
def test_what_would_break_a_rule_is_refused(key: str, value: Any) -> None:
    """A bad value would route somebody else's requests, or fail in Traefik's log where nobody looks."""
    with pytest.raises(AnsibleFilterError, match=rf"^{key} of the routed service .* allowed is "):
        traefik_labels(service(**{key: value}))


def test_wildcards_and_secret_files() -> None:
    """The wildcard would not hold the domain itself, or a provider's secret would stand in the environment."""
    assert traefik_wildcards(["example.org"]) == [{"main": "example.org", "sans": ["*.example.org"]}]
    assert traefik_secret_environment(["API_TOKEN"]) == {"API_TOKEN_FILE": "/run/secrets/API_TOKEN"}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"traefik_acme_directory": "https://acme.example.org/dir", "traefik_acme_ca_file": __file__},
        {
            "traefik_acme_challenge": "dns",
            "traefik_acme_dns_provider": "rfc2136",
            "traefik_acme_dns_secrets": ["RFC2136_TSIG_SECRET"],
            "traefik_acme_wildcard_domains": ["example.org"],
        },
    ],
)
def test_good_variables_pass(settings: dict[str, Any]) -> None:
    """A right inventory would be refused."""
    assert traefik_problems(values(**settings)) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("skerry_domain", ""),
        ("skerry_domain", "localhost"),
        ("skerry_domain", "https://example.org"),
        ("traefik_acme_email", ""),
        ("traefik_acme_email", "admin"),
        ("traefik_acme_email", "admin@localhost"),
        ("traefik_acme_email", "a@b@example.org"),
        ("traefik_acme_email", "admin@example..org"),
        ("traefik_acme_directory", "http://acme.example.org/dir"),
        ("traefik_acme_ca_file", "/nowhere/ca.pem"),
        ("traefik_acme_dns_provider", "cloudflare"),
        ("traefik_acme_dns_secrets", ["api token"]),
        ("traefik_acme_wildcard_domains", ["example.org"]),
        ("traefik_public_https_port", 0),
        ("traefik_public_https_port", 65536),
        ("traefik_acme_wait", -1),
    ],
)
def test_a_bad_variable_is_one_sentence(name: str, value: Any) -> None:
    """An operator would learn of it from Traefik's log, after the first change."""
    (problem,) = traefik_problems(values(**{name: value}))
    assert problem.startswith(f"{name} is {value!r}: allowed is ")


def test_dns_needs_a_provider_and_bare_domains() -> None:
    """The challenge dns would never be met."""
    problems = traefik_problems(values(traefik_acme_challenge="dns", traefik_acme_wildcard_domains=["*.example.org"]))
    assert [problem.split(" ")[0] for problem in problems] == [
        "traefik_acme_dns_provider",
        "traefik_acme_wildcard_domains",
    ]
