"""Prometheus's targets, read off the labels of Swarm services. Pure: the engine's answers in, file_sd lists out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

NETWORK = "monitoring"
"""The network that Prometheus shares with what it scrapes."""

NAMESPACE = "com.docker.stack.namespace"
METRICS = "skerry.metrics."
ROUTER = re.compile(r"traefik\.http\.routers\.([^.]+)\.rule")
HOST = re.compile(r"Host\(`([^`]+)`\)")
PATH = re.compile(r"Path(?:Prefix)?\(`([^`]+)`\)")


def names(service: Json) -> dict[str, str]:
    """Return the labels `service` and `stack` of all that is told of a service."""
    spec = service["Spec"]
    return {"service": spec["Name"], "stack": (spec.get("Labels") or {}).get(NAMESPACE, "")}


def slot(task: Json) -> str:
    """Return what tells the replicas of a service apart, and stays when one is replaced."""
    return str(task.get("Slot") or task.get("NodeID", ""))


def scraped(services: list[Json], tasks: list[Json]) -> list[Json]:
    """Return one target for each running replica of each service with the label skerry.metrics.port.

    In an update the new task of a slot takes the old one's place as soon as it runs, under the same name: one
    series goes on.
    """
    return [
        {"targets": [f"{address}:{labels[METRICS + 'port']}"], "labels": _labels(service, labels, place)}
        for service in services
        for labels in [service["Spec"].get("Labels") or {}]
        if labels.get(METRICS + "port")
        for place, address in _addresses(service, tasks)
    ]


def _labels(service: Json, labels: dict[str, str], place: str) -> dict[str, str]:
    own = names(service)
    short = own["service"].removeprefix(f"{own['stack']}_")
    return {
        "job": labels.get(METRICS + "job") or f"{own['stack']}-{short}",
        "instance": f"{own['service']}.{place}",
        "__metrics_path__": labels.get(METRICS + "path") or "/metrics",
        **own,
    }


def _addresses(service: Json, tasks: list[Json]) -> Iterator[tuple[str, str]]:
    newest: dict[str, tuple[str, str]] = {}
    for task in tasks:
        runs = task["DesiredState"] == "running" and task["Status"]["State"] == "running"
        if task["ServiceID"] != service["ID"] or not runs:
            continue
        for attachment in task.get("NetworksAttachments") or []:
            if attachment["Network"]["Spec"]["Name"] == NETWORK and attachment.get("Addresses"):
                address = attachment["Addresses"][0].partition("/")[0]
                place, created = slot(task), task["CreatedAt"]
                newest[place] = max(newest.get(place, ("", "")), (created, address))
    return ((place, address) for place, (_, address) in sorted(newest.items()))


def probed(services: list[Json], address: str) -> list[Json]:
    """Return one target for each service with a public route: what a visitor asks for.

    It is the path that tells whether the service is ready, where that one is public, else the first that is routed.
    address: host and port to ask at; what is asked for is still the domain.
    """
    found = []
    for service in services:
        route = _route(service["Spec"].get("Labels") or {})
        if route is None:
            continue
        domain, path, ready = route
        labels = {"__param_module": "https_ready" if ready else "https_answer", **names(service)}
        labels |= {"__param_target": f"https://{address}{path}", "__param_hostname": domain}
        found.append({"targets": [f"https://{domain}{path}"], "labels": labels})
    return found


def _route(labels: dict[str, str]) -> tuple[str, str, bool] | None:
    """Return domain, path, and whether the path tells readiness; None where nothing is routed to the service."""
    if labels.get("traefik.enable") != "true":
        return None
    routes = []
    for label in sorted(labels):
        router = ROUTER.fullmatch(label)
        host = HOST.search(labels[label]) if router else None
        # Traefik's own services refuse or redirect: nobody is to be reached by them.
        if router and host and not labels.get(f"traefik.http.routers.{router[1]}.service", "").endswith("@internal"):
            path = PATH.search(labels[label])
            routes.append((host[1], path[1] if path else "/"))
    if not routes:
        return None
    domain, first = routes[0]
    ready = next((labels[label] for label in sorted(labels) if label.endswith(".loadbalancer.healthcheck.path")), "")
    if ready and any(one == domain and f"{ready}/".startswith(f"{path.rstrip('/')}/") for one, path in routes):
        return domain, ready, True
    return domain, first, False
