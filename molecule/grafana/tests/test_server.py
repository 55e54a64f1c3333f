"""The real server, where its image can be had: health, data source and dashboards by its own API, and who gets in."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

sys.path.append(str(Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]).parents[1] / "app/src"))

from console.auth.permissions import Role
from console.gates.assertions import HEADER, Assertions
from console.gates.gate import Gate

pytestmark = pytest.mark.skipif(
    os.environ.get("SKERRY_IMAGE_SOURCE") != "upstream",
    reason="no registry gives grafana/grafana here: set SKERRY_IMAGE_SOURCE=upstream where one does",
)
SECRET, CONSOLE = "canary-Secret-0f7d3b21-9c44", "https://console.skerry.localhost"


def told(role: Role = Role.ADMIN, *, secret: str = SECRET, issuer: str = CONSOLE, gate: str = "grafana") -> str:
    """Return the header by which the console says who asks; arguments make it one that Grafana must not believe."""
    site = Gate(gate, "https://grafana.skerry.localhost", Role.VIEWER)
    return f"{HEADER}: {Assertions(secret, issuer).sign(site, 7 + role, f'ann-{role.label}', role)}"


def get(vps: Host, path: str, header: str | None = None) -> Any:
    """Return what Grafana's API answers to who sends a header, as JSON."""
    shell = "docker exec $(docker ps --quiet --filter name=grafana_grafana) curl --silent --header"
    header = told() if header is None else header
    return json.loads(vps.check_output(f"{shell} %s http://127.0.0.1:3000{path}", header))


def test_it_is_well(vps: Host) -> None:
    """Nobody would see a dashboard."""
    assert get(vps, "/api/health", "Accept: */*")["database"] == "ok"


@pytest.mark.parametrize(
    "header",
    [
        "Accept: */*",
        "Authorization: Basic YWRtaW46YWRtaW4=",  # admin:admin
        told(secret="another secret"),
        told(issuer="https://elsewhere.example.org"),
        told(gate="wiki"),
    ],
    ids=["nobody", "default password", "another key", "another console", "another site"],
)
def test_a_stranger_is_refused(vps: Host, header: str) -> None:
    """Whoever finds the address would see everything."""
    assert "message" in get(vps, "/api/search", header)
    assert "uid" not in json.dumps(get(vps, "/api/search", header))


@pytest.mark.parametrize(("role", "there"), [(Role.VIEWER, "Viewer"), (Role.OPERATOR, "Editor"), (Role.ADMIN, "Admin")])
def test_one_is_there_what_one_is_in_the_console(vps: Host, role: Role, there: str) -> None:
    """A viewer could change the dashboards, or an admin could not."""
    assert get(vps, "/api/user", told(role))["login"] == f"ann-{role.label}"
    assert [one["role"] for one in get(vps, "/api/user/orgs", told(role))] == [there]


def test_the_data_source_is_provisioned(vps: Host) -> None:
    """Every panel would say that its data source is unknown."""
    source = get(vps, "/api/datasources/uid/prometheus")
    assert (source["url"], source["readOnly"], source["isDefault"]) == ("http://prometheus:9090", True, True)


def test_every_dashboard_is_provisioned(vps: Host) -> None:
    """One would be missing in the folder, or Grafana would have refused it."""
    found = {one["uid"]: one["folderTitle"] for one in get(vps, "/api/search?type=dash-db")}
    names = ("backups", "console", "containers", "deploys", "host", "http", "mariadb", "overview", "redis")
    assert found == {f"skerry-{name}": "Skerry" for name in names}
    for uid in found:
        assert get(vps, f"/api/dashboards/uid/{uid}")["meta"]["provisioned"] is True
