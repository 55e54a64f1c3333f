"""Traefik's side of a service: the labels that route it, and the checks of what the role traefik is given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

# Longer paths win; nothing wins against the catch for /metrics.
_BASE_PRIORITY = 1000
_METRICS_PRIORITY = 1_000_000

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_PATH = re.compile(r"/[A-Za-z0-9._~/-]*")
_MIDDLEWARE = re.compile(r"[A-Za-z0-9_-]+@[a-z]+")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@(?P<domain>[^@\s]+)")

_ALLOWED = {
    "skerry_domain": "a domain in small letters such as example.com",
    "traefik_acme_email": "an e-mail address such as admin@example.com (set skerry_email)",
    "traefik_acme_directory": "an https:// URL, or nothing for Let's Encrypt",
    "traefik_acme_ca_file": "a file on the controller, or nothing",
    "traefik_acme_dns_provider": "the name of a DNS provider where traefik_acme_challenge is dns, else nothing",
    "traefik_acme_dns_secrets": "a dict whose keys are names of environment variables",
    "traefik_acme_wildcard_domains": "a list such as [example.com] where traefik_acme_challenge is dns, else nothing",
    "traefik_public_https_port": "a port from 1 to 65535",
    "traefik_acme_wait": "a number of seconds, 0 or more",
}


def is_domain(value: Any) -> bool:
    """Tell whether value is a fully qualified host name in small letters (RFC 1123)."""
    if not isinstance(value, str) or len(value) > 253:
        return False
    labels = value.split(".")
    return len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()


def is_email(value: Any) -> bool:
    """Tell whether value is a plain e-mail address: local part, @, a fully qualified domain."""
    match = _EMAIL.fullmatch(value) if isinstance(value, str) else None
    return bool(match and is_domain(match["domain"].lower()))


def traefik_rule(domain: str, path: str = "/") -> str:
    """Give the router rule for a domain and a path: `/api` means /api itself and what lies below, but not /apiary."""
    host = f"Host(`{domain}`)"
    path = path.rstrip("/")
    return f"{host} && (Path(`{path}`) || PathPrefix(`{path}/`))" if path else host


def traefik_priority(path: str) -> int:
    """Give the router's explicit priority: the longer the path, the higher."""
    return _BASE_PRIORITY + len(path.rstrip("/"))


def traefik_labels(service: dict[str, Any], wildcard_domains: list[str] | None = None) -> dict[str, str]:
    """Give the deploy.labels that route a Swarm service through the role traefik.

    service:
        name         unique among all routed services, e.g. console-api: letters, digits, dashes
        domain       fully qualified host name
        port         the container's port, 1-65535
        paths        list of path prefixes, default ["/"]; one router each, the longest path wins
        ready        path that answers 2xx/3xx while the service takes requests, asked each second; empty: not asked
        sticky       true: a cookie keeps a client on one replica (a must for Socket.IO with polling)
        middlewares  list of Traefik middlewares of the service's own, as name@provider
        sign_in      one more, that lets in who is signed in only; the ready path alone stays open, for whoever watches
    wildcard_domains: base domains whose wildcard certificate Traefik holds (traefik_acme_wildcard_domains); a domain
        that none of them covers asks for a certificate of its own.

    Entry point defaults add the rest for every router: TLS with a certificate, security headers, compression, retry.
    Raises AnsibleFilterError with one sentence that names key, value and what is allowed.
    """
    name, domain = service.get("name"), service.get("domain")
    paths = service.get("paths") or ["/"]
    _check_service(service, paths)
    labels = {"traefik.enable": "true"}
    for index, (rule, priority, middlewares) in enumerate(_routers(service, paths)):
        router = f"traefik.http.routers.{name}" + (f"-{index}" if index else "")
        labels[f"{router}.rule"] = rule
        labels[f"{router}.priority"] = str(priority)
        labels[f"{router}.entrypoints"] = "websecure"
        labels[f"{router}.service"] = str(name)
        if middlewares:
            labels[f"{router}.middlewares"] = ",".join(middlewares)
    if any(f"{path}/".startswith(("//", "/metrics/")) for path in paths):
        labels |= _metrics_refused(str(name), str(domain))
    if wildcard_domains and not _covered(str(domain), wildcard_domains):
        for router in [key.removesuffix(".rule") for key in labels if key.endswith(".rule")]:
            labels |= {f"{router}.tls.certresolver": "acme", f"{router}.tls.options": "routed@file"}
    balancer = f"traefik.http.services.{name}.loadbalancer"
    labels[f"{balancer}.server.port"] = str(service["port"])
    if service.get("ready"):
        labels[f"{balancer}.healthcheck.path"] = service["ready"]
        labels[f"{balancer}.healthcheck.interval"] = "1s"
        # Longer than the interval on purpose: a tight probe flaps on a busy host, and a flap is a failed request.
        labels[f"{balancer}.healthcheck.timeout"] = "3s"
    if service.get("sticky"):
        cookie = f"{balancer}.sticky.cookie"
        labels |= {f"{cookie}.name": f"skerry_{name}", f"{cookie}.samesite": "lax"}
        labels |= {f"{cookie}.secure": "true", f"{cookie}.httponly": "true"}
    return labels


def traefik_wildcards(domains: list[str]) -> list[dict[str, Any]]:
    """Give Traefik's tls.domains that ask for one certificate a domain: for itself and all names directly below it."""
    return [{"main": domain, "sans": [f"*.{domain}"]} for domain in domains]


def traefik_secret_environment(names: Iterable[str]) -> dict[str, str]:
    """Give the environment that makes lego read each secret from its file: NAME_FILE=/run/secrets/NAME."""
    return {f"{name}_FILE": f"/run/secrets/{name}" for name in names}


def traefik_problems(values: dict[str, Any]) -> list[str]:
    """Give one sentence for each variable whose value cannot be right: its name, the value, what is allowed.

    values: the role's variables by name, of the types and choices that argument_specs checks already; of the DNS
        provider's secrets only the names.
    """
    dns = values["traefik_acme_challenge"] == "dns"
    wildcards = values["traefik_acme_wildcard_domains"]
    ca_file = values["traefik_acme_ca_file"]
    good = {
        "skerry_domain": is_domain(values["skerry_domain"]),
        "traefik_acme_email": is_email(values["traefik_acme_email"]),
        "traefik_acme_directory": re.fullmatch(r"(https://\S+)?", values["traefik_acme_directory"]),
        "traefik_acme_ca_file": not ca_file or Path(ca_file).is_file(),
        "traefik_acme_dns_provider": bool(values["traefik_acme_dns_provider"]) == dns,
        "traefik_acme_dns_secrets": all(map(_VARIABLE.fullmatch, values["traefik_acme_dns_secrets"])),
        "traefik_acme_wildcard_domains": all(map(is_domain, wildcards)) and (dns or not wildcards),
        "traefik_public_https_port": 1 <= values["traefik_public_https_port"] <= 65535,
        "traefik_acme_wait": values["traefik_acme_wait"] >= 0,
    }
    return [f"{name} is {values[name]!r}: allowed is {_ALLOWED[name]}." for name in good if not good[name]]


def _routers(service: dict[str, Any], paths: list[str]) -> Iterator[tuple[str, int, list[str]]]:
    domain, own, sign_in = str(service["domain"]), service.get("middlewares") or [], service.get("sign_in")
    for path in paths:
        yield traefik_rule(domain, path), traefik_priority(path), [*own, *([sign_in] if sign_in else [])]
    if sign_in and service.get("ready"):
        yield f"Host(`{domain}`) && Path(`{service['ready']}`)", traefik_priority(service["ready"]) + 1, own


def _metrics_refused(name: str, domain: str) -> dict[str, str]:
    # The role has a catch without a domain, too. Alone it would answer 421 instead of 403: Traefik refuses a request
    # whose router has other TLS options than its connection, and a router without a domain cannot have the routed ones.
    # \z instead of $, which a stack file would take for a variable.
    router = f"traefik.http.routers.{name}-metrics"
    return {
        f"{router}.rule": f"Host(`{domain}`) && PathRegexp(`(?i)^/+metrics(/|\\z)`)",
        f"{router}.priority": str(_METRICS_PRIORITY),
        f"{router}.entrypoints": "websecure",
        f"{router}.middlewares": "nobody@file",
        f"{router}.service": "noop@internal",
    }


def _covered(domain: str, wildcard_domains: list[str]) -> bool:
    return any(domain == base or domain.partition(".")[2] == base for base in wildcard_domains)


def _check_service(service: dict[str, Any], paths: Any) -> None:
    name = service.get("name")

    def refuse(key: str, allowed: str) -> None:
        raise AnsibleFilterError(f"{key} of the routed service {name!r} is {service.get(key)!r}: allowed is {allowed}.")

    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        refuse("name", "a name of small letters, digits and dashes")
    if not is_domain(service.get("domain")):
        refuse("domain", "a fully qualified host name in small letters, such as app.example.com")
    port = service.get("port")
    if isinstance(port, bool) or not str(port).isdigit() or not 1 <= int(str(port)) <= 65535:
        refuse("port", "a number from 1 to 65535")
    if not isinstance(paths, list) or not all(isinstance(path, str) and _PATH.fullmatch(path) for path in paths):
        refuse("paths", "a list of paths that begin with / and hold letters, digits and ._~-")
    if service.get("ready") and not _PATH.fullmatch(str(service["ready"])):
        refuse("ready", "a path that begins with /, without a query")
    middlewares = service.get("middlewares") or []
    if not isinstance(middlewares, list) or not all(_MIDDLEWARE.fullmatch(str(entry)) for entry in middlewares):
        refuse("middlewares", "a list of name@provider")
    if service.get("sign_in") and not _MIDDLEWARE.fullmatch(str(service["sign_in"])):
        refuse("sign_in", "one name@provider")


class FilterModule:
    """Announces the filters to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {
            "traefik_labels": traefik_labels,
            "traefik_rule": traefik_rule,
            "traefik_problems": traefik_problems,
            "traefik_secret_environment": traefik_secret_environment,
            "traefik_wildcards": traefik_wildcards,
        }
